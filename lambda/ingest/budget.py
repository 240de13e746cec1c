"""The requests that a source grants a day, counted in bronze, so that functions that run at once share one count."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from stockcast.contracts import keys
from stockcast.sources.answers import BudgetSpent
from stockcast.sources.pace import Pace

TAKEN = ("ConditionalRequestConflict", "PreconditionFailed")  # somebody else wrote in between
ATTEMPTS = 20


class Budget(NamedTuple):
    """A day's allowance of one source. The day is the calendar's in UTC, whatever day the run is for."""

    s3: Any
    bucket: str
    source: str
    daily: int
    pace: Pace

    def spend(self, symbol: str) -> None:
        """Count one request and wait for its turn; raises BudgetSpent instead of exceeding the allowance.

        Each write holds only if nobody wrote since: an unconditional one would lose a request that another run made.
        """
        key = keys.bronze_budget(self.source, datetime.now(UTC).date())
        for _ in range(ATTEMPTS):
            spent, version = self._spent(key)
            if spent >= self.daily:
                raise self._exceeded(symbol, f"{spent} of {self.daily} requests of the day are spent, as {key} says")
            if self._write(key, spent + 1, {"IfMatch": version}):
                self.pace.wait()
                return
        raise self._exceeded(symbol, f"{key} was written by others in {ATTEMPTS} tries to count one more request")

    def _exceeded(self, symbol: str, reason: str) -> BudgetSpent:
        remedy = "Run it again tomorrow, or raise `market.alpha_vantage.daily_budget` to what your plan grants."
        return BudgetSpent(symbol, f"{self.source} was not asked: {reason}.", remedy)

    def _spent(self, key: str) -> tuple[int, str]:
        """How many are spent, and the version of the object that says so.

        A role that may not list a bucket cannot tell a missing object from a forbidden one. So a count of none is
        written first, which succeeds only where nothing stands yet.
        """
        self._write(key, 0, {"IfNoneMatch": "*"})
        stored = self.s3.get_object(Bucket=self.bucket, Key=key)
        return json.loads(stored["Body"].read())["spent"], stored["ETag"]

    def _write(self, key: str, spent: int, condition: dict[str, str]) -> bool:
        """Whether the condition held."""
        content = json.dumps({"source": self.source, "spent": spent, "daily": self.daily}).encode()
        try:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType="application/json", **condition)
        except ClientError as fault:
            if fault.response["Error"]["Code"] not in TAKEN:
                raise
            return False
        return True
