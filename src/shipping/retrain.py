"""Ask the environment's Airflow for a training run with this commit's code, once that code is in force there.

The infrastructure pipeline brings the code, this only waits for it. The run is named after the commit, so asking twice
starts one. Whether its model serves is decided by the DAG's gate, as for every other run; nobody waits for it here.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from shipping import airflow_api, applied, dag_proof, dag_sync, environments, package, tools, values
from shipping.airflow_api import Api
from shipping.environments import Refused

DAG_ID = "train_model"
CONF = "RETRAIN_CONF"  # the environment variable that holds the run's parameters as JSON
COMMIT_DIGITS = 12
DEADLINE_SECONDS = 1800  # the infrastructure pipeline of the same push plans, is approved and applies meanwhile
EVERY_SECONDS = {environments.LOCAL: 1.0}
TOLD_EVERY_SECONDS = 60


@dataclass(frozen=True)
class Wanted:
    """What the environment's settings must name: the jobs' code, and the tags of the images `jobs` and `serving`."""

    code: str
    tags: Mapping[str, str]

    def lacking(self, settings: Mapping[str, str]) -> list[str]:
        """What is not in force yet, in words."""
        code = settings["job_code"]
        found = [] if f"/{self.code}/" in f"{code}/" else [f"job_code is {code}, not of the code {self.code}"]
        images = {image: settings[f"{image}_image"] for image in self.tags}
        return found + [
            f"{image}_image is {there}, not of the tag {self.tags[image]}"
            for image, there in images.items()
            if not there.endswith(f":{self.tags[image]}")
        ]


def run(environment: str) -> None:
    """The command. An environment without Airflow is no fault: nothing is trained where nothing runs."""
    conf = parameters(os.environ.get(CONF, ""))
    known = applied.outputs(environment)
    mwaa = airflow_api.client(known["region"])
    found = airflow_api.environment(mwaa, known["airflow"]["name"])
    if found is None:
        print(f"{dag_proof.nothing_runs(environment, known)} Nothing is trained.")
        return
    ssm = boto3.client("ssm", region_name=known["region"])
    waiting = Waiting(lambda: settings(ssm, known["settings_prefix"]), wanted(environment), environment)
    told = waiting.wait()
    airflow_api.check_available(found)
    for line in asked(Api(mwaa, found["Name"]), run_id(dag_sync.commit_here(tools.ROOT), waiting.wanted.code), conf):
        print(line)
    print(
        f"Its verdict will stand in s3://{told['models_bucket']}/evaluation/<training job>/evaluation.json; a model "
        f"that passes is registered in {told['model_package_group']}. Airflow: {known['airflow'].get('url')}"
    )


def parameters(given: str) -> dict[str, Any]:
    """The run's parameters of RETRAIN_CONF, such as {"day": "2013-03-01"}; none where it is empty."""
    try:
        conf = json.loads(given or "{}")
    except ValueError:
        conf = None
    if not isinstance(conf, dict):
        raise Refused(f'{CONF} is {given!r}; it must be a JSON object such as {{"day": "2013-03-01"}}, or empty.')
    return conf


def wanted(environment: str) -> Wanted:
    """From this commit: packages are built the same wherever they are built."""
    manifest = package.build(tools.ROOT, tools.ROOT / "build")
    files = environments.value_files(environment)
    chosen = values.evaluated(files, {image: f"try(var.images.{image}_tag, null)" for image in manifest["image_tags"]})
    tags = {image: chosen[image] or made for image, made in manifest["image_tags"].items()}
    return Wanted(manifest["job_code_hash"], tags)


def settings(ssm: Any, prefix: str) -> dict[str, str]:
    """The settings that matter here, as Airflow would read them now."""
    names = ("job_code", "jobs_image", "serving_image", "models_bucket", "model_package_group")
    answer = ssm.get_parameters(Names=[f"{prefix}/{name}" for name in names])
    if missing := answer["InvalidParameters"]:
        raise Refused(f"{', '.join(missing)} is not set; the environment is not applied whole. Apply it first.")
    return {one["Name"].rpartition("/")[2]: one["Value"] for one in answer["Parameters"]}


def run_id(commit: str, code: str) -> str:
    """`deploy__<commit>`; where no commit is known, the code's own fingerprint."""
    return f"deploy__{code if commit == 'unknown' else commit[:COMMIT_DIGITS]}"


def asked(api: Api, name: str, conf: Mapping[str, Any]) -> list[str]:
    """Trigger, or adopt the run of this name; words on it."""
    listed = {dag.dag_id: dag for dag in api.dags()}
    if DAG_ID not in listed:
        raise Refused(f"Airflow lists no DAG {DAG_ID}. Run `make verify-dags`, which tells why; then run this again.")
    started = api.trigger(DAG_ID, name, conf)
    there = started or api.run(DAG_ID, name) or {}
    how = "is asked for" if started else "was asked for before"
    lines = [f"{DAG_ID} {name} {how} and is {there.get('state', 'of unknown state')}."]
    if listed[DAG_ID].is_paused:
        lines.append(f"{DAG_ID} is paused: the run waits until somebody switches the DAG on in Airflow.")
    return lines


@dataclass
class Waiting:
    """Until the settings name this commit's code. Clocks can be replaced."""

    settings: Callable[[], dict[str, str]]
    wanted: Wanted
    environment: str
    deadline_seconds: float = DEADLINE_SECONDS
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = field(default=lambda words: print(words, flush=True))

    def wait(self) -> dict[str, str]:
        """The settings once they do; Refused where nobody applied the commit in time."""
        started, next_word = self.now(), self.now()
        while True:
            found = self.settings()
            lacking = self.wanted.lacking(found)
            if not lacking:
                return found
            passed = self.now() - started
            if passed > self.deadline_seconds:
                raise Refused(
                    f"{self.environment} does not have this commit's code after {passed / 60:.0f} minutes: "
                    f"{'; '.join(lacking)}. The infrastructure pipeline has to apply the commit (it may wait for an "
                    f"approval); then retry this stage, or run `make retrain ENV={self.environment}`."
                )
            if self.now() >= next_word:
                next_word += TOLD_EVERY_SECONDS
                self.say(f"waiting for the infrastructure pipeline to apply this commit: {'; '.join(lacking)}")
            self.sleep(EVERY_SECONDS.get(self.environment, 10.0))
