"""What the forecast function reads from silver and writes to gold."""

import json
from datetime import date
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from stockcast.contracts import keys
from stockcast.contracts.bars import ForecastRequest
from stockcast.contracts.records import GoldRecord
from stockcast.sources.invocation import tell

ABSENT = frozenset({"NoSuchKey", "AccessDenied"})  # S3 answers the second to roles that may not list the bucket


class NoRequest(Exception):
    """Silver holds no usable request for a symbol and day."""


class Lake(NamedTuple):
    """The two buckets. Keys hold symbol, day and horizon, so writing twice overwrites."""

    s3: Any
    silver_bucket: str
    gold_bucket: str

    def recent(self, day: date, symbol: str) -> ForecastRequest:
        """The serving request that cleaning prepared for this symbol and day."""
        key = keys.silver_recent(day, symbol)
        where = f"s3://{self.silver_bucket}/{key}"
        request = self._json(self._read(key, where))
        if request.get("symbol") != symbol or not request.get("bars"):
            raise NoRequest(f"{where} must hold bars of {symbol}; it does not. Run `clean_bars` of {day} again.")
        newest = request["bars"][-1]["date"]
        if newest > day.isoformat():
            raise NoRequest(
                f"{where} holds a bar of {newest}; none may lie after {day}, the run's day, or the forecast would "
                f"look ahead. Run `clean_bars` of {day} again."
            )
        return ForecastRequest(symbol=symbol, bars=request["bars"])

    def write(self, record: GoldRecord) -> str:
        """Keep one record; returns its key."""
        key = keys.gold_forecast(record["as_of"], record["symbol"], record["horizon"])
        body = json.dumps(record, sort_keys=True, allow_nan=False).encode()  # one line: the table over gold reads lines
        self.s3.put_object(Bucket=self.gold_bucket, Key=key, Body=body, ContentType="application/json")
        facts = {name: record[name] for name in ("symbol", "as_of", "horizon", "model_version", "stale")}
        tell("forecast_written", key=key, **facts)
        return key

    def _json(self, body: bytes) -> dict[str, Any]:
        """The object in the body; an empty one for anything else, which holds no bars either."""
        try:
            request = json.loads(body)
        except ValueError:
            return {}
        return request if isinstance(request, dict) else {}

    def _read(self, key: str, where: str) -> bytes:
        try:
            body: bytes = self.s3.get_object(Bucket=self.silver_bucket, Key=key)["Body"].read()
        except ClientError as fault:
            if fault.response["Error"]["Code"] not in ABSENT:
                raise
            raise NoRequest(
                f"{where} is absent or not readable ({fault.response['Error']['Code']}); it must hold the recent bars. "
                "Run the task `clean_bars` of the DAG forecast_prices for this day first."
            ) from fault
        return body
