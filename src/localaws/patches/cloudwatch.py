"""CloudWatch over its Query protocol, the one Terraform speaks.

DescribeAlarms leaves out period, statistic, dimensions and actions; PutMetricAlarm drops metric math. The emulator's
JSON answer is whole, so the XML is made from it.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

from localaws.patches.replace import replace

REPLACED_BY_MATH = ("Period", "Statistic", "MetricName", "Namespace", "Dimensions")


def apply() -> None:
    """Describe alarms whole, and keep their metric math."""
    replace(cloudwatch, "_describe_alarms", _describe_alarms)
    replace(cloudwatch, "_put_metric_alarm", _put_metric_alarm)


def _describe_alarms(old: Callable[..., Any], parameters: Any, cbor: Any, is_cbor: bool, is_json: bool = False) -> Any:
    if is_cbor or is_json:
        return old(parameters, cbor, is_cbor, is_json)
    asked: dict[str, Any] = {
        key: _get(parameters, key) for key in ("AlarmNamePrefix", "StateValue", "MaxRecords", "NextToken")
    }
    asked |= {key: _members(parameters, key) for key in ("AlarmNames", "AlarmTypes")}
    status, _, body = old({}, asked, False, True)
    if status != 200:
        return old(parameters, cbor, is_cbor, is_json)
    found = json.loads(body)
    result = "".join(_xml(key, found.get(key)) for key in ("MetricAlarms", "CompositeAlarms", "NextToken"))
    return cloudwatch._xml(200, "DescribeAlarmsResponse", f"<DescribeAlarmsResult>{result}</DescribeAlarmsResult>")


def _put_metric_alarm(old: Callable[..., Any], parameters: Any, cbor: Any, is_cbor: bool, is_json: bool = False) -> Any:
    answer = old(parameters, cbor, is_cbor, is_json)
    alarm = cloudwatch._alarms.get(_get(parameters, "AlarmName")) if not (is_cbor or is_json) else None
    if alarm is not None and _get(parameters, "Metrics.member.1.Id"):
        alarm["Metrics"] = [_metric_query(parameters, base) for base in _bases(parameters, "Metrics", "Id")]
        for key in REPLACED_BY_MATH:
            alarm.pop(key, None)
    return answer


def _metric_query(parameters: Any, base: str) -> dict[str, Any]:
    query: dict[str, Any] = {"Id": _get(parameters, f"{base}.Id")}
    query["ReturnData"] = _get(parameters, f"{base}.ReturnData") == "true"
    query |= {key: value for key in ("Expression", "Label") if (value := _get(parameters, f"{base}.{key}"))}
    if statistic := _get(parameters, f"{base}.MetricStat.Stat"):
        metric = f"{base}.MetricStat.Metric"
        dimensions = [
            {key: _get(parameters, f"{at}.{key}") for key in ("Name", "Value")}
            for at in _bases(parameters, f"{metric}.Dimensions", "Name")
        ]
        named = {key: _get(parameters, f"{metric}.{key}") for key in ("Namespace", "MetricName")}
        period = int(_get(parameters, f"{base}.MetricStat.Period") or 60)
        query["MetricStat"] = {"Metric": named | {"Dimensions": dimensions}, "Period": period, "Stat": statistic}
    return query


def _get(parameters: Any, key: str) -> str | None:
    return cloudwatch._p(parameters, key) or None


def _members(parameters: Any, prefix: str) -> list[str]:
    found: list[str] = []
    while value := _get(parameters, f"{prefix}.member.{len(found) + 1}"):
        found.append(value)
    return found


def _bases(parameters: Any, prefix: str, present: str) -> list[str]:
    """The numbered parameter prefixes of a list of structures, such as Metrics.member.2."""
    found: list[str] = []
    while _get(parameters, f"{prefix}.member.{len(found) + 1}.{present}"):
        found.append(f"{prefix}.member.{len(found) + 1}")
    return found


def _xml(key: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if key.endswith("Timestamp") and isinstance(value, (int, float)):
        value = datetime.datetime.fromtimestamp(value, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict):
        inner = "".join(_xml(name, part) for name, part in value.items())
    elif isinstance(value, list):
        inner = "".join(_xml("member", part) for part in value)
    else:
        inner = str(value).lower() if isinstance(value, bool) else escape(str(value))
    return f"<{key}>{inner}</{key}>"
