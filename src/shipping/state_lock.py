"""The lock on a state: who holds it, and freeing one that a killed run left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from shipping import account, values
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


def youngest(lock: Lock) -> timedelta:
    """From which age on it may be taken away."""
    return YOUNGEST_APPLY if lock.operation == "OperationTypeApply" else YOUNGEST


def check_age(lock: Lock) -> None:
    """A fresh lock is most likely somebody at work, and two writers destroy a state."""
    is_apply = lock.operation == "OperationTypeApply"
    what, why = ("an apply's", ": an apply may wait 3 hours for MWAA") if is_apply else ("one", "")
    if lock.age < youngest(lock):
        raise Refused(
            f"the lock is {told(lock.age)} old; {what} younger than {told(youngest(lock))} is not taken away, since "
            f"{lock.who} is probably at work{why}. Ask, or wait for that run to end; then look again."
        )


def advice(lock: Lock, environment: str) -> str:
    """What to do about a lock that is in the way."""
    unlock = f"`make unlock ENV={environment}`"
    if lock.age >= youngest(lock):
        return f"Nobody works that long: a run that was killed left it behind. {unlock} takes it away."
    return (
        f"{lock.who} is probably at work: ask, or wait for that run to end, then run this again. Should it have been "
        f"killed: {unlock} frees the lock once it is {told(youngest(lock))} old."
    )


@contextmanager
def explained(environment: str) -> Iterator[None]:
    """Where Terraform fails while somebody holds the lock, tell who, since when, and what to do.

    Terraform frees its own lock before it ends, so one that is found then is another's, or was left behind.
    """
    try:
        yield
    except Refused as problem:
        try:
            backend = values.backend_of(environment)
            lock = read(boto3.client("s3", region_name=backend.region), backend.bucket, backend.key)
        except (BotoCoreError, ClientError):
            lock = None  # the first problem is the one to tell
        if lock is None:
            raise
        raise Refused(f"{problem} The state of {environment} is {lock}. {advice(lock, environment)}") from None
