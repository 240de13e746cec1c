"""The bronze bucket: answers as they came, refused ones with the reason beside them, and where whole ones lie."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from stockcast.contracts import keys
from stockcast.sources import parse
from stockcast.sources.answers import SourceError
from stockcast.sources.chain import Older, Taken
from stockcast.sources.cross_check import Finding
from stockcast.sources.invocation import tell

MONTHS_BACK = 12  # an older answer than that has no days in common with one of the last hundred days
ABSENT = ("AccessDenied", "NoSuchKey")  # S3 says the former to a role that may not list the bucket


class Bronze(NamedTuple):
    """One run's day in the bucket. Keys hold symbol, day and source, so writing twice overwrites."""

    s3: Any
    bucket: str
    day: date

    def store(self, symbol: str, taken: Taken) -> str:
        """Keep an answer that holds bars, and the older one that it needs before it; returns the answer's key."""
        key = keys.bronze_bars(self.day, symbol, taken.source)
        self._put_answer(key, taken.answer.body, taken.source)
        if taken.older:
            base = keys.bronze_base(self.day, symbol, taken.older.source)
            self._put_answer(base, taken.older.body, taken.older.source)
            self._remember_whole(symbol, base, taken.older.source, taken.older.body)
        else:
            self._remember_whole(symbol, key, taken.source, taken.answer.body)
        tell(
            "bars_stored",
            symbol=symbol,
            day=self.day,
            key=key,
            source=taken.source,
            base=taken.older.source if taken.older else None,
            bytes=len(taken.answer.body),
            sha256=_digest(taken.answer.body),
        )
        return key

    def store_news(self, symbol: str, body: bytes, source: str, articles: int) -> str:
        """Keep an answer that holds news; returns its key."""
        key = keys.bronze_news(self.day, symbol, source)
        self._put_answer(key, body, source)
        tell("news_stored", symbol=symbol, day=self.day, key=key, source=source, articles=articles)
        return key

    def quarantine(self, source: str, fault: SourceError, wanted: str = "source") -> None:
        """Keep what was refused, byte for byte, and why; outside bars/, so that no one takes it for data."""
        symbol, kind = fault.symbol, type(fault).__name__
        event = "news_refused" if wanted == "news" else "bars_refused"
        tell(event, symbol=symbol, day=self.day, source=source, kind=kind, reason=fault.reason)
        if fault.answer is None:
            return
        reason = {
            "symbol": symbol,
            "day": self.day.isoformat(),
            "source": source,
            "reason": f"{kind}: {fault.reason}",
            "status": fault.answer.status,
            "url": fault.answer.url,
        }
        self._put(keys.bronze_refused(self.day, symbol, source, wanted), fault.answer.body, "text/plain")
        self._put_json(keys.bronze_refused_reason(self.day, symbol, source, wanted), reason)

    def note(self, finding: Finding) -> None:
        """Keep how far two sources agree."""
        symbol, verdict, reason = finding["symbol"], finding["verdict"], finding["reason"]
        tell("bars_compared", symbol=symbol, day=self.day, verdict=verdict, reason=reason)
        self._put_json(keys.bronze_cross_check(self.day, symbol), finding)

    def older(self, symbol: str) -> Older | None:
        """The newest answer with the symbol's whole history of this day or an earlier one; None if there is none."""
        month = self.day.replace(day=1)
        for _ in range(MONTHS_BACK):
            found = self._whole_of(symbol, month)
            if found:
                return found
            month = (month - timedelta(days=1)).replace(day=1)
        return None

    def _whole_of(self, symbol: str, month: date) -> Older | None:
        noted = self._get(keys.bronze_whole(symbol, month))
        if noted is None:
            return None
        whole = json.loads(noted)
        if date.fromisoformat(whole["day"]) > self.day:
            return None
        body = self._get(whole["key"])
        if body is None or _digest(body) != whole["sha256"]:  # a later answer of fewer days was written over it
            return None
        return Older(whole["source"], body, parse(whole["source"], body, symbol))

    def _remember_whole(self, symbol: str, key: str, source: str, body: bytes) -> None:
        whole = {"day": self.day.isoformat(), "source": source, "key": key, "sha256": _digest(body)}
        self._put_json(keys.bronze_whole(symbol, self.day), whole)

    def _put_answer(self, key: str, body: bytes, source: str) -> None:
        fetched_at = datetime.now(UTC).isoformat(timespec="seconds")
        metadata = {"source": source, "fetched_at": fetched_at, "sha256": _digest(body)}
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json", Metadata=metadata)

    def _put_json(self, key: str, content: Any) -> None:
        self._put(key, json.dumps(content, indent=2).encode(), "application/json")

    def _put(self, key: str, body: bytes, content_type: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def _get(self, key: str) -> bytes | None:
        """An object's bytes, None where there is none."""
        try:
            body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as fault:
            if fault.response["Error"]["Code"] not in ABSENT:
                raise
            return None
        return body


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
