"""`make explain ID=`: from a forecast back to the model, its run, its training, its data, its code and its judgement.

ID is a key in gold, or symbol, day and horizon as `AAPL:2013-03-01:5`. Every link is looked up where it lies; one that
is missing, or says something else than the link before it, is told, and the command ends with 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from shipping import applied, deployer, ending, environments
from shipping.environments import Refused
from stockcast.contracts import keys

KEY = re.compile(r"(forecasts|challengers)/day=\d{4}-\d{2}-\d{2}/(model=[a-z_]+/)?symbol=[^/]+/horizon=\d+\.json")
TRAINED = "lstm"  # the one type of model that a training job makes
MISSING = ("NoSuchKey", "404", "ValidationException", "ResourceNotFound")
PACKAGE_FACTS = ("training_job", "mlflow_run", "data_sha256", "feature_version", "commit")


@dataclass(frozen=True)
class Link:
    """One line of the chain. `fault` says what is wrong with it; empty if nothing is."""

    name: str
    told: str
    fault: str = ""


@dataclass(frozen=True)
class Place:
    """Where an environment keeps things."""

    buckets: Mapping[str, str]
    group: str
    s3: Any
    sagemaker: Any

    def text(self, zone: str, key: str) -> str | None:
        """An object's text; None where it is not there."""
        found = self.bytes(zone, key)
        return None if found is None else found.decode()

    def bytes(self, zone: str, key: str) -> bytes | None:
        try:
            body: bytes = self.s3.get_object(Bucket=self.buckets[zone], Key=key)["Body"].read()
        except ClientError as problem:
            if problem.response["Error"]["Code"] in MISSING:
                return None
            raise
        return body

    def json(self, zone: str, key: str) -> dict[str, Any] | None:
        text = self.text(zone, key)
        return None if text is None else json.loads(text)

    def address(self, zone: str, key: str) -> str:
        return f"s3://{self.buckets[zone]}/{key}"


def key_of(name: str, place: Place) -> str:
    """The key in gold that an ID means; a symbol alone means its newest forecast for one day ahead."""
    name = name.removeprefix(f"s3://{place.buckets['gold']}/").strip()
    if KEY.fullmatch(name):
        return name
    try:
        symbol, _, rest = name.partition(":")
        day, _, horizon = rest.partition(":")
        return keys.gold_forecast(day or _newest_day(symbol, place), symbol, int(horizon or 1))
    except ValueError as problem:
        raise Refused(
            f"ID is {name!r}; it must be a key in gold such as forecasts/day=2013-03-01/symbol=AAPL/horizon=5.json, or "
            f"symbol:day:horizon such as AAPL:2013-03-01:5 ({problem}). `make outputs` names the bucket."
        ) from problem


def _newest_day(symbol: str, place: Place) -> str:
    """The last day that gold has a forecast of this symbol for; keys ascend by day."""
    name, days = f"/symbol={keys.slug(symbol)}/", []
    for page in place.s3.get_paginator("list_objects_v2").paginate(Bucket=place.buckets["gold"], Prefix="forecasts/"):
        days += [entry["Key"].split("/")[1] for entry in page.get("Contents", []) if name in entry["Key"]]
    if not days:
        raise ValueError(f"gold has no forecast of {symbol}")
    return max(days).removeprefix("day=")


def chain(key: str, place: Place) -> Iterator[Link]:
    """Every link from the forecast on, each looked up."""
    record = place.json("gold", key)
    if record is None:
        raise Refused(f"{place.address('gold', key)} does not exist; ID must name a forecast that was written.")
    yield _forecast(key, record, place)
    if record["model_type"] != TRAINED:
        yield Link(
            "model",
            f"{record['model_type']}, version {record['model_version']}: fitted as it forecast, by no job",
        )
        return
    job = str(record["model_version"])
    evaluation = place.json("models", keys.evaluation(job))
    pointer = place.json("models", keys.tracked_run(job))
    version = _version(job, place)
    yield from _training(job, place)
    yield from _registered(version, job, pointer, place)
    yield from _judged(evaluation, job, place)
    yield from _run(pointer, job, version, place)
    yield from _data(evaluation, place)
    yield _same("feature version", record["feature_version"], evaluation, "feature_version", "the evaluation's")
    yield _commit(evaluation, pointer)


def _forecast(key: str, record: Mapping[str, Any], place: Place) -> Link:
    told = (
        f"{record['symbol']} as of {record['as_of']}, {record['horizon']} trading days ahead: median "
        f"{record['median']:.2f}, 80 % {record['q10']:.2f} to {record['q90']:.2f}; {place.address('gold', key)}"
    )
    return Link("forecast", told)


def _training(job: str, place: Place) -> Iterator[Link]:
    try:
        found = place.sagemaker.describe_training_job(TrainingJobName=job)
    except ClientError as problem:
        if problem.response["Error"]["Code"] not in MISSING:
            raise
        yield Link("training job", job, "SageMaker knows no job of this name")
        return
    given = {name: value for name, value in found["HyperParameters"].items() if not name.startswith("sagemaker_")}
    code = found["HyperParameters"].get("sagemaker_submit_directory", "no archive named")
    ended = f"{found['TrainingJobStatus']} {found.get('TrainingEndTime', '')}".strip()
    yield Link("training job", f"{job}, {ended}, {', '.join(f'{k}={v}' for k, v in sorted(given.items()))}")
    yield _there("model", found.get("ModelArtifacts", {}).get("S3ModelArtifacts", ""), place)
    yield _there("code", code, place)


