"""How old a lock is, in words, and from which age on it may be taken away."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.shipping.stand_in_account import StandInAccount

from shipping import state_lock, values
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


@pytest.fixture
def bucket(account: StandInAccount, monkeypatch: pytest.MonkeyPatch) -> str:
    """The bucket that holds dev's state, reached as our commands reach it."""
    for name, value in (("ENDPOINT_URL", account.url), ("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(f"AWS_{name}", value)
    backend = values.Backend("stockcast-111111111111-tfstate", "dev/platform.tfstate", "us-east-1")
    monkeypatch.setattr(values, "backend_of", lambda environment: backend)
    return backend.bucket


def hold(account: StandInAccount, bucket: str, operation: str, age: timedelta) -> None:
    written = {"ID": "7c2b0f5e", "Who": "jane@laptop", "Operation": operation, "Version": "1.11.4"}
    path = f"/{bucket}/dev/platform.tfstate.tflock"
    account.objects[path] = (json.dumps(written), format_datetime(datetime.now(UTC) - age, usegmt=True))


@pytest.mark.parametrize(
    ("operation", "age", "told"),
    [
        (
            "OperationTypeApply",
            timedelta(minutes=20),
            r"ended with 1\. The state of dev is locked by jane@laptop since .* 20 min ago, for apply .*"
            r"probably at work: ask, or wait .*`make unlock ENV=dev` frees the lock once it is 4 h 0 min old",
        ),
        (
            "OperationTypeApply",
            timedelta(hours=5),
            r"5 h 0 min ago, for apply .*Nobody works that long: .*`make unlock ENV=dev` takes it away",
        ),
        ("OperationTypePlan", timedelta(minutes=20), r"for plan .*Nobody works that long"),
    ],
)
def test_whoever_finds_the_state_locked_is_told_by_whom_and_what_to_do(
    account: StandInAccount, bucket: str, operation: str, age: timedelta, told: str
) -> None:
    """Terraform shows an id; whether to wait or to clear away follows from who, what and since when."""
    hold(account, bucket, operation, age)

    with pytest.raises(Refused, match=told), state_lock.explained("dev"):
        raise Refused("`terraform plan` ended with 1.")


def test_a_failure_without_a_lock_is_told_as_it_is(account: StandInAccount, bucket: str) -> None:
    """A lock that is not there must not be blamed."""
    with pytest.raises(Refused, match=r"^access denied$"), state_lock.explained("dev"):
        raise Refused("access denied")


def test_where_the_lock_cannot_be_read_the_first_failure_is_told(account: StandInAccount, bucket: str) -> None:
    """The network that broke Terraform breaks this question, too."""
    account.owners[bucket] = "999999999999"

    with pytest.raises(Refused, match=r"^no network$"), state_lock.explained("dev"):
        raise Refused("no network")
