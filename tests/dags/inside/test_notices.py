"""The message that wakes somebody."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.exceptions import AirflowFailException
from airflow.providers.amazon.aws.hooks.sns import SnsHook
from fakes import Settings, run_context
from wiring import silence
from wiring.defaults import TOLD, tell_failure

Messages = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No callback is at work here that the watcher would wait for."""
    monkeypatch.setattr(silence, "PATIENCE_SECONDS", 0)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Messages:
    """Messages that would have gone to SNS."""
    messages: Messages = []
    monkeypatch.setattr(SnsHook, "publish_to_target", lambda self, **message: messages.append(message))
    return messages


@pytest.fixture
def whole_context(bag: Any) -> Callable[..., dict[str, Any]]:
    """Make what a task of train_model sees at run time."""

    def context(**more: Any) -> dict[str, Any]:
        return run_context() | {"dag": bag.dags["train_model"], "var": {"value": Settings()}} | more

    return context


@pytest.fixture
def fail(whole_context: Callable[..., dict[str, Any]]) -> Callable[..., None]:
    """Let a task of train_model be finally red."""
    return lambda **more: tell_failure(whole_context(**more))


def test_a_failure_is_published_once_with_dag_task_run_error_and_log(fail, sent):
    fail(exception=RuntimeError("AlgorithmError: exit code 1"))

    (message,) = sent
    assert message["target_arn"] == "<alerts_topic>"
    assert message["subject"] == "Stockcast: train_model.train failed"
    for part in ("train of train_model", "manual__2026-03-07", "AlgorithmError: exit code 1", "http://airflow/log"):
        assert part in message["message"]
    assert "{{" not in message["message"]


def test_two_failures_in_one_process_give_two_different_messages(fail, sent):
    """The provider's notifier fills its own templates in, so a shared one would repeat the first message."""
    fail(exception=RuntimeError("one"))
    fail(exception=RuntimeError("two"))

    first, second = sent
    assert "one" in first["message"]
    assert "two" in second["message"]


def test_a_task_that_was_killed_is_told_too(fail, sent):
    """Then the DAG processor publishes, which knows neither the error nor the log's address."""

    def refuse(**_: Any) -> None:
        raise RuntimeError("Unhandled request")

    fail(ti=SimpleNamespace(task_id="train", log_url=None, xcom_push=refuse))

    (message,) = sent
    assert "its process was killed" in message["message"]
    assert "Log: Airflow, this DAG" in message["message"]


@pytest.fixture
def watch(whole_context: Callable[..., dict[str, Any]]) -> Callable[..., str]:
    """Let the watcher look at a run whose tasks ended so; what it raises."""

    def watched(told_by: dict[str, bool], **states: str) -> str:
        ti = SimpleNamespace(
            dag_id="train_model", run_id="r1", task_id="tell_for_the_silent",
            log_url="http://a/dags/train_model/runs/r1/tasks/tell_for_the_silent?try_number=1",
            get_task_states=lambda **_: {"r1": states}, xcom_pull=lambda task_ids, key: told_by.get(task_ids),
        )  # fmt: skip
        with pytest.raises(AirflowFailException) as raised:  # else the run would turn green
            silence.tell_for_the_silent(whole_context(ti=ti))
        return str(raised.value)

    return watched


def test_a_task_that_could_not_tell_is_told_for(watch, sent):
    """Airflow 3.0 runs no callback for a killed process: a night without forecasts would go unnoticed."""
    error = watch({}, train="success", evaluate="failed", gate="upstream_failed")

    (message,) = sent
    assert message["subject"] == "Stockcast: train_model.evaluate failed"
    assert "its process was killed" in message["message"]
    assert "Log: http://a/dags/train_model/runs/r1/tasks/evaluate\n" in message["message"]
    assert error.startswith("evaluate failed")


def test_a_task_that_has_told_is_not_told_for_again(watch, sent):
    error = watch({"evaluate": True}, train="success", evaluate="failed", tell_for_the_silent="running")

    assert sent == []
    assert error.startswith("evaluate failed")


def test_a_failure_marks_that_it_has_been_told(fail, sent):
    marks: list[dict[str, Any]] = []
    fail(ti=SimpleNamespace(task_id="train", log_url="u", xcom_push=lambda **mark: marks.append(mark)))

    assert marks == [{"key": TOLD, "value": True}]


def test_a_long_error_fits_into_a_message(fail, sent):
    fail(exception=RuntimeError("x" * 500_000))

    (message,) = sent
    assert len(message["message"]) < 10_000
