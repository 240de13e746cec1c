"""Whether a command's credentials lead to the account and the region that the environment's values name."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from shipping.environments import Refused
from shipping.values import Backend, Values

NEEDED = ("kms", "lambda", "mwaa", "sagemaker", "scheduler")  # a region without one of them cannot hold an environment
RENEW = "Renew them (`aws sso login`, or new keys in the shell); `aws sts get-caller-identity` must name your account."


def check(environment: str, values: Values, backend: Backend) -> None:
    """Refuse whatever would plan or change another account, another region or another environment's state."""
    check_region(environment, values)
    _check_backend(environment, values, backend)
    found = caller(values.region)
    if found != values.account_id:
        raise Refused(
            f"the credentials at hand are of account {found}, but envs/{environment}/platform.tfvars says "
            f"{values.account_id}; they must be the same. Use that account's credentials (AWS_PROFILE), or set "
            "account_id there and in platform.backend.hcl."
        )
    check_bucket(backend.bucket, backend.region)


def check_region(environment: str, values: Values) -> None:
    for service in NEEDED:
        offered = regions(service)
        if values.region not in offered:
            raise Refused(
                f"region is {values.region!r} in envs/{environment}/platform.tfvars; {service} is not offered there "
                f"(as botocore {botocore.__version__} knows). Choose one of {', '.join(offered)}."
            )


def regions(service: str) -> list[str]:
    session = _session()
    partitions = session.get_available_partitions()
    return sorted({name for part in partitions for name in session.get_available_regions(service, part)})


@cache
def _session() -> botocore.session.Session:
    """Read botocore's table of regions once; every session parses it anew. AWS_PROFILE does not matter to it."""
    return botocore.session.Session({"profile": (None, None, None, None)})


def _check_backend(environment: str, values: Values, backend: Backend) -> None:
    wanted = state_place(environment, values)
    for key in ("bucket", "key", "region"):
        ours, theirs = getattr(backend, key), getattr(wanted, key)
        if ours != theirs:
            raise Refused(
                f"{key} is {ours!r} in envs/{environment}/platform.backend.hcl; with the account and region of "
                f"platform.tfvars beside it, it must be {theirs!r}. Change the one that is wrong."
            )


def state_place(environment: str, values: Values) -> Backend:
    """Where an environment's state lies: everywhere by the same rule."""
    return Backend(bucket_name(values.account_id), f"{environment}/platform.tfstate", values.region)


def bucket_name(account_id: str) -> str:
    """The one bucket of an account that holds all its states."""
    return f"stockcast-{account_id}-tfstate"


def owner(bucket: str) -> str:
    """The account that a state bucket must belong to, as its name says: S3 lets in without telling whose it is."""
    return bucket.removeprefix("stockcast-").removesuffix("-tfstate")


def caller(region: str) -> str:
    """The account of the credentials at hand."""
    try:
        answer = boto3.client("sts", region_name=region).get_caller_identity()
    except (NoCredentialsError, PartialCredentialsError) as problem:
        raise Refused(
            f"there are no whole AWS credentials: {problem}. Name a profile with AWS_PROFILE. {RENEW}"
        ) from None
    except ClientError as problem:
        raise Refused(f"AWS does not take the credentials at hand: {problem}. {RENEW}") from None
    except BotoCoreError as problem:  # a profile that does not exist, an SSO session that ended, no way to AWS
        raise Refused(f"AWS could not be asked whose the credentials are: {problem}. {RENEW}") from None
    return str(answer["Account"])


def check_bucket(bucket: str, region: str) -> None:
    """State has to have a place before Terraform is asked to find it there."""
    status = bucket_status(boto3.client("s3", region_name=region), bucket)
    if status == 404:
        raise Refused(f"the bucket {bucket}, which holds Terraform's state, does not exist. Run `make bootstrap` once.")
    if status != 200:
        raise Refused(
            f"the bucket {bucket} answers {status}; it must belong to this account and let you in. Take the policy "
            "stockcast-<environment>-state, or an administrator's role. If an administrator is refused too, another "
            "account took the name, which all of AWS shares: put nothing there, and ask AWS Support for it."
        )


def bucket_status(s3: Any, bucket: str) -> int:
    """200 where it is ours, 404 where there is none, 403 where it is another account's or not for us."""
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=owner(bucket))
    except ClientError as problem:
        return int(problem.response["ResponseMetadata"]["HTTPStatusCode"])
    return 200
