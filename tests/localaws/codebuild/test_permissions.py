"""A build works under its project's role, and who makes or starts one needs the rights for it."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.codebuild.conftest import BUCKET, ENVIRONMENT, Bench, message
from tests.localaws.helpers import ACCOUNT, REGION, policy, trust

ASKS = f"""
env: {{exported-variables: [WHO, URL, KEYS]}}
phases:
  build:
    commands:
      - URL=$AWS_CONTAINER_CREDENTIALS_FULL_URI
      - KEYS="$(env | grep -c -e AWS_ACCESS_KEY -e AWS_SECRET -e the-shell || :)"
      - |
        cat > ask.py <<'PYTHON'
        import boto3
        print(boto3.client("sts").get_caller_identity()["Arn"])
        boto3.client("s3").put_object(Bucket="{BUCKET}", Key="by-build", Body=b"1")
        try:
            boto3.client("s3").list_buckets()
        except Exception as error:
            print("refused:", error)
        PYTHON
      - {sys.executable} ask.py > told; cat told
      - WHO="$(head -1 told)"
"""
PROFILE = f"""
phases:
  build:
    commands:
      - export AWS_CONFIG_FILE=$HOME/config
      - 'printf "[profile deploy]\\nrole_arn=$DEPLOY_ROLE\\ncredential_source=EcsContainer\\n" > $AWS_CONFIG_FILE'
      - AWS_PROFILE=deploy {sys.executable} -c 'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])'
"""


def test_a_build_has_its_roles_rights_and_no_others(bench: Bench) -> None:
    """A build with the account's own rights would pass here and be refused on AWS."""
    done = bench.run(bench.project("asks"), ASKS)
    told = {variable["name"]: variable["value"] for variable in done["exportedEnvironmentVariables"]}

    assert done["buildStatus"] == "SUCCEEDED", bench.log(done)
    assert told["WHO"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/builds/AWSCodeBuild-")
    assert "refused:" in bench.log(done) and "AccessDenied" in bench.log(done)
    assert told["KEYS"] == "0"
    with pytest.raises(urllib.error.HTTPError, match="404"):  # the token ended with the build
        urllib.request.urlopen(told["URL"])


def test_a_build_takes_its_deploy_role_by_a_profile(bench: Bench, iam: Any, make_role: Callable[..., str]) -> None:
    """The role of an environment is taken from the build's own; the SDKs renew both by themselves."""
    own = make_role("takes-roles", policy(("sts:AssumeRole", "*"), ("logs:*", "*")), "codebuild.amazonaws.com")
    trusted = json.loads(trust("x"))
    trusted["Statement"][0]["Principal"] = {"AWS": own}
    deploy = iam.create_role(RoleName="deploys", AssumeRolePolicyDocument=json.dumps(trusted))["Role"]["Arn"]
    project = bench.project("takes", serviceRole=own)

    done = bench.run(project, PROFILE, environmentVariablesOverride=[{"name": "DEPLOY_ROLE", "value": deploy}])

    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/deploys/" in bench.log(done)


def test_a_role_without_rights_on_its_log_fails_before_anything_runs(
    bench: Bench, make_role: Callable[..., str]
) -> None:
    """On AWS such a build has no log at all, which is found out on the worst day."""
    done = bench.run(bench.project("mute", serviceRole=make_role("mute", None, "codebuild.amazonaws.com")))

    assert done["buildStatus"] == "FAILED"
    assert "ACCESS_DENIED" in message(done, "PROVISIONING")
    assert "BUILD" not in [phase["phaseType"] for phase in done["phases"]]


def test_a_project_needs_a_role_that_trusts_codebuild(bench: Bench, make_role: Callable[..., str]) -> None:
    """AWS refuses at once; found only by the first build, the pipeline would stand there red."""
    stranger = make_role("not-for-builds", None, "lambda.amazonaws.com")

    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        bench.project("refused", serviceRole=stranger)


def test_who_makes_a_project_must_be_allowed_to_pass_its_role(
    bench: Bench, make_user: Callable[..., Callable[[str], Any]]
) -> None:
    """iam:PassRole is the right that is forgotten first."""
    codebuild = make_user("makes-projects", policy(("codebuild:*", "*")))("codebuild")

    with pytest.raises(ClientError, match="iam:PassRole"):
        codebuild.create_project(
            name="passed", source={"type": "NO_SOURCE", "buildspec": "version: 0.2"}, environment=ENVIRONMENT,
            artifacts={"type": "NO_ARTIFACTS"}, serviceRole=bench.role,
        )  # fmt: skip


def test_a_starter_is_held_to_the_projects_it_may_start(
    bench: Bench, make_user: Callable[..., Callable[[str], Any]]
) -> None:
    """The pipeline of one environment must not start the apply of another."""
    arn = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/mine"
    codebuild = make_user("starts", policy((["codebuild:StartBuild", "codebuild:BatchGetBuilds"], arn)))("codebuild")
    bench.project("mine"), bench.project("theirs")

    build = codebuild.start_build(projectName="mine")["build"]["id"]
    theirs = bench.start("theirs")

    assert codebuild.batch_get_builds(ids=[build])["builds"]
    bench.ended(build), bench.ended(theirs)
    with pytest.raises(ClientError, match="codebuild:StartBuild"):
        codebuild.start_build(projectName="theirs")
    with pytest.raises(ClientError, match="codebuild:BatchGetBuilds"):
        codebuild.batch_get_builds(ids=[build, theirs])


def test_secrets_and_parameters_come_under_the_role_and_stay_out_of_the_log(
    bench: Bench, make_role: Callable[..., str]
) -> None:
    """CodeBuild prints *** in the place of a secret, and of whatever comes from Parameter Store."""
    allowed = policy((["logs:*", "ssm:GetParameter", "secretsmanager:GetSecretValue"], "*"))
    role = make_role("reads-secrets", allowed, "codebuild.amazonaws.com")
    bench.gateway.client("secretsmanager").create_secret(Name="vendor", SecretString='{"token": "sesame-42"}')
    bench.gateway.client("secretsmanager").create_secret(Name="pem", SecretString="BEGIN\n  c2Vz\n}\nYW1l\n")
    bench.gateway.client("ssm").put_parameter(Name="/colour", Value="green", Type="String")
    project = bench.project("secretive", serviceRole=role)
    spec = """
env: {parameter-store: {COLOUR: /colour}, secrets-manager: {TOKEN: "vendor:token", KEY: pem}}
phases: {build: {commands: ['echo "$COLOUR $TOKEN."', 'echo "$KEY"', 'echo "all of it: {" $KEY "}"']}}
"""

    done, refused = bench.run(project, spec), bench.run(bench.project("not-secretive"), spec)

    assert "\n*** ***.\n" in bench.log(done)
    assert "\n***\n  ***\n}\n***\n" in bench.log(done)
    assert "\nall of it: { *** *** } *** }" in bench.log(done)
    assert "CLIENT_ERROR: Parameter Store reference /colour" in message(refused, "DOWNLOAD_SOURCE")
