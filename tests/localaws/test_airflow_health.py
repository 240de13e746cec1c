"""When an Airflow that runs is taken for a whole one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web import Site, serving

from localaws.airflow import gets_healthy, is_healthy
from localaws.stack import Choice, Ports, Stack

HEALTH = "/api/v2/monitor/health"
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


def health(**differing: str | None) -> bytes:
    return json.dumps({part: {"status": differing.get(part, "healthy")} for part in PARTS}).encode()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({HEALTH: health()}) as site:
        yield site


@pytest.fixture
def stack(tmp_path: Path, site: Site) -> Stack:
    return Stack(tmp_path, Choice(ports=Ports(airflow=site.server_port)))


@pytest.mark.parametrize("part", PARTS)
def test_one_part_that_is_not_healthy_is_enough_to_say_no(stack: Stack, site: Site, part: str) -> None:
    """Without its triggerer, say, every job would be waited for without end."""
    assert is_healthy(stack)

    site.pages[HEALTH] = health(**{part: "unhealthy"})

    assert not is_healthy(stack)


def test_heartbeats_that_look_old_for_a_moment_are_waited_for(stack: Stack, site: Site) -> None:
    """A clock set forward would otherwise cost the user the whole stack, and everything in it."""
    looks = iter([health(scheduler="unhealthy")] * 4)
    site.pages[HEALTH] = lambda: next(looks, health())

    assert gets_healthy(stack, patience_seconds=20)


def test_an_airflow_that_does_not_answer_is_not_waited_for(stack: Stack, site: Site) -> None:
    """`make up` after a `kill -9` shall begin at once."""
    site.pages.clear()

    assert not gets_healthy(stack, patience_seconds=60)
    assert len(site.asked) == 2
