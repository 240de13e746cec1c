"""A day that is not fit for a forecast ends before anything is trained or forecast, and CloudWatch sees why."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.exceptions import AirflowFailException
from fakes import raises_exactly
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
    with raises_exactly(AirflowFailException, *words):
        quality.refuse_if_stopped(stopped, "the-silver")


@pytest.mark.parametrize("changed", [{"verdict": "perhaps"}, {"reasons": ["but"]}, {"verdict": None}])
def test_a_verdict_that_is_neither_go_nor_stop_is_not_believed(changed):
    with raises_exactly(AirflowFailException):
        quality.refuse_if_stopped(report(**changed), "the-silver")


def test_the_report_is_read_where_cleaning_wrote_it(monkeypatch):
    requested: list[tuple[str, str]] = []
    monkeypatch.setattr(
        quality.S3Hook, "read_key", lambda self, key, bucket: requested.append((bucket, key)) or json.dumps(report())
    )

    assert quality.read_report("the-silver", "2013-03-01") == report()
    assert requested == [("the-silver", "reports/day=2013-03-01.json")]


def test_a_stopped_day_is_published_before_it_fails(bag, monkeypatch):
    """Otherwise the dashboard shows nothing on the one day that matters."""
    steps: list[str] = []
    monkeypatch.setattr(
        quality, "read_report", lambda bucket, day: report(verdict="stop", reasons=["too much is missing"])
    )
    monkeypatch.setattr(quality, "publish", lambda told, environment: steps.append(environment))
    task = bag.dags["forecast_prices"].get_task("check_quality")

    with raises_exactly(AirflowFailException, "too much is missing"):
        task.python_callable("the-silver", "2013-03-01", "test")

    assert steps == ["test"]
