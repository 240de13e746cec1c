"""Writing to the bronze bucket: answers as they came, and refused ones with the reason beside them."""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from stockcast.contracts import keys
from stockcast.sources.answers import RawAnswer, SourceError
from stockcast.sources.invocation import tell


class Bronze(NamedTuple):
    """One day's part of the bucket. Keys hold symbol and day, so writing twice overwrites."""

    s3: Any
    bucket: str
    day: date

    def store(self, symbol: str, answer: RawAnswer, source: str) -> str:
        """Keep an answer that holds bars; returns its key."""
        key = keys.bronze_bars(self.day, symbol)
        digest = hashlib.sha256(answer.body).hexdigest()
        fetched_at = datetime.now(UTC).isoformat(timespec="seconds")
        self.s3.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=answer.body,
            ContentType="application/json",
            Metadata={"source": source, "fetched_at": fetched_at, "sha256": digest},
        )
        tell("bars_stored", symbol=symbol, day=self.day, key=key, bytes=len(answer.body), sha256=digest)
        return key

    def quarantine(self, fault: SourceError) -> None:
        """Keep what was refused, byte for byte, and why; outside bars/, so that no one takes it for data."""
        tell("bars_refused", symbol=fault.symbol, day=self.day, kind=type(fault).__name__, reason=fault.reason)
        if fault.answer is None:
            return
        reason = {
            "symbol": fault.symbol,
            "day": self.day.isoformat(),
            "reason": f"{type(fault).__name__}: {fault.reason}",
            "status": fault.answer.status,
            "url": fault.answer.url,
        }
        self._put(keys.bronze_refused(self.day, fault.symbol), fault.answer.body, "text/plain")
        reason_key = keys.bronze_refused_reason(self.day, fault.symbol)
        self._put(reason_key, json.dumps(reason, indent=2).encode(), "application/json")

    def _put(self, key: str, body: bytes, content_type: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)
