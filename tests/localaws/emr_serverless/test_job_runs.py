"""EMR Serverless runs what it is given, and tells of it as AWS does.

The scripts here are plain Python, which the runner does not mind; test_three_engines.py starts Spark itself.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, Gateway, lines_of, policy

UNFINISHED = ("SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "CANCELLING")
numbers = itertools.count()
COPY = """
import os, pathlib, sys
out = pathlib.Path(sys.argv[2].removeprefix("file://"))
out.mkdir(parents=True, exist_ok=True)
(out / "part.parquet").write_text("bars")
print(os.environ.get("MARKET"), os.environ["PYSPARK_SUBMIT_ARGS"])
"""
DETAILS = "Job failed, please check complete logs in configured logging destination. ExitCode: 1. Last few exceptions: "


@pytest.fixture(scope="module")
def emr(gateway: Gateway) -> Any:
    """EMR Serverless as root."""
    return gateway.client("emr-serverless")


@pytest.fixture
def application(emr: Any) -> str:
    """An application; its id."""
    made: str = emr.create_application(name="spark", type="SPARK", releaseLabel="emr-7.10.0")["applicationId"]
    return made


@pytest.fixture(scope="module")
def role(make_role: Callable[..., str], s3: Any) -> str:
    """A role that EMR Serverless may take and that may use the bucket `lake`."""
    allowed = policy((["s3:GetObject", "s3:PutObject", "s3:ListBucket"], ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]))
    return make_role("emr-runs", allowed, "emr-serverless.amazonaws.com")


@pytest.fixture
def start(emr: Any, application: str, role: str, s3: Any) -> Callable[..., str]:
    """Start a script's text; the run's id."""

    def started(script: str | None = COPY, arguments: tuple[str, ...] = (), parameters: str = "", **more: Any) -> str:
        key = f"scripts/emr-{next(numbers)}.py"
        if script is not None:
            s3.put_object(Bucket="lake", Key=key, Body=script.encode())
        submit = {"entryPoint": f"s3://lake/{key}", "entryPointArguments": list(arguments)}
        driver = {"sparkSubmit": submit | ({"sparkSubmitParameters": parameters} if parameters else {})}
        asked = {"executionRoleArn": role, **more}
        run: str = emr.start_job_run(applicationId=application, jobDriver=driver, **asked)["jobRunId"]
        return run

    return started


def ended(emr: Any, application: str, run: str) -> dict[str, Any]:
    """The run when it is over."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: dict[str, Any] = emr.get_job_run(applicationId=application, jobRunId=run)["jobRun"]
        if found["state"] not in UNFINISHED:
            return found
        time.sleep(0.1)
    raise AssertionError(f"still {found['state']}")


def test_a_script_runs_and_its_output_lies_in_s3(
    emr: Any, application: str, start: Callable[..., str], s3: Any, logs: Any
) -> None:
    """With its settings and variables, and its lines in the log group that the run names."""
    log = {"enabled": True, "logGroupName": "/aws/emr-serverless/toys", "logStreamNamePrefix": "nightly"}
    run = start(
        arguments=("--out", "s3://lake/emr-out/"),
        parameters="--conf spark.sql.ansi.enabled=true --conf spark.executor.memory=8g "
        "--conf spark.emr-serverless.driverEnv.MARKET=^GSPC",
        configurationOverrides={"monitoringConfiguration": {"cloudWatchLoggingConfiguration": log}},
        name="nightly",
    )

    over = ended(emr, application, run)

    assert (over["state"], over["stateDetails"]) == ("SUCCESS", "")
    assert s3.get_object(Bucket="lake", Key="emr-out/part.parquet")["Body"].read() == b"bars"
    (line,) = lines_of(logs, "/aws/emr-serverless/toys", f"nightly/applications/{application}/jobs/{run}/")
    assert line.startswith("^GSPC --master local[2]")
    assert "spark.sql.ansi.enabled=true" in line
    assert "8g" not in line
    assert emr.get_application(applicationId=application)["application"]["state"] == "STARTED"
    assert [each["id"] for each in emr.list_job_runs(applicationId=application, states=["SUCCESS"])["jobRuns"]] == [run]


