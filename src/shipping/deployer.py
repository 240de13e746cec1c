"""Act as the role that deploys: DEPLOY_ROLE_ARN names it, and the build's own role takes it.

A profile says so to every SDK at once, and each renews by itself: a role taken with a role lasts an hour, and Airflow's
making may take three. Without DEPLOY_ROLE_ARN nothing changes; a person acts with the credentials at hand.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from shipping import terraform_root
from shipping.environments import Refused

VARIABLE = "DEPLOY_ROLE_ARN"
PROFILE = "deployer"
ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/stockcast-[a-z][a-z0-9]{1,11}-(apply|plan|release)")
BUILDS_OWN = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
WOULD_WIN = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def take() -> None:
    """Let this process and its children act as the role that DEPLOY_ROLE_ARN names. Call it before any AWS client."""
    if not os.environ.get(VARIABLE):
        return
    _check(os.environ)
    folder = terraform_root.home() / "deployer"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "config"
    file.write_text(profile(os.environ))
    os.environ.update(AWS_CONFIG_FILE=str(file), AWS_PROFILE=PROFILE, AWS_SDK_LOAD_CONFIG="1")
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        # Terraform takes a profile's role at the public STS, unless the service is named.
        os.environ.setdefault("AWS_ENDPOINT_URL_STS", endpoint)


def _check(outer: Mapping[str, str]) -> None:
    if not ROLE.fullmatch(outer[VARIABLE]):
        raise Refused(
            f"{VARIABLE} is {outer[VARIABLE]!r}; it must be the ARN of a role that `make bootstrap` made, such as "
            "arn:aws:iam::111111111111:role/stockcast-dev-plan. Unset it outside of the pipelines' builds."
        )
    if not any(outer.get(name) for name in BUILDS_OWN):
        raise Refused(
            f"{VARIABLE} is {outer[VARIABLE]!r}, but there are no credentials of a build to take it with: "
            f"neither {' nor '.join(BUILDS_OWN)} is set. Unset it outside of the pipelines' builds."
        )
    if found := [name for name in WOULD_WIN if outer.get(name)]:
        raise Refused(
            f"{VARIABLE} is {outer[VARIABLE]!r}, but {', '.join(found)} would win over it. Unset one or the other."
        )


def profile(outer: Mapping[str, str]) -> str:
    """The file that SDKs read. The session's name is what CloudTrail shows beside each change."""
    region = outer.get("AWS_REGION") or outer.get("AWS_DEFAULT_REGION")
    lines = {
        "role_arn": outer[VARIABLE],
        "credential_source": "EcsContainer",
        "role_session_name": session(outer),
        **({"region": region} if region else {}),
    }
    return f"[profile {PROFILE}]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())


def session(outer: Mapping[str, str]) -> str:
    """Such as `dev-42`: the environment and the number of the build; IAM takes 64 letters."""
    said = "-".join(filter(None, [outer.get("ENVIRONMENT"), outer.get("CODEBUILD_BUILD_NUMBER")]))
    return re.sub(r"[^\w+=,.@-]", "-", said or "stockcast", flags=re.ASCII)[:64]
