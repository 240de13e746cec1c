"""A run is followed to its end, and a failure is told with its task, its reason and its log.

Airflow's REST API is played by a server of fixed pages; the task logs are files as Airflow writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.localaws.helpers import free_port
from tests.web import Site, serving

from localaws import follow as following
from localaws.airflow import Api
from localaws.follow import follow, log_of, reason
from localaws.progress import Progress, StepFailed
from localaws.stack import Choice, Ports, Stack

DAILY, FIRST_MODEL = ("forecast_prices", "up__1"), ("train_model", "first_model__up__1")


@pytest.fixture
def airflow() -> Iterator[Site]:
    with serving({"/auth/token": b'{"access_token": "given"}'}) as site:
        yield site


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_EVERY_SECONDS", 0.05)


@pytest.fixture
def stack(tmp_path: Path, airflow: Site) -> Stack:
    return Stack(tmp_path, Choice(ports=Ports(airflow=airflow.server_port)))


def path_of(run: tuple[str, str]) -> str:
    return f"/api/v2/dags/{run[0]}/dagRuns/{run[1]}"


def show(airflow: Site, run: tuple[str, str], state: str, *tasks: dict[str, Any]) -> None:
    airflow.pages[path_of(run)] = json.dumps({"state": state}).encode()
    airflow.pages[path_of(run) + "/taskInstances"] = json.dumps({"task_instances": tasks}).encode()


def task(task_id: str, state: str | None, try_number: int = 1) -> dict[str, Any]:
    return {"task_id": task_id, "state": state, "try_number": try_number}


def write_log(stack: Stack, run: tuple[str, str], of: dict[str, Any], *lines: object) -> Path:
    log = log_of(stack, run, of)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return log


def test_tasks_are_told_once_each_until_the_run_has_ended(
    stack: Stack, airflow: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user who sees nothing for minutes ends a run that is well."""
    show(airflow, DAILY, "success", task("fetch_bars", "success"), task("choose", "skipped"))
    looks = iter(["running", "success"])
    airflow.pages[path_of(DAILY)] = lambda: json.dumps({"state": now(looks)}).encode()
    progress = Progress()

    follow(stack, Api(stack), progress, [DAILY, FIRST_MODEL], timeout_seconds=10)

    assert capsys.readouterr().out.count("forecast_prices.fetch_bars: done in ") == 1
    assert list(progress.seconds) == ["forecast_prices.fetch_bars"]


def now(looks: Iterator[str]) -> str:
    """The next state; `follow` asks twice in each round."""
    return next(looks, "success")


def test_the_task_that_only_tells_of_failures_is_not_told_for_the_one_that_failed(stack: Stack, airflow: Site) -> None:
    """It comes first in Airflow's order at times, and its log says only that another one failed."""
    show(airflow, DAILY, "failed", task("tell_for_the_silent", "failed"), task("fetch_bars", "failed"))

    with pytest.raises(StepFailed) as told:
        follow(stack, Api(stack), Progress(), [DAILY])

    assert told.value.step == "task fetch_bars of DAG forecast_prices"


def test_a_failure_is_told_with_task_reason_and_log(stack: Stack, airflow: Site) -> None:
    """Without them the user has four processes' logs to search."""
    failed = task("clean_bars", "failed", try_number=2)
    show(airflow, DAILY, "failed", task("fetch_bars", "success"), failed, task("write_forecasts", "upstream_failed"))
    error = {"exc_type": "AirflowException", "exc_value": "AAPL closes at -1"}
    log = write_log(
        stack,
        DAILY,
        failed,
        {"level": "info", "event": "started"},
        "not JSON",
        {"level": "error", "event": "Task failed with exception", "error_detail": [error]},
    )

    with pytest.raises(StepFailed) as told:
        follow(stack, Api(stack), Progress(), [DAILY])

    assert told.value.step == "task clean_bars of DAG forecast_prices"
    assert told.value.why == "AirflowException: AAPL closes at -1"
    assert told.value.log == log


def test_the_failure_inside_a_triggered_run_is_told_rather_than_the_wait_for_it(stack: Stack, airflow: Site) -> None:
    """`train_first_model failed` says nothing; the training task's own error does."""
    failed = task("train", "failed")
    show(airflow, DAILY, "failed", task("train_first_model", "failed"))
    show(airflow, FIRST_MODEL, "failed", failed)
    write_log(stack, FIRST_MODEL, failed, {"level": "error", "event": "the job found no bars"})

    with pytest.raises(StepFailed, match="task train of DAG train_model\n  why:    the job found no bars"):
        follow(stack, Api(stack), Progress(), [DAILY, FIRST_MODEL])


def test_a_task_that_is_tried_again_is_told_with_its_reason(
    stack: Stack, airflow: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slow run is only understood when its retries are seen."""
    again = task("fetch_bars", "up_for_retry")
    show(airflow, DAILY, "success", again)
    write_log(stack, DAILY, again, {"level": "error", "event": "429 from the vendor"})

    follow(stack, Api(stack), Progress(), [DAILY])

    assert "fetch_bars: try 1 failed, it is tried again: 429 from the vendor" in capsys.readouterr().out


def test_a_run_that_does_not_end_is_given_up(stack: Stack, airflow: Site) -> None:
    """CI would wait for ever."""
    show(airflow, DAILY, "running")

    with pytest.raises(StepFailed, match="it did not end within 0 s"):
        follow(stack, Api(stack), Progress(), [DAILY], timeout_seconds=0.01)


@pytest.mark.parametrize("lines", [(), ("7", "null", '"text"', "[]"), ({"level": "info", "event": "fine"},)])
def test_a_log_without_an_error_is_said_to_have_none(stack: Stack, lines: tuple[object, ...]) -> None:
    """A program may print anything; reporting a failure must not fail on it."""
    write_log(stack, DAILY, task("fetch_bars", "failed"), *lines)

    assert reason(stack, DAILY, task("fetch_bars", "failed")) == "its log tells no error"


def test_a_missing_log_is_no_second_failure(stack: Stack) -> None:
    """A task killed before its first line has none."""
    assert reason(stack, DAILY, task("fetch_bars", "failed")) == "its log tells no error"


def test_an_airflow_that_went_away_is_told_with_its_log(tmp_path: Path) -> None:
    """Out of memory its API server is the first to go; a traceback of urllib would hide that."""
    gone = Stack(tmp_path, Choice(ports=Ports(airflow=free_port())))

    with pytest.raises(StepFailed) as told:
        Api(gone)

    assert f"{gone.airflow_url} does not answer" in told.value.why
    assert told.value.log == gone.logs / "airflow-api-server.log"
