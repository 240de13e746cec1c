"""The message that wakes somebody."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from about_dag_bag import BAG, Settings
from airflow.exceptions import AirflowFailException
from airflow.providers.amazon.aws.hooks.sns import SnsHook
from fakes import run_context
from wiring import silence
from wiring.defaults import TOLD, tell_failure

silence.PATIENCE_SECONDS = 0  # no callback is at work here


@contextmanager
def published() -> Iterator[list[dict[str, Any]]]:
    """Messages that would have gone to SNS."""
    sent: list[dict[str, Any]] = []
    original = SnsHook.publish_to_target
    SnsHook.publish_to_target = lambda self, **message: sent.append(message)
    try:
        yield sent
    finally:
        SnsHook.publish_to_target = original


def whole_context(**more: Any) -> dict[str, Any]:
    return run_context() | {"dag": BAG.dags["train_model"], "var": {"value": Settings()}} | more


def told(**more: Any) -> list[dict[str, Any]]:
    """What is published when a task of train_model is finally red."""
    with published() as sent:
        tell_failure(whole_context(**more))
    return sent


def test_a_failure_is_published_once_with_dag_task_run_error_and_log():
    (sent,) = told(exception=RuntimeError("AlgorithmError: exit code 1"))

    assert sent["target_arn"] == "<alerts_topic>"
    assert sent["subject"] == "Stockcast: train_model.train failed"
    for part in ("train of train_model", "manual__2026-03-07", "AlgorithmError: exit code 1", "http://airflow/log"):
        assert part in sent["message"]
    assert "{{" not in sent["message"]


def test_two_failures_in_one_process_give_two_different_messages():
    """The provider's notifier fills its own templates in, so a shared one would repeat the first message."""
    first = told(exception=RuntimeError("one"))
    second = told(exception=RuntimeError("two"))

    assert "one" in first[0]["message"]
    assert "two" in second[0]["message"]


def test_a_task_that_was_killed_is_told_too():
    """Then the DAG processor publishes, which knows neither the error nor the log's address."""

    def refuse(**_: Any) -> None:
        raise RuntimeError("Unhandled request")

    (sent,) = told(ti=SimpleNamespace(task_id="train", log_url=None, xcom_push=refuse))

    assert "its process was killed" in sent["message"]
    assert "Log: Airflow, this DAG" in sent["message"]


def silent_run(told_by: dict[str, bool], **states: str) -> tuple[str, list[dict[str, Any]]]:
    """What the watcher raises and publishes for a run whose tasks ended so."""
    ti = SimpleNamespace(
        dag_id="train_model", run_id="r1", task_id="tell_for_the_silent",
        log_url="http://a/dags/train_model/runs/r1/tasks/tell_for_the_silent?try_number=1",
        get_task_states=lambda **_: {"r1": states}, xcom_pull=lambda task_ids, key: told_by.get(task_ids),
    )  # fmt: skip
    with published() as sent:
        try:
            silence.tell_for_the_silent(whole_context(ti=ti))
        except AirflowFailException as error:
            return str(error), sent
    raise AssertionError("the run would have turned green")


def test_a_task_that_could_not_tell_is_told_for():
    """Airflow 3.0 runs no callback for a killed process: a night without forecasts would go unnoticed."""
    error, (sent,) = silent_run({}, train="success", evaluate="failed", gate="upstream_failed")

    assert sent["subject"] == "Stockcast: train_model.evaluate failed"
    assert "its process was killed" in sent["message"]
    assert "Log: http://a/dags/train_model/runs/r1/tasks/evaluate\n" in sent["message"]
    assert error.startswith("evaluate failed")


def test_a_task_that_has_told_is_not_told_for_again():
    error, sent = silent_run({"evaluate": True}, train="success", evaluate="failed", tell_for_the_silent="running")

    assert sent == []
    assert error.startswith("evaluate failed")


def test_a_failure_marks_that_it_has_been_told():
    marks: list[dict[str, Any]] = []
    told(ti=SimpleNamespace(task_id="train", log_url="u", xcom_push=lambda **mark: marks.append(mark)))

    assert marks == [{"key": TOLD, "value": True}]


def test_a_long_error_fits_into_a_message():
    (sent,) = told(exception=RuntimeError("x" * 500_000))

    assert len(sent["message"]) < 10_000
