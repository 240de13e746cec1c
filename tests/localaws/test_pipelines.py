"""What a person at a terminal sees of the pipelines; their page is a server of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web import Site, serving

from localaws import pipelines
from localaws.progress import StepFailed
from localaws.stack import Choice, Ports, Stack
from shipping import ending

PAGE = "/_localaws/pipelines.json"


def action(name: str, status: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "status": status, "seconds": 3.2, "summary": "", "error": "", "build": "", **more}


def stage(name: str, status: str, *actions: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "status": status, "seconds": 4.0, "actions": list(actions)}


def execution(identity: str, status: str, *stages: dict[str, Any]) -> dict[str, Any]:
    told = {"commit": "4f3e2d1c" * 5, "message": "Shorten a retention\n\nBecause.", "trigger": "push of main"}
    return {"id": identity, "status": status, "seconds": 62.4, "started": 0, "stages": list(stages), **told}


def waits(name: str, *, identity: str = "1a2b3c4d-0000") -> dict[str, Any]:
    approval = action("Approve", "InProgress", token="t-1", summary="1 to change; dangers: none")
    stages = [stage("Plan-local", "Succeeded", action("Plan", "Succeeded"))]
    stages += [stage("Approve-local", "InProgress", approval), stage("Apply-local", "")]
    return {"name": name, "executions": [execution(identity, "InProgress", *stages)]}


def ended(name: str, status: str, **error: str) -> dict[str, Any]:
    check = stage("Check", status, action("Check", status, **error))
    return {"name": name, "executions": [execution("9f8e7d6c-0000", status, check)]}


def at_work(name: str) -> dict[str, Any]:
    check = stage("Check", "InProgress", action("Check", "InProgress"))
    return {"name": name, "executions": [execution("5b5b5b5b-0000", "InProgress", check)]}


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({}) as site:
        yield site


@pytest.fixture
def stack(site: Site, tmp_path: Path) -> Stack:
    return Stack(tmp_path, Choice(ports=Ports(aws=site.server_port)))


def put(site: Site, *found: dict[str, Any]) -> None:
    site.pages[PAGE] = json.dumps(found).encode()


def test_what_waits_is_shown_with_its_text_and_how_to_answer(
    stack: Stack, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody else looks: an approval that is overlooked holds all later pushes up."""
    put(site, waits("stockcast-infrastructure"))

    status = pipelines.show(stack, watch=False)

    shown = capsys.readouterr().out
    assert status == 0
    assert "1a2b3c4d  InProgress" in shown
    assert "4f3e2d1 Shorten a retention\n" in shown
    assert "✓ Plan-local 4 s  ? Approve-local 4 s  · Apply-local" in shown
    assert "waits: Approve-local/Approve: 1 to change; dangers: none; make approve, or make reject" in shown


def test_a_failure_is_shown_with_its_reason_and_its_log(
    stack: Stack, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    put(site, ended("stockcast-dags", "Failed", error="Build ended with FAILED", build="stockcast-delivery-dags:7-1"))
    log = stack.logs / "builds" / "stockcast-delivery-dags" / "7-1.log"
    log.parent.mkdir(parents=True)
    said = "[Container] 10:00 Running command make\ndags/x.py: line 3: imp ort\nmake: *** Error 1\n[Container] 10:01\n"
    log.write_text(said)

    pipelines.show(stack, watch=False)

    shown = capsys.readouterr().out
    assert "✗ Check 4 s" in shown
    assert "failed: Check: Build ended with FAILED" in shown
    assert "| dags/x.py: line 3: imp ort\n            log: " in shown
    assert f"log: {log}" in shown


@pytest.mark.parametrize(("end", "status"), [("Failed", 1), ("Succeeded", 0)])
def test_watching_tells_each_change_and_ends_as_the_newest_execution_did(
    stack: Stack, site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, end: str, status: int
) -> None:
    """A script that pushes and watches has only the exit status."""
    monkeypatch.setattr(pipelines, "LOOK_EVERY_SECONDS", 0.05)
    answers = iter([at_work("stockcast-dags"), at_work("stockcast-dags")])
    last = ended("stockcast-dags", end)
    last["executions"][0]["id"] = "5b5b5b5b-0000"
    site.pages[PAGE] = lambda: json.dumps([next(answers, last)]).encode()

    got = pipelines.show(stack, watch=True)

    shown = capsys.readouterr().out
    assert got == status
    assert f"stockcast-dags 5b5b5b5b  Check: {end}\n" in shown
    assert shown.count("Check: InProgress") == 0  # known before the watch began


def test_watching_ends_when_nobody_reads_it_any_more(stack: Stack, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make pipelines WATCH=1 | head` would run on for as long as a pipeline does."""
    put(site, at_work("stockcast-dags"))
    monkeypatch.setattr(ending, "output_is_closed", lambda: True)

    assert pipelines.show(stack, watch=True) == 0


def test_watching_ends_where_only_a_person_can_go_on(stack: Stack, site: Site) -> None:
    """A queued push behind an unanswered approval would let it hang for a week."""
    held = waits("stockcast-infrastructure")
    held["executions"].insert(0, execution("77777777-0000", "InProgress", stage("Check", "")))
    put(site, held, ended("stockcast-dags", "Succeeded"))

    assert pipelines.show(stack, watch=True) == 0


def test_a_push_that_is_at_work_beside_a_waiting_one_is_followed_on() -> None:
    """A pipeline checks the next push while an earlier one waits."""
    held = waits("stockcast-infrastructure")
    held["executions"].insert(0, at_work("x")["executions"][0])

    assert not pipelines.rests(held)


def test_a_pipeline_between_two_stages_is_not_at_rest() -> None:
    """For a moment no action runs; a watch that ended there would tell of success too early."""
    between = execution("77777777-0000", "InProgress", stage("Check", "Succeeded"), stage("Plan-local", ""))

    assert not pipelines.rests({"name": "x", "executions": [between]})


def test_without_a_stack_it_tells_to_bring_one_up(tmp_path: Path) -> None:
    with serving({}) as gone:
        port = gone.server_port

    with pytest.raises(StepFailed, match=f"no embedded AWS answers at http://127.0.0.1:{port}"):
        pipelines.show(Stack(tmp_path, Choice(ports=Ports(aws=port))), watch=False)


def test_an_embedded_aws_without_pipelines_says_so(stack: Stack, site: Site) -> None:
    put(site)

    with pytest.raises(StepFailed, match="there are none yet"):
        pipelines.show(stack, watch=False)


def test_what_others_wrote_is_shown_and_not_obeyed(
    stack: Stack, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """A commit message, or what a build printed, could hide a failure behind a cleared screen."""
    failed = ended("stockcast-dags", "Failed", error="no\x1b[2Jthing", build="checks:u-1")
    failed["executions"][0]["message"] = "Fine\x1b[1A\r"
    site.pages[PAGE] = json.dumps([failed]).encode()
    log = pipelines.log_of(stack, "checks:u-1")
    log.parent.mkdir(parents=True)
    log.write_text("\x1b[31mred\x1b[0m\x07\n")

    pipelines.show(stack, watch=False)

    shown = capsys.readouterr().out
    assert "4f3e2d1 Fine\n" in shown and "nothing" in shown and "  | red\n" in shown
    assert not set(shown) & set("\x1b\x07\r")
