"""Run one build from its first phase to its last.

https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details.html#view-build-details-phases
"""

from __future__ import annotations

import functools
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws import roles
from localaws.codebuild import archives, artifacts, buildspec, cache, reports, sources, variables
from localaws.codebuild.build_log import BuildLog
from localaws.codebuild.buildspec import Buildspec, Phase
from localaws.codebuild.failure import PhaseFailed
from localaws.codebuild.machine import Machine
from localaws.codebuild.place import PRINCIPAL
from localaws.codebuild.record import Build
from localaws.codebuild.runtime import use_python
from localaws.codebuild.shell import Interrupted, Shell
from localaws.container.logs import LogStream
from localaws.gateway import environment

MINUTE_SECONDS = 60


class Runner:
    """Belongs to one build and one thread."""

    def __init__(self, machine: Machine, build: Build) -> None:
        self.machine, self.build, self.told = machine, build, build.described()
        self.deadline = time.monotonic() + self.told["timeoutInMinutes"] * MINUTE_SECONDS
        self.folder = machine.folder(build.uuid)
        self.source, self.home = self.folder / "src", self.folder / "home"
        self.log = BuildLog(machine.logs.path(build.id))
        self.variables: dict[str, str] = {}
        self.client: Callable[[str], Any] = machine.clients.of

    def run(self) -> str:
        """The build's final status. Its folder is gone and its log can be read afterwards."""
        with ExitStack() as held:
            held.callback(shutil.rmtree, self.folder, ignore_errors=True)
            held.callback(self.log.close)
            try:
                status = "SUCCEEDED" if self._steps(held) else "FAILED"
            except PhaseFailed:
                status = "FAILED"
            except Interrupted as interrupted:
                status = interrupted.status
            self.build.begin("FINALIZING")
            self.build.end("SUCCEEDED")
        return status

    def _steps(self, held: ExitStack) -> bool:
        with self._phase("PROVISIONING"):
            credentials = self._provision(held)
        with self._phase("DOWNLOAD_SOURCE"):
            spec = self._download(held.enter_context(self.machine.credentials.handed_out(credentials)))
        is_good, shell = self._commands(spec, held)
        with self._phase("UPLOAD_ARTIFACTS"):  # a test that failed is what a report is most wanted for
            arns = [self._report(name, files, shell, credentials) for name, files in spec.reports.items()]
            self.build.set(reportArns=arns)
            if is_good:
                self._upload(spec, shell)
        return is_good

    def _provision(self, held: ExitStack) -> roles.Credentials:
        """The role, and the log under it."""
        role, source = self.told["serviceRole"], self.machine.place.arn("project", self.build.project)
        try:
            credentials = roles.assume(role, f"AWSCodeBuild-{self.build.uuid}", PRINCIPAL, source)
        except roles.RoleRefused as refused:
            raise PhaseFailed("CLIENT_ERROR", str(refused)) from refused
        held.callback(roles.give_back, credentials)
        self.client = functools.cache(functools.partial(self.machine.clients.of, credentials=credentials))
        logs = self.told["logs"]
        if logs.get("groupName"):
            try:
                self.log.send_to(LogStream(self.client("logs"), logs["groupName"], logs["streamName"]))
            except (ClientError, BotoCoreError) as error:
                why = f"Service role {role} does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams"
                raise PhaseFailed("ACCESS_DENIED", f"{why} for build {self.told['arn']}. {error}") from error
            held.callback(self.log.close)
        self.log.say("Waiting for agent ping")
        return credentials

    def _download(self, credentials_url: str) -> Buildspec:
        """Sources, buildspec, and the variables that both ask for."""
        version = sources.bring(self.told["source"], self.told.get("sourceVersion"), self.source, self.client("s3"))
        if version:
            self.build.set(resolvedSourceVersion=version)
            self.told["resolvedSourceVersion"] = version
        folders = {"": self.source} | self._secondary()
        try:
            spec = buildspec.parse(sources.buildspec_of(self.told["source"], self.source))
        except buildspec.Mistake as mistake:
            raise PhaseFailed("YAML_FILE_ERROR", str(mistake)) from mistake
        self.home.mkdir()
        base = environment.of_build(self.machine.config, self.home, self.machine.network, credentials_url)
        told = variables.of_codebuild(self.told, self.machine.place.account_id, folders)
        self.variables = base | self._asked_variables(spec) | told
        self._link_caches(spec)
        return spec

    def _asked_variables(self, spec: Buildspec) -> dict[str, str]:
        """What a secret's or a parameter's value is, the log does not tell."""
        asked, hidden = variables.asked_for(self.told, spec, self.client)
        for secret in hidden:
            self.log.hide(secret)
        return asked

    def _link_caches(self, spec: Buildspec) -> None:
        kept, asked = self.machine.cache(self.build.project), self.told.get("cache", {})
        if cache.is_local(asked):
            cache.link(spec.cached, self.source, self.home, kept, self.log.say)
        elif spec.cached:
            self.log.say(f"A cache of type {asked.get('type')} is not kept by the embedded AWS; use LOCAL_CUSTOM_CACHE")

    def _secondary(self) -> dict[str, Path]:
        versions = {one["sourceIdentifier"]: one["sourceVersion"] for one in self.told["secondarySourceVersions"]}
        folders = {one["sourceIdentifier"]: one for one in self.told["secondarySources"]}
        for name, source in folders.items():
            sources.bring(source, versions.get(name), self.folder / f"src_{name}", self.client("s3"))
        return {name: self.folder / f"src_{name}" for name in folders}

    def _commands(self, spec: Buildspec, held: ExitStack) -> tuple[bool, Shell]:
        """Whether every phase went well, and the shell that knows what they left."""
        is_good, shell = True, None
        for name in buildspec.PHASES:
            phase = spec.phases[name]
            try:
                with self._phase(name.upper()):
                    shell = shell or self._shell(spec, held)
                    self._run(phase, shell)
            except PhaseFailed:
                is_good = False
                goes_on = phase.on_failure == "CONTINUE" or (name == "build" and phase.on_failure is None)
                if shell is None or not goes_on:
                    break
                shell.run("export CODEBUILD_BUILD_SUCCEEDING=0")
        if shell is None:
            raise PhaseFailed("YAML_FILE_ERROR", "no shell was started")
        exported = [{"name": key, "value": value} for key, value in shell.exported().items()]
        self.build.set(exportedEnvironmentVariables=exported)
        return is_good, shell

    def _shell(self, spec: Buildspec, held: ExitStack) -> Shell:
        """The first phase starts it, so that a missing interpreter fails the phase that names it."""
        if spec.python:
            self.variables = use_python(spec.python, self.variables, self.folder / "bin")
        program = shutil.which(spec.shell, path=self.variables["PATH"])
        if program is None:
            raise PhaseFailed("CLIENT_ERROR", f"env.shell: there is no {spec.shell} on {self.variables['PATH']}")
        scratch = self.folder / "tmp"
        self.variables["TMPDIR"] = str(scratch)
        shell = Shell(
            program, self.variables, self.source, scratch / "shell", spec.exported, self.log.write, self._interruption
        )
        held.callback(shell.close)
        return shell

    def _run(self, phase: Phase, shell: Shell) -> None:
        """Commands until one fails; what stands under `finally` runs then too, but not in a build that must end."""
        try:
            self._run_all(phase.commands, shell)
        except PhaseFailed:
            self._run_all(phase.last, shell)
            raise
        self._run_all(phase.last, shell)

    def _run_all(self, commands: tuple[str, ...], shell: Shell) -> None:
        for command in commands:
            self.log.say(f"Running command {command}")
            status = shell.run(command)
            if status:
                self.log.say(f"Command did not exit successfully {command} exit status {status}")
                message = f"Error while executing command: {command}. Reason: exit status {status}"
                raise PhaseFailed("COMMAND_EXECUTION_ERROR", message)

    def _report(self, name: str, files: buildspec.Files, shell: Shell, credentials: roles.Credentials) -> str:
        base = shell.expanded(files.base)
        found = archives.chosen(self.source, base, files) if (self.source / base).is_dir() else []
        if not found:
            why = f"no file fits {', '.join(files.patterns)} in {base or 'the source'}; let every build write one"
            raise PhaseFailed("CLIENT_ERROR", f"no matching report paths found for {name}: {why}")
        desk = reports.Desk(self.machine, self.build, credentials, self.client("codebuild"))
        return desk.send(name, [path for path, _ in found])

    def _upload(self, spec: Buildspec, shell: Shell) -> None:
        wanted = self.build.artifacts
        if wanted["type"] == "NO_ARTIFACTS" or spec.artifacts is None:
            return
        name = shell.expanded(spec.artifacts.name) if wanted.get("overrideArtifactName") else ""
        files = archives.chosen(self.source, shell.expanded(spec.artifacts.base), spec.artifacts)
        self.log.say(f"Found {len(files)} file(s)")
        sent = artifacts.upload(files, wanted, name or wanted["name"], self.told, self.client("s3"))
        self.build.set(artifacts=self.build.described()["artifacts"] | sent)

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        """Record a phase, say so in the log, and let what ended it pass."""
        if status := self._interruption():
            raise Interrupted(status)
        self.build.begin(name)
        self.log.say(f"Entering phase {name}")
        status, code, message = "SUCCEEDED", "", ""
        try:
            yield
        except PhaseFailed as failed:
            status, code, message = "FAILED", failed.code, failed.message
            raise
        except Interrupted as interrupted:
            status, code = interrupted.status, f"BUILD_{interrupted.status}"
            message = f"Build has {interrupted.status.lower().replace('_', ' ')}."
            raise
        finally:
            self.build.end(status, code, message)
            self.log.say(f"Phase complete: {name} State: {status}")
            self.log.say(f"Phase context status code: {code} Message: {message}")

    def _interruption(self) -> str | None:
        if self.build.stop_asked.is_set():
            return "STOPPED"
        return "TIMED_OUT" if time.monotonic() > self.deadline else None
