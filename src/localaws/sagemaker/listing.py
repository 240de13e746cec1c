"""List calls: filters, sorting and paging, the same for every kind."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from localaws.gateway.messages import ServiceError

Record = dict[str, Any]
PAGE = 10  # AWS's own when MaxResults is not given
TIMES = ("CreationTime", "LastModifiedTime")


def filtered(records: Iterable[Record], asked: Record, name_key: str, status_key: str) -> list[Record]:
    """Those that NameContains, StatusEquals and the time filters leave."""
    found = [record for record in records if asked.get("NameContains", "") in record[name_key]]
    if status_key and asked.get("StatusEquals"):
        found = [record for record in found if record.get(status_key) == asked["StatusEquals"]]
    for key in TIMES:
        if after := asked.get(f"{key}After"):
            found = [record for record in found if record.get(key, 0) > seconds(after)]
        if before := asked.get(f"{key}Before"):
            found = [record for record in found if record.get(key, 0) < seconds(before)]
    return found


def ordered(records: list[Record], asked: Record, name_key: str, status_key: str, newest_first: bool) -> list[Record]:
    """By SortBy and SortOrder; by age where nothing is asked for."""
    by = asked.get("SortBy", "CreationTime")
    key = {"Name": name_key, "Status": status_key}.get(by, by)
    descending = asked["SortOrder"] == "Descending" if "SortOrder" in asked else newest_first
    return sorted(records, key=lambda record: (record.get(key) or 0 if key in TIMES else str(record.get(key))),
                  reverse=descending)  # fmt: skip


def page(records: list[Record], asked: Record, answer_key: str, members: frozenset[str]) -> Record:
    """One page of summaries, and the token of the next."""
    start = _position(asked.get("NextToken"))
    end = start + asked.get("MaxResults", PAGE)
    summaries = [{key: value for key, value in r.items() if key in members} for r in records[start:end]]
    answer: Record = {answer_key: summaries}
    if end < len(records):
        answer["NextToken"] = base64.b64encode(f"from {end}".encode()).decode()
    return answer


def seconds(value: Any) -> float:
    """A timestamp of the JSON protocol: seconds since 1970, or ISO 8601."""
    return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else float(value)


def _position(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True).decode().removeprefix("from "))
    except (binascii.Error, ValueError) as error:
        raise ServiceError("ValidationException", f"NextToken {token!r} is none that a list call gave out.") from error
