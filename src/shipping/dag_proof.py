"""Wait until Airflow serves exactly the DAGs of this commit; say which file it does not serve, and why.

What counts as proof: the bucket holds this commit's files; Airflow installs this commit's requirements; of every DAG
file Airflow shows this very source; every DAG was parsed since a module that it imports changed; no file fails to be
imported; no DAG is listed whose file is gone. What Airflow says of a moment before the change reached it is no proof.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from shipping import airflow_api, applied, dag_manifest, dag_requirements, dag_sync, environments, tools
from shipping.airflow_api import Api, Dag, NotNow
from shipping.dag_manifest import Manifest, digest
from shipping.environments import Refused

PREFIX = "dags/"


@dataclass(frozen=True)
class Patience:
    """In seconds: how long to wait in all, how often to look, and what a change needs from the bucket to Airflow."""

    deadline: float
    every: float
    mirror: float


# MWAA looks at its bucket about every half minute, and its Airflow for new files every five minutes by default.
AWS = Patience(deadline=600, every=3, mirror=45)
LOCAL = Patience(deadline=60, every=0.3, mirror=2)  # the local mirror looks every second


def verify(environment: str) -> None:
    """The command: prove it for `environment`, or say that no Airflow runs there."""
    known = applied.outputs(environment)
    mwaa = airflow_api.client(known["region"])
    found = airflow_api.environment(mwaa, known["airflow"]["name"])
    if found is None:
        print(nothing_runs(environment, known))
        return
    airflow_api.check_available(found)
    s3 = boto3.client("s3", region_name=known["region"])
    files = dag_sync.shipped_files(tools.ROOT / "dags")
    bucket = known["buckets"]["airflow"]
    check_installed(s3, bucket, dag_manifest.installed(found), dag_requirements.ours(tools.ROOT / "dags"), environment)
    manifest = check_bucket(s3, bucket, files, environment)
    patience = LOCAL if environment == environments.LOCAL else AWS
    print(Proof(Api(mwaa, found["Name"]), files, manifest, patience).wait())


def nothing_runs(environment: str, known: Mapping[str, Any]) -> str:
    """Why there is no Airflow, where that is as it should be."""
    if known.get("asleep"):
        return f"{environment} is asleep: no Airflow runs there. It finds the DAGs in its bucket when it wakes."
    if known["airflow"].get("url") is None:
        return f"{environment} has no Airflow (airflow.enabled is false in its values): there is nothing to prove."
    raise Refused(
        f"there is no Airflow environment {known['airflow']['name']}, though {environment} is awake and should have "
        f"one; somebody removed it by hand. Run `make plan apply ENV={environment}`."
    )


def check_bucket(s3: Any, bucket: str, files: Mapping[str, bytes], environment: str) -> Manifest:
    """The bucket must hold this commit's files, by the manifest and in truth."""
    manifest = dag_manifest.read(s3, bucket, PREFIX)
    hashes = {path: digest(content) for path, content in files.items()}
    if manifest is None or manifest.files != hashes:
        whose = f"commit {manifest.commit}" if manifest else "no commit that it names"
        unequal = _unequal(hashes, manifest.files if manifest else {})
        raise Refused(
            f"{bucket} holds the DAGs of {whose}, not of this one: {unequal}. "
            f"Run `make sync-dags ENV={environment}` first; if another push came after this one, its run proves itself."
        )
    there = {path: one.hash for path, one in dag_sync.objects(s3, bucket, PREFIX).items() if path != dag_manifest.NAME}
    if there != hashes:
        raise Refused(
            f"{bucket} was changed by hand since the sync: {_unequal(hashes, there)}. "
            f"Run `make sync-dags ENV={environment}`, which puts it right."
        )
    return manifest


def _unequal(wanted: Mapping[str, str], there: Mapping[str, str]) -> str:
    return ", ".join(sorted({path for path, _ in wanted.items() ^ there.items()}))


