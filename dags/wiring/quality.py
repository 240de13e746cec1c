"""What cleaning found of a day: told to CloudWatch, and the end of a run where too much is missing."""

import json
from typing import Any

from airflow.exceptions import AirflowFailException
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

METRICS = {  # name at CloudWatch -> (what of the report, unit)
    "QuarantinedRows": (lambda report: report["rejected"], "Count"),
    "MissingSymbols": (lambda report: len(report["missing_symbols"]), "Count"),
    "MissingSessions": (lambda report: report["missing_sessions"], "Count"),
    "OldestBarDays": (lambda report: report["oldest_bar_days"], "None"),  # CloudWatch has no unit for days
}


def read_report(bucket: str, day: str) -> dict[str, Any]:
    """reports/day=<day>.json as build_silver.py wrote it."""
    return json.loads(S3Hook(aws_conn_id=None).read_key(f"reports/day={day}.json", bucket))


def publish(report: dict[str, Any], environment: str, client: Any = None) -> None:
    """Four numbers of the day; a repeat adds the same ones again, which changes no maximum."""
    client = client or AwsBaseHook(aws_conn_id=None, client_type="cloudwatch").conn
    values = {name: (read(report), unit) for name, (read, unit) in METRICS.items()}
    client.put_metric_data(
        Namespace=f"Stockcast/{environment}",
        MetricData=[
            {"MetricName": name, "Value": float(value), "Unit": unit}
            for name, (value, unit) in values.items()
            if value is not None  # without a single bar none is the oldest
        ],
    )


def refuse_if_stopped(report: dict[str, Any], bucket: str) -> None:
    """Anything but a plain go ends the run, and no retry can help: silver would say the same again."""
    if report["verdict"] == "go" and not report["reasons"]:
        return
    day, reasons = report["day"], " ".join(report["reasons"]) or f"the verdict is {report['verdict']!r}"
    raise AirflowFailException(
        f"{day} is not fit for a forecast: {reasons} Nothing was cleaned, and the last forecasts stand. "
        f"Rows and rules: s3://{bucket}/quarantine/day={day}/, the report: s3://{bucket}/reports/day={day}.json."
    )