def _there(name: str, uri: str, place: Place) -> Link:
    """An object of one of the environment's buckets, looked for."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not key:
        return Link(name, uri or "none named", "it is no address in S3")
    try:
        place.s3.head_object(Bucket=bucket, Key=key)
    except ClientError as problem:
        return Link(name, uri, f"it cannot be read: {problem.response['Error']['Code']}")
    return Link(name, uri)


def _version(job: str, place: Place) -> dict[str, Any] | None:
    """The registry's version that holds what the job made."""
    pages = place.sagemaker.get_paginator("list_model_packages")
    for page in pages.paginate(ModelPackageGroupName=place.group, SortBy="CreationTime", SortOrder="Descending"):
        for package in page["ModelPackageSummaryList"]:
            found: dict[str, Any] = place.sagemaker.describe_model_package(ModelPackageName=package["ModelPackageArn"])
            if (found.get("CustomerMetadataProperties") or {}).get("training_job") == job:
                return found
    return None


def _registered(
    version: Mapping[str, Any] | None, job: str, pointer: Mapping[str, Any] | None, place: Place
) -> Iterator[Link]:
    if version is None:
        yield Link("version", f"none in {place.group}", f"no version of the group names {job}")
        return
    facts = version.get("CustomerMetadataProperties") or {}
    told = ", ".join(f"{name} {facts[name]}" for name in PACKAGE_FACTS if name in facts)
    fault = ""
    if pointer and facts.get("mlflow_run", pointer["run_id"]) != pointer["run_id"]:
        fault = f"it names the run {facts['mlflow_run']}, but {job} has the run {pointer['run_id']}"
    yield Link("version", f"{version['ModelPackageArn']}, {version['ModelApprovalStatus']}; {told}", fault)


def _judged(evaluation: Mapping[str, Any] | None, job: str, place: Place) -> Iterator[Link]:
    address = place.address("models", keys.evaluation(job))
    if evaluation is None:
        yield Link("gate", address, "there is no evaluation of this job")
        return
    rules = evaluation["verdict"]["rules"]
    broken = [rule["rule"] for rule in rules if rule["passed"] is not True]
    verdict = f"refused by {', '.join(broken)}" if broken else f"passed all {len(rules)} rules"
    fault = "" if evaluation["verdict"]["promote"] is True else "a model that the gate refused has made a forecast"
    yield Link("gate", f"{verdict}; {address}", fault)
    champion = evaluation.get("champion")
    if isinstance(champion, Mapping) and champion.get("model_version"):
        yield Link("champion before it", str(champion["model_version"]))


def _run(
    pointer: Mapping[str, Any] | None, job: str, version: Mapping[str, Any] | None, place: Place
) -> Iterator[Link]:
    if pointer is None:
        yield Link("MLflow run", place.address("models", keys.tracked_run(job)), "no run was kept of this job")
        return
    if pointer["server"] != "none":
        yield Link("MLflow run", f"{pointer['run_id']} on {pointer['server']}")
        return
    card = f"mlflow/artifacts/{pointer['artifacts']}/model_card.md"
    yield Link("MLflow run", f"{pointer['run_id']}, experiment {pointer['experiment_id']}; `make mlflow` shows it")
    yield _there("model card", place.address("models", card), place)


def _data(evaluation: Mapping[str, Any] | None, place: Place) -> Iterator[Link]:
    if evaluation is None:
        return
    kept = str(evaluation["data_sha256"])
    now = place.bytes("silver", keys.silver_bars())
    if now is None:
        yield Link("data", kept, f"{place.address('silver', keys.silver_bars())} is not there")
    elif hashlib.sha256(now).hexdigest() == kept:
        yield Link("data", f"{kept}, which {place.address('silver', keys.silver_bars())} still is")
    else:  # cleaned anew since: what is to be expected on any later day
        yield Link("data", f"{kept}; silver was cleaned anew since; the bucket keeps older versions for a while")


def _same(name: str, value: str, other: Mapping[str, Any] | None, key: str, whose: str) -> Link:
    if other is None or other.get(key) == value:
        return Link(name, value)
    return Link(name, value, f"{whose} is {other.get(key)}")


def _commit(evaluation: Mapping[str, Any] | None, pointer: Mapping[str, Any] | None) -> Link:
    told = {str(found["commit"]) for found in (evaluation, pointer) if found and found.get("commit")}
    if not told or told == {"unknown"}:
        return Link("commit", "unknown", "the DAGs were synced from no git clone, or by hand")
    return Link("commit", " and ".join(sorted(told)), "" if len(told) == 1 else "the links name different ones")


def shown(links: list[Link]) -> str:
    width = max(len(link.name) for link in links)
    lines = []
    for link in links:
        lines.append(f"{'MISSING' if link.fault else 'ok':<8}{link.name:<{width}}  {link.told}")
        if link.fault:
            lines.append(f"{'':<8}{'':<{width}}  {link.fault}")
    return "\n".join(lines)


def place_of(environment: str, client: Callable[..., Any] = boto3.client) -> Place:
    known = applied.outputs(environment)
    region = known["region"]
    return Place(
        known["buckets"], known["model_package_group"],
        client("s3", region_name=region), client("sagemaker", region_name=region),
    )  # fmt: skip


def explain(environment: str, name: str) -> int:
    """Print the chain; 1 where a link is missing."""
    place = place_of(environment)
    links = list(chain(key_of(name, place), place))
    print(shown(links))
    return 1 if any(link.fault for link in links) else 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="shipping.explain", description=__doc__)
    parser.add_argument("--env", default=environments.LOCAL)
    parser.add_argument("--id", required=True)
    args = parser.parse_args(argv)
    status = 0

    def work() -> None:
        nonlocal status
        deployer.take()
        environments.check_name(args.env)
        status = explain(args.env, args.id)

    return ending.status_of(work) or status


if __name__ == "__main__":
    sys.exit(main())
