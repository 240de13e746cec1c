"""A Glue job's parameters: those that Glue acts upon, and those that it hands to the script.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from localaws.spark.failure import SparkFailed

FOR_GLUE = frozenset(
    {
        "--JOB_MODE", "--TempDir", "--additional-python-modules", "--auto-scale-within-microbatch", "--class", "--conf",
        "--custom-logGroup-prefix", "--custom-logStream-prefix", "--datalake-formats", "--enable-auto-scaling",
        "--executor-cores", "--extra-files", "--extra-jars", "--extra-py-files", "--job-bookmark-from",
        "--job-bookmark-option", "--job-bookmark-to", "--job-language", "--python-modules-installer-option",
        "--scriptLocation", "--spark-event-logs-path", "--user-jars-first", "--write-shuffle-files-to-s3",
        "--write-shuffle-spills-to-s3",
    }
)  # fmt: skip
FAMILIES = ("--continuous-log-", "--enable-")
BRING_JARS = ("--datalake-formats", "--extra-jars")  # what they name is not in the Spark of this machine
OUTPUT_GROUP = "/aws-glue/jobs/output"


def of_script(given: Mapping[str, str]) -> list[str]:
    """What Glue hands to the script, besides the names of job and run."""
    passed = {name: value for name, value in given.items() if name not in FOR_GLUE and not name.startswith(FAMILIES)}
    return [part for name, value in passed.items() for part in ((name, value) if value else (name,))]


def listed(given: Mapping[str, str], name: str) -> list[str]:
    """A parameter's value that is a list with commas."""
    return [part.strip() for part in given.get(name, "").split(",") if part.strip()]


def settings(given: Mapping[str, str]) -> dict[str, str]:
    """Spark's settings out of `--conf`, which holds one `name=value`, or several with ` --conf ` between them."""
    parts = [part for part in shlex.split(given.get("--conf", "")) if part != "--conf"]
    return dict(part.split("=", 1) for part in parts if "=" in part)


def log_group(given: Mapping[str, str]) -> str:
    """Where the script's lines go."""
    if given.get("--enable-continuous-cloudwatch-log") == "true":
        return given.get("--continuous-log-logGroup") or "/aws-glue/jobs/logs-v2"
    return OUTPUT_GROUP


def refuse_jars(given: Mapping[str, str]) -> None:
    """A script that misses its jars would fail with words that lead nowhere."""
    for name in BRING_JARS:
        if given.get(name):
            raise SparkFailed(f"{name} is {given[name]}; the local Spark has no further jars. Run the job on AWS.")
