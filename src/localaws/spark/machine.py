"""Run one Spark script to its end, as Glue and EMR Serverless would: under its role, with its log, in a process."""

from __future__ import annotations

import os
import shlex
import shutil
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localaws import roles
from localaws.clients import Clients
from localaws.container.logs import LogStream
from localaws.container.process import Ending
from localaws.container.run import Run
from localaws.gateway import environment
from localaws.gateway.config import Config
from localaws.spark import java, libraries
from localaws.spark.failure import SparkFailed
from localaws.spark.mirror import Mirror

FOR_PYTHON_312 = Path(__file__).parent / "python_311"
LAST_LINES = 200
# Sizes and places of AWS's machines mean nothing on this one.
OF_AWS_MACHINES = (
    "spark.archives", "spark.driver.", "spark.dynamicAllocation.", "spark.emr-serverless.", "spark.executor.",
    "spark.executorEnv.", "spark.hadoop.", "spark.master", "spark.submit.",
)  # fmt: skip
OURS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
# A run here takes seconds, most of them to compile Java: with the first of two compilers it takes half the CPU time.
FOR_SHORT_RUNS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@dataclass(frozen=True)
class Submission:
    """A script and all that its run follows from."""

    name: str  # of the run, unique
    role_arn: str
    service: str  # that takes the role, such as glue.amazonaws.com
    source_arn: str  # what it takes the role for
    script: str  # s3://
    log_group: str
    log_stream: str
    most_seconds: float
    arguments: tuple[str, ...] = ()
    py_files: tuple[str, ...] = ()  # s3://, zips and modules
    needed: tuple[str, ...] = ()  # s3://, must be there and readable; what they hold is in the environment here
    modules: tuple[str, ...] = ()  # name==version, must be in the environment here
    settings: Mapping[str, str] = field(default_factory=dict)  # Spark's, by name
    variables: Mapping[str, str] = field(default_factory=dict)  # of the script's environment


@dataclass(frozen=True)
class Ended:
    """How the process ended, and what it said last."""

    code: int | None
    ending: Ending
    last_lines: tuple[str, ...]


class SparkMachine:
    """Shared by all runs of one gateway."""

    def __init__(self, config: Config) -> None:
        self.config, self.clients = config, Clients(config)

    def run(self, asked: Submission, run: Run, on_start: Callable[[], None]) -> Ended:
        """Do it all; raises SparkFailed for what cannot be done. `on_start` is told when the script begins."""
        try:
            with roles.assumed(asked.role_arn, asked.name, asked.service, asked.source_arn) as credentials:
                return self._under(credentials, asked, run, on_start)
        except roles.RoleRefused as refused:
            raise SparkFailed(str(refused)) from refused

    def _under(self, keys: roles.Credentials, asked: Submission, run: Run, on_start: Callable[[], None]) -> Ended:
        home = self.config.state_dir / "spark" / asked.name
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        mirror = Mirror(self.clients.of("s3", keys), asked.role_arn, home / "s3")
        script = mirror.fetch(asked.script, home / "script")
        path = [str(mirror.fetch(uri, home / "libraries")) for uri in asked.py_files]
        for uri in asked.needed:
            mirror.require(uri)
        python = libraries.interpreter(self.config)
        java_home = java.find(self.config.spark.java_home, os.environ, python)
        if missing := libraries.missing(python, list(asked.modules)):
            raise SparkFailed(f"Modules that this run asks for are not in the local Spark: {', '.join(missing)}.")
        argv = [str(python), str(script), *(mirror.localised(argument) for argument in asked.arguments)]
        variables = environment.of_child(self.config, str(python), home, keys.variables())
        variables |= dict(asked.variables) | _of_spark(python, java_home, path, asked.settings)
        on_start()
        ended = self._execute(asked, run, argv, variables, home)
        if ended.code == 0:
            mirror.push()
            shutil.rmtree(home, ignore_errors=True)  # a failed one is kept to be looked at
        return ended

    def _execute(self, asked: Submission, run: Run, argv: list[str], variables: dict[str, str], home: Path) -> Ended:
        log = LogStream(self.clients.of("logs"), asked.log_group, asked.log_stream)
        last: deque[str] = deque(maxlen=LAST_LINES)

        def on_line(line: str) -> None:
            last.append(line)
            log.write(line)

        try:
            finished = run.execute(argv, variables, home, on_line, asked.most_seconds)
        finally:
            log.close()
        return Ended(finished.code, finished.ending, tuple(last))


def _of_spark(python: Path, java_home: Path, path: list[str], settings: Mapping[str, str]) -> dict[str, str]:
    """Where Spark finds Java, Python and our libraries, and how it is set."""
    asked = {name: value for name, value in settings.items() if not name.startswith(OF_AWS_MACHINES)}
    options = [f"--conf {shlex.quote(f'{name}={value}')}" for name, value in sorted({**asked, **OURS}.items())]
    options.append(f"--driver-java-options {shlex.quote(FOR_SHORT_RUNS)}")
    return {
        "JAVA_HOME": str(java_home),
        "PYSPARK_DRIVER_PYTHON": str(python),
        "PYSPARK_PYTHON": str(python),
        "PYSPARK_SUBMIT_ARGS": f"--master local[2] --driver-memory 1g {' '.join(options)} pyspark-shell",
        "PYTHONPATH": os.pathsep.join([*path, str(FOR_PYTHON_312)]),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
