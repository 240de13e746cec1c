"""The lock on a state: who holds it, and freeing one that a killed run left behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from shipping import account
from shipping.environments import Refused

YOUNGEST = timedelta(minutes=15)
YOUNGEST_APPLY = timedelta(hours=4)  # waiting for MWAA takes 20 to 40 minutes as a rule, and may take 3 hours


@dataclass(frozen=True)
class Lock:
    """What Terraform wrote into the lock file, and how long ago by S3's own clock."""

    id: str
    who: str
    operation: str
    version: str
    since: datetime
    age: timedelta

    def __str__(self) -> str:
        return (
            f"locked by {self.who} since {self.since:%Y-%m-%d %H:%M} UTC, {told(self.age)} ago, "
            f"for {self.operation.removeprefix('OperationType').lower()} with Terraform {self.version} (lock {self.id})"
        )


def told(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def read(s3: Any, bucket: str, state_key: str) -> Lock | None:
    """The lock on a state, or None where it is free."""
    try:
        answer = s3.get_object(Bucket=bucket, Key=f"{state_key}.tflock", ExpectedBucketOwner=account.owner(bucket))
    except ClientError as problem:
        if problem.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    written = json.loads(answer["Body"].read())
    since = answer["LastModified"]
    now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])  # both by one clock
    return Lock(written["ID"], written["Who"], written["Operation"], written["Version"], since, now - since)


def check_age(lock: Lock) -> None:
    """A fresh lock is most likely somebody at work, and two writers destroy a state."""
    is_apply = lock.operation == "OperationTypeApply"
    youngest = YOUNGEST_APPLY if is_apply else YOUNGEST
    what, why = ("an apply's", ": an apply may wait 3 hours for MWAA") if is_apply else ("one", "")
    if lock.age < youngest:
        raise Refused(
            f"the lock is {told(lock.age)} old; {what} younger than {told(youngest)} is not taken away, since "
            f"{lock.who} is probably at work{why}. Ask, or wait for that run to end; then look again."
        )
