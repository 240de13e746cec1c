"""CloudWatch over its Query protocol, the one Terraform speaks.

DescribeAlarms leaves out period, statistic, dimensions and actions; PutMetricAlarm drops metric math and the rarer
fields, PutCompositeAlarm its suppressor. The emulator's JSON answer is whole, so the XML is made from it.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

from localaws.patches.replace import replace

REPLACED_BY_MATH = ("Period", "Statistic", "ExtendedStatistic", "MetricName", "Namespace", "Dimensions", "Unit")
DROPPED = ("EvaluateLowSampleCountPercentile", "ThresholdMetricId")
SUPPRESSOR = ("ActionsSuppressor", "ActionsSuppressorExtensionPeriod", "ActionsSuppressorWaitPeriod")


def apply() -> None:
    """Describe alarms whole, and keep what they were given."""
    replace(cloudwatch, "_describe_alarms", _describe_alarms)
    replace(cloudwatch, "_put_composite_alarm", _put_composite_alarm)
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
    asked = dict(cbor) if is_cbor or is_json else _asked_by_query(parameters)
    alarm = cloudwatch._alarms.get(asked.get("AlarmName"))
    if answer[0] == 200 and alarm is not None:
        alarm.update({key: asked[key] for key in (*DROPPED, "InsufficientDataActions") if asked.get(key)})
        if asked.get("Metrics"):
            alarm["Metrics"] = asked["Metrics"]
            for key in REPLACED_BY_MATH:
                alarm.pop(key, None)
        if asked.get("ThresholdMetricId"):
            alarm.pop("Threshold", None)
        if asked.get("ExtendedStatistic"):
            alarm.pop("Statistic", None)
    return answer


def _asked_by_query(parameters: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {key: _get(parameters, key) for key in ("AlarmName", "ExtendedStatistic", *DROPPED)}
    asked["InsufficientDataActions"] = _members(parameters, "InsufficientDataActions")
    asked["Metrics"] = [_metric_query(parameters, base) for base in _bases(parameters, "Metrics", "Id")]
    return asked


def _put_composite_alarm(
    old: Callable[..., Any], parameters: Any, cbor: Any, is_cbor: bool, is_json: bool = False
) -> Any:
    answer = old(parameters, cbor, is_cbor, is_json)
    asked = cbor if is_cbor or is_json else {key: _get(parameters, key) for key in ("AlarmName", *SUPPRESSOR)}
    alarm = cloudwatch._composite_alarms.get(asked.get("AlarmName"))
    if answer[0] == 200 and alarm is not None:
        alarm.update({key: asked[key] for key in SUPPRESSOR if asked.get(key) is not None})
    return answer


def _metric_query(parameters: Any, base: str) -> dict[str, Any]:
    query: dict[str, Any] = {"Id": _get(parameters, f"{base}.Id")}
    query["ReturnData"] = _get(parameters, f"{base}.ReturnData") != "false"  # true where it is left out
    if period := _get(parameters, f"{base}.Period"):
        query["Period"] = int(period)
    query |= {key: value for key in ("Expression", "Label") if (value := _get(parameters, f"{base}.{key}"))}
    if statistic := _get(parameters, f"{base}.MetricStat.Stat"):
        metric = f"{base}.MetricStat.Metric"
        dimensions = [
            {key: _get(parameters, f"{at}.{key}") for key in ("Name", "Value")}
            for at in _bases(parameters, f"{metric}.Dimensions", "Name")
        ]
        named = {key: _get(parameters, f"{metric}.{key}") for key in ("Namespace", "MetricName")}
        seconds = int(_get(parameters, f"{base}.MetricStat.Period") or 60)
        query["MetricStat"] = {"Metric": named | {"Dimensions": dimensions}, "Period": seconds, "Stat": statistic}
        if unit := _get(parameters, f"{base}.MetricStat.Unit"):
            query["MetricStat"]["Unit"] = unit
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
