"""How old a lock is, in words, and from which age on it may be taken away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.shipping.stand_in_account import StandInAccount

from shipping import state_lock
from shipping.environments import Refused


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h 0 min"),
        (timedelta(hours=23, minutes=59), "23 h 59 min"),
        (timedelta(days=2, hours=3), "2 d 3 h"),
    ],
)
def test_an_age_is_told_in_the_units_that_matter(age: timedelta, words: str) -> None:
    """Whoever decides over somebody's lock has to see at once whether it is of today."""
    assert state_lock.told(age) == words


def lock(operation: str, age: timedelta) -> state_lock.Lock:
    return state_lock.Lock("7c2b0f5e", "jane@laptop", operation, "1.11.4", datetime(2026, 3, 4, tzinfo=UTC), age)


def test_an_apply_that_may_still_wait_for_airflow_keeps_its_lock() -> None:
    """`make wake` holds its lock for 40 minutes; a second writer beside it destroys the state."""
    with pytest.raises(Refused, match=r"3 h 59 min old; an apply's younger than 4 h 0 min .*wait 3 hours for MWAA"):
        state_lock.check_age(lock("OperationTypeApply", timedelta(hours=3, minutes=59)))

    state_lock.check_age(lock("OperationTypeApply", timedelta(hours=4)))


def test_a_lock_that_changes_nothing_is_freed_after_a_quarter_of_an_hour() -> None:
    """A plan that takes longer is dead, and its lock holds up everybody."""
    with pytest.raises(Refused, match=r"14 min old; one younger than 15 min is not taken away, since jane@laptop"):
        state_lock.check_age(lock("OperationTypePlan", timedelta(minutes=14)))

    state_lock.check_age(lock("OperationTypePlan", timedelta(minutes=15)))


def test_a_lock_in_somebody_elses_bucket_is_not_believed(account: StandInAccount) -> None:
    """A stranger's bucket of our name would tell us which lock to take away."""
    bucket = "stockcast-111111111111-tfstate"
    account.owners[bucket] = "999999999999"
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=account.url, **keys)

    with pytest.raises(ClientError, match="AccessDenied"):
        state_lock.read(s3, bucket, "dev/platform.tfstate")
