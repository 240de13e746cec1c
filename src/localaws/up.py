"""`make up`: from a fresh clone to a table of forecasts, and again from wherever an earlier try stopped.

What does not depend on each other runs side by side: environments are made while the embedded AWS starts, Terraform
plans while Airflow starts, the pipelines are made while it waits for resources. Then the same DAG that runs on AWS does
the main job.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localaws import (
    airflow,
    arguments,
    challenger_table,
    commands,
    delivery,
    forecast_table,
    judgement,
    lock,
    processes,
    services,
)
from localaws.down import forget
from localaws.follow import ENDED, follow
from localaws.progress import Progress, StepFailed
from localaws.stack import ROOT, STATE_BUCKET, STATE_KEY, Choice, Stack, home, read
from shipping import dag_sync, tools

MAIN_DAG, TRAINING_DAG, FEATURES_DAG = "forecast_prices", "train_model", "build_features"
DAGS = (MAIN_DAG, TRAINING_DAG, FEATURES_DAG, "tune_model")


def up(choice: Choice) -> None:
    arguments.check(choice)
    progress = Progress()
    stack = Stack(home(), choice)
    with lock.alone(stack):
        goes_on = _can_go_on(stack, progress)
        stack.write()
        with ThreadPoolExecutor(1) as beside:
            pipelines = _bring_up(stack, progress, goes_on, beside)
            door = beside.submit(_open_for_pushes, stack, progress, pipelines)
            keys = _forecast(stack, progress)
        _remember_times(stack, progress, goes_on)
    s3 = services.client(stack, "s3")
    found = forecast_table.records(s3, keys)
    all_models = [*found, *challenger_table.records(s3, found)]
    print(f"\n{forecast_table.table(found)}\n\n{forecast_table.LEGEND}")
    print(f"\n{challenger_table.table(all_models)}\n\n{challenger_table.LEGEND}\n\n{forecast_table.places(stack)}")
    door.result()  # whatever kept the pipelines from being made is told below the forecasts, which stand without them
    delivery.work_ahead(stack)
    print(f"\nup: {progress.total:.0f} s")


def _can_go_on(stack: Stack, progress: Progress) -> bool:
    """True when the whole stack runs, is ours and is current. Otherwise what is left of it is ended, whole.

    Airflow's runs, Terraform's state and the embedded AWS belong together: a half of them is worth nothing.
    """
    before = read().choice
    same = (before.ports, before.source) == (stack.choice.ports, stack.choice.source)  # prices of two sources never mix
    if same and services.is_current(stack) and airflow.gets_healthy(stack) and not _applying(stack).exists():
        progress.say("the stack of an earlier `make up` runs; going on with it")
        return True
    if ended := processes.end_all(stack.id):
        progress.say(f"ended {ended} processes of an earlier, incomplete or older stack")
    forget(stack)
    shutil.rmtree(stack.logs, ignore_errors=True)  # a later failure shall not be looked for in an older run's logs
    _check_ports(stack)
    return False


def _check_ports(stack: Stack) -> None:
    ports = stack.choice.ports
    wanted = {"AWS_PORT": ports.aws, "MARKET_PORT": ports.market, "AIRFLOW_PORT": ports.airflow}
    taken = {name: (port, holder) for name, port in wanted.items() if (holder := processes.holder(port))}
    if taken:
        told = "; ".join(f"port {port} is taken by {holder}" for port, holder in taken.values())
        instead = " ".join(f"{name}={port}" for name, port in _free_ports(wanted, list(taken)).items())
        raise StepFailed("ports", told, remedy=f"End that process, or choose other ports: make up {instead}")


def _free_ports(wanted: Mapping[str, int], taken: Sequence[str]) -> dict[str, int]:
    """For each taken port a free one whole thousands away, different from all others."""
    chosen = dict(wanted)
    for name in taken:
        candidates = range(wanted[name] % 1000 + 2000, 65536, 1000)
        chosen[name] = next(port for port in candidates if port not in chosen.values() and not processes.holder(port))
    return {name: chosen[name] for name in taken}


def _open_for_pushes(stack: Stack, progress: Progress, pipelines: Future[str | None]) -> None:
    delivery.open_for_pushes(stack, progress, pipelines.result())


def _bring_up(stack: Stack, progress: Progress, goes_on: bool, beside: Executor) -> Future[str | None]:
    """Environments, services and Terraform, side by side where they do not need each other.

    Returns the making of the pipelines, which may go on.
    """
    with ThreadPoolExecutor(max_workers=6) as pool:
        groups = ("market", "jobs", "serve", "airflow")
        environments = {group: pool.submit(_environment, group, progress) for group in groups}
        aws = pool.submit(_aws, stack, progress, goes_on, beside)
        everything: list[Future[Any]] = [*environments.values(), aws]
        if stack.choice.source == "sample" and not services.market_is_up(stack):
            everything.append(pool.submit(_market, stack, progress, environments["market"]))
        if not goes_on:
            everything.append(pool.submit(_airflow, stack, progress, environments["airflow"]))
        for future in everything:
            future.result()
        return aws.result()


def _step(progress: Progress, name: str, work: Callable[[Stack], None], stack: Stack) -> None:
    with progress.step(name):
        work(stack)


def _environment(group: str, progress: Progress) -> None:
    try:
        with progress.step(f"environment {group}"):
            tools.sync(group)
    except tools.ToolMissing as problem:
        raise StepFailed(f"environment {group}", str(problem)) from problem


def _aws(stack: Stack, progress: Progress, goes_on: bool, beside: Executor) -> Future[str | None]:
    if not goes_on:
        _step(progress, "embedded AWS", services.start_gateway, stack)
    _plan(stack, progress)  # first: it fetches the provider, and two at once would write one cache
    pipelines = beside.submit(delivery.make, stack, progress)
    try:
        _apply(stack, progress)
    except StepFailed:
        if not pipelines.done():
            progress.say("terraform apply failed; its message follows when the pipelines' making has ended")
        raise
    return pipelines


def _plan(stack: Stack, progress: Progress) -> None:
    with progress.step("terraform plan"):
        commands.run_terraform(stack, "plan")


def _apply(stack: Stack, progress: Progress) -> None:
    with progress.step("terraform apply"):
        _applying(stack).touch()
        commands.run_terraform(stack, "apply")
        _applying(stack).unlink()
    if _is_asleep(stack):
        with progress.step("wake"):
            commands.run_terraform(stack, "wake", "--confirm", "local")


def _is_asleep(stack: Stack) -> bool:
    """Whether `make sleep` was here: the main job needs Airflow and the endpoint."""
    state = services.client(stack, "s3").get_object(Bucket=STATE_BUCKET, Key=STATE_KEY)
    asleep = json.load(state["Body"])["outputs"].get("asleep", {})
    return bool(asleep.get("value"))


def _applying(stack: Stack) -> Path:
    """Stands while Terraform changes things; found later, it tells that an apply was killed half way."""
    return stack.run / "applying"


def _market(stack: Stack, progress: Progress, environment: Future[None]) -> None:
    environment.result()
    _step(progress, "market", services.start_market, stack)


def _airflow(stack: Stack, progress: Progress, environment: Future[None]) -> None:
    environment.result()
    with progress.step("Airflow database"):
        airflow.prepare(stack)
    with progress.step("Airflow"):
        airflow.start(stack)


def _forecast(stack: Stack, progress: Progress) -> list[str]:
    """Run the daily DAG once for the wanted day, code and symbols; the same again is adopted. Returns gold's keys."""
    api = _sync_dags(stack, progress)
    run_id, s3 = _run_id(stack), services.client(stack, "s3")
    found = api.run(MAIN_DAG, run_id)
    there = forecast_table.newest_keys(s3, stack.choice.day, stack.choice.symbols)
    if found and found["state"] == "success" and there:
        progress.say(f"{MAIN_DAG}: this day's run has ended well before; its forecasts stand")
    else:
        if not found:
            api.trigger(MAIN_DAG, run_id, {"day": stack.choice.day})
        elif found["state"] in ENDED:  # a run whose forecasts were destroyed since has to do everything again
            api.clear(MAIN_DAG, run_id, only_failed=found["state"] == "failed")
        follow(stack, api, progress, [(MAIN_DAG, run_id), (TRAINING_DAG, f"first_model__{run_id}")])
    return forecast_table.newest_keys(s3, stack.choice.day, stack.choice.symbols)


