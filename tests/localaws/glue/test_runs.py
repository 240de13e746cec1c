"""Glue runs what it is given: a script that ends well, badly, late, or not at all.

The scripts here are plain Python, which the runner does not mind; test_three_engines.py starts Spark itself.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import Gateway, lines_of, policy

UNFINISHED = ("STARTING", "RUNNING", "STOPPING")
GROUP = "/aws-glue/jobs/output"
numbers = itertools.count()
COPY = """
import argparse, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--out")
parser.add_argument("--JOB_NAME")
args, rest = parser.parse_known_args()
print("job", args.JOB_NAME, "rest", rest[0::2])
out = pathlib.Path(args.out.removeprefix("file://"))
out.mkdir(parents=True, exist_ok=True)
(out / "part.parquet").write_text("bars")
"""


@pytest.fixture(scope="module")
def glue(gateway: Gateway) -> Any:
    """Glue as root."""
    return gateway.client("glue")


@pytest.fixture(scope="module")
def role(make_role: Callable[..., str], s3: Any) -> str:
    """A role that Glue may take and that may use the bucket `lake`."""
    actions = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
    return make_role("glue-runs", policy((actions, ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"])), "glue.amazonaws.com")


@pytest.fixture
def job(glue: Any, role: str, s3: Any) -> Callable[..., str]:
    """Make a job of a script's text; its name."""

    def make(script: str | None = COPY, command: str = "glueetl", **more: Any) -> str:
        name = f"run-{next(numbers)}"
        location = f"s3://lake/scripts/{name}.py"
        if script is not None:
            s3.put_object(Bucket="lake", Key=f"scripts/{name}.py", Body=script.encode())
        asked = {"Role": role, **more}
        glue.create_job(Name=name, Command={"Name": command, "ScriptLocation": location}, **asked)
        return name

    return make


def ended(glue: Any, name: str, run: str) -> dict[str, Any]:
    """The run when it is over."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: dict[str, Any] = glue.get_job_run(JobName=name, RunId=run)["JobRun"]
        if found["JobRunState"] not in UNFINISHED:
            return found
        time.sleep(0.1)
    raise AssertionError(f"still {found['JobRunState']}")


def ran(glue: Any, name: str, **asked: Any) -> dict[str, Any]:
    """A run of the job, when it is over."""
    return ended(glue, name, glue.start_job_run(JobName=name, **asked)["JobRunId"])


def test_a_script_runs_and_its_output_lies_in_s3(glue: Any, job: Callable[..., str], s3: Any, logs: Any) -> None:
    """What the emulator used to call SUCCEEDED without looking."""
    name = job(DefaultArguments={"--out": "s3://lake/never/", "--enable-metrics": "true"}, Timeout=5)

    run = ran(glue, name, Arguments={"--out": f"s3://lake/{name}/"})

    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    assert s3.get_object(Bucket="lake", Key=f"{name}/part.parquet")["Body"].read() == b"bars"
    assert lines_of(logs, GROUP, run["Id"]) == [f"job {name} rest ['--JOB_ID', '--JOB_RUN_ID']"]
    assert (run["Attempt"], run["Timeout"], "ErrorMessage" in run) == (0, 5, False)
    assert run["CompletedOn"] >= run["StartedOn"]


def test_a_script_that_fails_is_told_with_its_line_and_words(glue: Any, job: Callable[..., str], s3: Any) -> None:
    """Nothing that it wrote before goes up: half a table would be read as a whole one."""
    name = job(COPY + "\nraise ValueError('bars hold no volume')\n")

    run = ran(glue, name, Arguments={"--out": f"s3://lake/{name}/"})

    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == (
        "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 12; ValueError: bars hold no volume"
    )
    assert "Contents" not in s3.list_objects_v2(Bucket="lake", Prefix=f"{name}/")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"script": None}, "LAUNCH ERROR | Reading s3://lake/scripts/"),
        ({"command": "pythonshell"}, "runs jobs of the command glueetl, not pythonshell"),
        ({"DefaultArguments": {"--out": "s3://closed/x/"}}, "Listing s3://closed/x failed under the role"),
        ({"DefaultArguments": {"--extra-py-files": "s3://lake/no.zip"}}, "Reading s3://lake/no.zip failed"),
        ({"DefaultArguments": {"--additional-python-modules": "polars==0.1"}}, "not in the local Spark: polars==0.1"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[:20],
)
def test_what_cannot_run_fails_with_its_reason(
    glue: Any, job: Callable[..., str], made: dict[str, Any], words: str
) -> None:
    """Each of these would be red on AWS as well."""
    run = ran(glue, job(**made))

    assert run["JobRunState"] == "FAILED"
    assert words in run["ErrorMessage"]


def test_a_role_that_glue_may_not_take_fails_the_run(
    glue: Any, job: Callable[..., str], make_role: Callable[..., str]
) -> None:
    run = ran(glue, job(Role=make_role("not-for-glue", None, "lambda.amazonaws.com")))

    assert run["JobRunState"] == "FAILED"
    assert "allows principal 'glue.amazonaws.com'" in run["ErrorMessage"]


def test_a_run_is_stopped_when_asked(glue: Any, job: Callable[..., str]) -> None:
    name = job("import time\nprint('waiting', flush=True)\ntime.sleep(60)\n")
    run = glue.start_job_run(JobName=name)["JobRunId"]
    with pytest.raises(ClientError, match="Concurrent runs exceeded"):
        glue.start_job_run(JobName=name)

    stopped = glue.batch_stop_job_run(JobName=name, JobRunIds=[run, "jr_0"])

    assert [each["JobRunId"] for each in stopped["SuccessfulSubmissions"]] == [run]
    assert [each["JobRunId"] for each in stopped["Errors"]] == ["jr_0"]
    assert ended(glue, name, run)["JobRunState"] == "STOPPED"
    assert glue.batch_stop_job_run(JobName=name, JobRunIds=[run])["SuccessfulSubmissions"] == []


def test_runs_are_listed_newest_first(glue: Any, job: Callable[..., str]) -> None:
    name = job("")
    first, second = ran(glue, name)["Id"], ran(glue, name)["Id"]

    assert [run["Id"] for run in glue.get_job_runs(JobName=name)["JobRuns"]] == [second, first]
    assert [run["Id"] for run in glue.get_job_runs(JobName=name, MaxResults=1)["JobRuns"]] == [second]


def test_an_unknown_job_is_not_started(glue: Any) -> None:
    with pytest.raises(ClientError, match="missing metadata"):
        glue.start_job_run(JobName="nobody")
