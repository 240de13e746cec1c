"""What an environment offers, read from its state as it lies in the bucket.

Terraform would first have to be initialised with its provider, which takes longer than a whole sync of the DAGs.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.exceptions import ClientError

from shipping import planning, values
from shipping.environments import Refused

STATE_VERSION = 4  # of the file's form, since Terraform 0.12


def outputs(environment: str) -> dict[str, Any]:
    """The outputs of an environment that stands, once it is sure that the credentials at hand lead to its account."""
    planning.checked(environment)
    backend = values.backend_of(environment)
    found = in_state(boto3.client("s3", region_name=backend.region), backend.bucket, backend.key)
    if not found:
        raise Refused(
            f"{environment} has no outputs: nothing is applied there. Run `make plan apply ENV={environment}`."
        )
    return found


def in_state(s3: Any, bucket: str, key: str) -> dict[str, Any]:
    """Outputs by name; empty where there is no state."""
    try:
        state = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as problem:
        if problem.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return {}
        raise
    if state.get("version") != STATE_VERSION:
        raise Refused(
            f"the state {key} in {bucket} is of version {state.get('version')!r}; {STATE_VERSION} can be read. "
            "Use the commit that the environment was applied with."
        )
    return {name: entry["value"] for name, entry in state.get("outputs", {}).items()}