def test_a_script_that_fails_is_told_with_its_words(emr: Any, application: str, start: Callable[..., str]) -> None:
    over = ended(emr, application, start("raise ValueError('bars hold no volume')"))

    assert (over["state"], over["stateDetails"]) == ("FAILED", DETAILS + "ValueError: bars hold no volume")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"script": None}, "Reading s3://lake/scripts/"),
        ({"arguments": ("--out", "s3://closed/x/")}, "Listing s3://closed/x failed under the role"),
        ({"parameters": "--conf spark.submit.pyFiles=s3://lake/no.zip"}, "Reading s3://lake/no.zip failed"),
        ({"parameters": "--archives s3://lake/no.tar.gz#environment"}, "Reading s3://lake/no.tar.gz failed"),
        ({"parameters": "--jars s3://lake/x.jar"}, "--jars is s3://lake/x.jar; the local Spark has no further jars"),
        ({"parameters": "--conf"}, "end with --conf, which lacks its value"),
        ({"parameters": "--conf spark.x"}, "write --conf name=value"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[:20],
)
def test_what_cannot_run_fails_with_its_reason(
    emr: Any, application: str, start: Callable[..., str], asked: dict[str, Any], words: str
) -> None:
    over = ended(emr, application, start(**asked))

    assert over["state"] == "FAILED"
    assert words in over["stateDetails"]


def test_a_role_that_emr_serverless_may_not_take_fails_the_run(
    emr: Any, application: str, start: Callable[..., str], job_role: str
) -> None:
    over = ended(emr, application, start(executionRoleArn=job_role))

    assert over["state"] == "FAILED"
    assert "allows principal 'emr-serverless.amazonaws.com'" in over["stateDetails"]


def test_a_run_is_cancelled_when_asked(emr: Any, application: str, start: Callable[..., str]) -> None:
    run = start("import time\ntime.sleep(60)\n")

    emr.cancel_job_run(applicationId=application, jobRunId=run)

    assert ended(emr, application, run)["state"] == "CANCELLED"
    with pytest.raises(ClientError, match="cannot be cancelled"):
        emr.cancel_job_run(applicationId=application, jobRunId=run)


def test_the_same_token_starts_no_second_run(start: Callable[..., str]) -> None:
    """boto3 repeats a request whose answer got lost."""
    assert start("", clientToken="one") == start("", clientToken="one")


def test_an_application_that_does_not_start_by_itself_refuses_a_run(
    emr: Any, application: str, start: Callable[..., str]
) -> None:
    emr.update_application(applicationId=application, autoStartConfiguration={"enabled": False})

    with pytest.raises(ClientError, match="is CREATED, not STARTED"):
        start()


def test_rights_are_asked_by_application_and_run(
    emr: Any, application: str, start: Callable[..., str], make_user: Callable[..., Any]
) -> None:
    """One environment's role must not see another's runs."""
    run, arn = start(""), f"arn:aws:emr-serverless:us-east-1:{ACCOUNT}:/applications/{application}"
    follows = make_user(f"follow-{application}", policy(("emr-serverless:*JobRun", f"{arn}/jobruns/*")))
    user = follows("emr-serverless")

    assert user.get_job_run(applicationId=application, jobRunId=run)["jobRun"]["jobRunId"] == run
    with pytest.raises(ClientError, match="emr-serverless:ListJobRuns"):
        user.list_job_runs(applicationId=application)
    with pytest.raises(ClientError, match="does not exist"):
        emr.get_job_run(applicationId=application, jobRunId="0" * 16)


def test_a_role_that_the_caller_may_not_pass_is_not_used(
    emr: Any, application: str, role: str, make_user: Callable[..., Any]
) -> None:
    """Else a script would run with more rights than whoever started it."""
    user = make_user(f"start-{application}", policy(("emr-serverless:StartJobRun", "*")))("emr-serverless")
    driver = {"sparkSubmit": {"entryPoint": "s3://lake/x.py"}}

    with pytest.raises(ClientError, match="iam:PassRole"):
        user.start_job_run(applicationId=application, executionRoleArn=role, jobDriver=driver)