def _sync_dags(stack: Stack, progress: Progress) -> airflow.Api:
    with progress.step("DAGs"):
        s3 = services.client(stack, "s3")
        dag_sync.sync(ROOT / "dags", forecast_table.bucket("airflow"), "dags/", s3, dag_sync.commit_here(ROOT))
        api = airflow.wait_for_dags(stack, set(DAGS), dag_sync.shipped_files(ROOT / "dags"))
        for dag_id in DAGS:
            api.unpause(dag_id)
    return api


def _run_id(stack: Stack) -> str:
    """The same for the same day, code, DAGs, values and symbols: everything that a forecast follows from."""
    parts = [(ROOT / "build" / "manifest.json").read_bytes(), (ROOT / "envs/local/platform.tfvars").read_bytes()]
    parts += dag_sync.shipped_files(ROOT / "dags").values()
    parts.append(json.dumps([stack.choice.source, stack.choice.symbols]).encode())
    return f"up__{stack.choice.day}__{hashlib.sha256(b'|'.join(parts)).hexdigest()[:10]}"


def train(stack: Stack) -> None:
    """Run the training DAG now, with the code and values of this clone, for the stack's day."""
    if not (services.is_current(stack) and airflow.gets_healthy(stack)):
        raise StepFailed("train", "no whole and current stack of this clone runs here.", remedy="Run `make up` first.")
    progress = Progress()
    with lock.alone(stack):
        _plan(stack, progress)
        _apply(stack, progress)
        api = _sync_dags(stack, progress)
        run_id = f"manual__{datetime.now(UTC):%Y%m%dT%H%M%S}"
        api.trigger(TRAINING_DAG, run_id, {"day": stack.choice.day})
        try:
            follow(stack, api, progress, [(TRAINING_DAG, run_id)])
        except StepFailed as failed:
            failed.remedy = "Mend the cause, then run `make train` again. The endpoint serves what it served before."
            raise
    evaluation = judgement.newest(services.client(stack, "s3"), forecast_table.bucket("models"))
    print("\n".join(judgement.lines(evaluation)))


def _remember_times(stack: Stack, progress: Progress, goes_on: bool) -> None:
    """Step times of this run, for benchmarks/up_times.py."""
    kept = {"total": progress.total, "went_on": goes_on, "cores": os.cpu_count(), "steps": progress.seconds}
    (stack.run / "times.json").write_text(json.dumps(kept, indent=2))