def check_installed(
    s3: Any, bucket: str, installed: Mapping[str, dag_manifest.Part], ours: Collection[bytes], environment: str
) -> None:
    """The DAGs were checked with `ours`, this commit's requirements, so Airflow must run with them too."""
    if others := dag_requirements.others_installed(s3, bucket, installed, ours):
        raise Refused(
            f"{others}. The infrastructure pipeline has to apply this commit first (or: `make plan apply "
            f"ENV={environment}`); then retry this stage, or run `make verify-dags ENV={environment}`."
        )


@dataclass
class Proof:
    """The waiting itself. `files` are this commit's, `say` hears of progress; clocks can be replaced."""

    api: Api
    files: Mapping[str, bytes]
    manifest: Manifest
    patience: Patience
    say: Callable[[str], None] = field(default=lambda words: print(words, flush=True))
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    proved: set[str] = field(default_factory=set)  # DAG files whose source Airflow was seen to serve

    def wait(self) -> str:
        """Words on what is served; Refused where something is broken, or is not served in time."""
        started, told = self.now(), ""
        while missing := self._missing_now():
            if self.now() - started > self.patience.deadline:
                raise self._too_late(missing)
            if missing[0] != told:
                told = missing[0]
                self.say(f"waiting: {told}{f' (and {len(missing) - 1} more)' if len(missing) > 1 else ''}")
            self.sleep(self.patience.every)
        ids = ", ".join(sorted(Path(file).stem for file in self._dag_files()))
        return f"Airflow serves {ids} as of {self.manifest.commit}, seen after {self.now() - started:.0f} s."

    def _missing_now(self) -> list[str]:
        try:
            return sorted(self.missing())
        except NotNow as problem:
            return [str(problem)]

    def _too_late(self, missing: Sequence[str]) -> Refused:
        shown = "\n".join(f"  {one}" for one in missing)
        return Refused(
            f"Airflow does not serve commit {self.manifest.commit} within {self.patience.deadline:.0f} s:\n{shown}\n"
            "Look at Airflow's log group DAGProcessing (locally .local/logs/airflow-dag-processor.log), then run "
            "`make verify-dags` again."
        )

    def missing(self) -> Iterator[str]:
        """What is still to come, in words."""
        self._check_imports()
        dags = self.api.dags()
        for file in self._dag_files():
            of_file = [dag for dag in dags if dag.file == file]
            if not of_file:
                yield f"{file}: Airflow lists no DAG of it yet"
            for dag in of_file:
                if not self._is_served(dag):
                    yield f"{file}: Airflow still serves an older version of it"
                elif dag.parsed_at < self._since(self.manifest.helpers_changed_at):
                    yield f"{file}: Airflow has not parsed it since a module that it imports changed"
        yield from (
            f"{dag.file}: its file is gone, and Airflow still lists {dag.dag_id}"
            for dag in dags
            if dag.file not in self.files
        )

    def _check_imports(self) -> None:
        """An error of a parse before the change arrived speaks of a file that is replaced."""
        since = self._since(self.manifest.python_changed_at)
        broken = [one for one in self.api.import_errors() if one.told_at > since and one.file in self.files]
        if broken:
            shown = "\n".join(f"  {one.file}: {one.reason}" for one in broken)
            raise Refused(
                f"Airflow cannot import what commit {self.manifest.commit} brought:\n{shown}\n"
                "The DAGs of these files run no more. Push a commit that mends them, or one that reverts this."
            )

    def _is_served(self, dag: Dag) -> bool:
        if dag.dag_id not in self.proved and self.api.source(dag.dag_id) == _as_text(self.files[dag.file]):
            self.proved.add(dag.dag_id)
        return dag.dag_id in self.proved

    def _since(self, changed_at: float) -> float:
        return changed_at + self.patience.mirror if changed_at else 0.0

    def _dag_files(self) -> list[str]:
        return [path for path in self.files if path.endswith(".py") and "/" not in path]


def _as_text(content: bytes) -> str:
    """As Airflow reads a file: line ends of other systems become ours."""
    return content.decode().replace("\r\n", "\n").replace("\r", "\n")
