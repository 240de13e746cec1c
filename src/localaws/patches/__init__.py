"""What is mended in the emulator from outside, one file per service of its.

Each patch is written against the internals of one version and has a contract test. Another version stops the gateway
at its start: a patch that no longer fits must not be found out by a plan that is no longer clean.
"""

from __future__ import annotations

from importlib.metadata import version

from localaws.gateway.config import Config
from localaws.patches import (
    cloudwatch,
    ec2,
    eventbridge_delivery,
    glue,
    iam,
    iam_requests,
    lambda_,
    mwaa,
    s3,
    sns,
    sns_subscriptions,
    sts,
    transport,
    unsupported,
)

WRITTEN_FOR = "1.5.33"


def apply(config: Config) -> None:
    """Mend everything, once, before the first request."""
    check_version(version("ministack"))
    for part in (
        cloudwatch, ec2, iam, iam_requests, lambda_, s3, sns, sns_subscriptions, sts, transport, unsupported,
    ):  # fmt: skip
        part.apply()
    eventbridge_delivery.apply(config)
    glue.apply(config)
    mwaa.apply(config.airflow)


def check_version(installed: str) -> None:
    """Refuse any other version than the one the patches were written for."""
    if installed != WRITTEN_FOR:
        raise RuntimeError(
            f"ministack {installed} is installed; the patches in src/localaws/patches are written for {WRITTEN_FOR}. "
            f"Install that version, or run the contract tests in tests/localaws/patches and mend what fails."
        )
