"""A day that is not fit for a forecast ends before anything is trained or forecast, and CloudWatch sees why."""

import json
from types import SimpleNamespace
from typing import Any

from airflow.exceptions import AirflowFailException
from fakes import raises
from wiring import quality


def report(**changed: Any) -> dict[str, Any]:
    good = {
        "day": "2013-03-01", "verdict": "go", "reasons": [], "newest_session": "2013-03-01", "rejected": 3,
        "missing_symbols": ["GOOG"], "missing_sessions": 2, "oldest_bar_days": 4,
    }  # fmt: skip
    return good | changed


def published(told: dict[str, Any]) -> tuple[str, dict[str, float]]:
    sent: list[dict[str, Any]] = []
    quality.publish(told, "test", SimpleNamespace(put_metric_data=lambda **request: sent.append(request)))
    (request,) = sent
    return request["Namespace"], {each["MetricName"]: each["Value"] for each in request["MetricData"]}


def test_four_numbers_of_the_day_go_to_the_environment_s_namespace():
    assert published(report()) == (
        "Stockcast/test",
        {"QuarantinedRows": 3.0, "MissingSymbols": 1.0, "MissingSessions": 2.0, "OldestBarDays": 4.0},
    )


def test_without_a_single_bar_there_is_no_oldest_one():
    assert "OldestBarDays" not in published(report(oldest_bar_days=None))[1]


def test_a_good_day_goes_on():
    quality.refuse_if_stopped(report(), "the-silver")


def test_a_stopped_day_fails_for_good_with_its_reasons_and_where_to_look():
    stopped = report(verdict="stop", reasons=["3 of 6 symbols are missing.", "AAPL, split_jump: it halves."])
    words = ("2013-03-01", "3 of 6 symbols", "split_jump", "s3://the-silver/quarantine/day=2013-03-01/")
    with raises(AirflowFailException, *words):
        quality.refuse_if_stopped(stopped, "the-silver")


def test_a_verdict_that_is_neither_go_nor_stop_is_not_believed():
    for told in (report(verdict="perhaps"), report(reasons=["but"]), report(verdict=None)):
        with raises(AirflowFailException):
            quality.refuse_if_stopped(told, "the-silver")


def test_the_report_is_read_where_cleaning_wrote_it():
    asked: list[tuple[str, str]] = []
    original = quality.S3Hook.read_key
    quality.S3Hook.read_key = lambda self, key, bucket: asked.append((bucket, key)) or json.dumps(report())
    try:
        assert quality.read_report("the-silver", "2013-03-01") == report()
    finally:
        quality.S3Hook.read_key = original

    assert asked == [("the-silver", "reports/day=2013-03-01.json")]


def test_a_stopped_day_is_published_before_it_fails():
    """Otherwise the dashboard shows nothing on the one day that matters."""
    steps: list[str] = []
    kept = quality.read_report, quality.publish
    quality.read_report = lambda bucket, day: report(verdict="stop", reasons=["too much is missing"])
    quality.publish = lambda told, environment: steps.append(environment)
    try:
        from airflow.models.dagbag import DagBag

        task = DagBag(include_examples=False).dags["forecast_prices"].get_task("check_quality")
        with raises(AirflowFailException, "too much is missing"):
            task.python_callable("the-silver", "2013-03-01", "test")
    finally:
        quality.read_report, quality.publish = kept

    assert steps == ["test"]
