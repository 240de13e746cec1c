"""Endpoints really serve; a new configuration that does not come up leaves the old one in place."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGISTRY, archive, await_until, lines_of, wait_for

NAMES = iter(range(1000))


@pytest.fixture(scope="module")
def make_config(sagemaker: Any, s3: Any, job_role: str) -> Callable[..., str]:
    """Make models and a configuration; its name. Arguments are variants: name -> (factor, weight)."""

    def make(serverless: bool = False, image: str = "toy:1", **variants: tuple[float, float]) -> str:
        config = f"config-{next(NAMES)}"
        described = []
        for variant, (factor, weight) in variants.items():
            key = f"artefacts/{config}-{variant}/model.tar.gz"
            s3.put_object(Bucket="models", Key=key, Body=archive(factor=str(factor)))
            sagemaker.create_model(
                ModelName=f"{config}-{variant}",
                ExecutionRoleArn=job_role,
                PrimaryContainer={"Image": f"{REGISTRY}/{image}", "ModelDataUrl": f"s3://models/{key}"},
            )
            size: dict[str, Any] = {"InstanceType": "ml.t2.medium", "InitialInstanceCount": 1}
            if serverless:
                size = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 2}}
            named = {"VariantName": variant, "ModelName": f"{config}-{variant}", "InitialVariantWeight": weight}
            described.append({**named, **size})
        sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=described)
        return config

    return make


@pytest.fixture
def make_endpoint(sagemaker: Any) -> Any:
    """Make an endpoint and wait; its description. It is deleted after the test."""
    made: list[str] = []

    def make(config: str) -> dict[str, Any]:
        name = f"toy-{next(NAMES)}"
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        made.append(name)
        return settled(sagemaker, name)

    yield make
    for name in made:
        sagemaker.delete_endpoint(EndpointName=name)


@pytest.fixture(scope="module")
def endpoint(sagemaker: Any, make_config: Any) -> Iterator[dict[str, Any]]:
    """An endpoint that multiplies by 3, for tests that only ask it; its description."""
    sagemaker.create_endpoint(EndpointName="toy-asked", EndpointConfigName=make_config(main=(3, 1)))
    yield settled(sagemaker, "toy-asked")
    sagemaker.delete_endpoint(EndpointName="toy-asked")


def settled(sagemaker: Any, name: str) -> dict[str, Any]:
    """The endpoint when it is neither Creating nor Updating."""
    describe = lambda: sagemaker.describe_endpoint(EndpointName=name)  # noqa: E731
    return wait_for(describe, "EndpointStatus", ("Creating", "Updating"))


def invoke(runtime: Any, name: str, body: Any, **more: str) -> Any:
    """Ask the endpoint; the answer's JSON."""
    answer = runtime.invoke_endpoint(EndpointName=name, ContentType="application/json", Body=json.dumps(body), **more)
    return json.load(answer["Body"])


def test_an_endpoint_serves_its_model(endpoint: dict[str, Any], runtime: Any, gateway: Any) -> None:
    """What was trained is what answers, on this machine only and under the model's own role."""
    name = endpoint["EndpointName"]
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    assert invoke(runtime, name, 5) == {"value": 15.0}
    who = invoke(runtime, name, "who")
    assert who["key"].startswith("ASIA") and who["host"] == "127.0.0.1"
    shown = [{k: e[k] for k in ("EndpointName", "EndpointStatus")} for e in gateway.health()["endpoints"]]
    assert {"EndpointName": name, "EndpointStatus": "InService"} in shown


def test_the_servers_lines_are_in_cloudwatch_logs(endpoint: dict[str, Any], logs: Any) -> None:
    """A model that answers oddly is looked into here."""
    group = f"/aws/sagemaker/Endpoints/{endpoint['EndpointName']}"

    lines = await_until(lambda: lines_of(logs, group, "main/"), bool)

    assert lines == ["serving with factor 3.0"]


def test_a_bad_request_is_a_model_error_with_the_models_words(endpoint: dict[str, Any], runtime: Any) -> None:
    """The caller must see what the model said, and that it was the model."""
    with pytest.raises(runtime.exceptions.ModelError) as refused:
        runtime.invoke_endpoint(EndpointName=endpoint["EndpointName"], ContentType="application/json", Body=b"{bad")

    assert refused.value.response["OriginalStatusCode"] == 400
    assert refused.value.response["OriginalMessage"] == '{"error": "not JSON"}'
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424


def test_an_update_swaps_models_without_a_gap(
    make_config: Any, make_endpoint: Any, sagemaker: Any, runtime: Any, gateway: Any
) -> None:
    """Callers must not notice a deployment."""
    name = make_endpoint(make_config(main=(3, 1)))["EndpointName"]
    fresh, stop = make_config(main=(4, 1)), threading.Event()

    def ask_until_stopped() -> set[float]:
        seen, is_last = set(), False
        while not is_last:
            is_last = stop.is_set()  # one request begins after the old server has ended
            seen.add(invoke(runtime, name, 1)["value"])
        return seen

    with ThreadPoolExecutor(2) as pool:
        callers = [pool.submit(ask_until_stopped) for _ in range(2)]
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=fresh)
        pending = sagemaker.describe_endpoint(EndpointName=name)
        endpoint = settled(sagemaker, name)
        await_until(lambda: server_homes(name, gateway), lambda found: len(found) == 1)  # the old server has ended
        stop.set()

    assert pending["PendingDeploymentSummary"]["EndpointConfigName"] == fresh
    assert [caller.result() for caller in callers] == [{3.0, 4.0}, {3.0, 4.0}]
    assert endpoint["EndpointConfigName"] == fresh and "PendingDeploymentSummary" not in endpoint


def test_a_model_that_does_not_come_up_leaves_the_old_one_serving(
    make_config: Any, make_endpoint: Any, sagemaker: Any, runtime: Any
) -> None:
    """A broken candidate must not take the forecasts down."""
    before = make_endpoint(make_config(main=(3, 1)))
    name = before["EndpointName"]

    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=make_config(main=(-1, 1)))
    after = settled(sagemaker, name)

    assert after["EndpointStatus"] == "InService"
    assert "did not pass the ping health check" in after["FailureReason"]
    assert after["EndpointConfigName"] == before["EndpointConfigName"]
    assert invoke(runtime, name, 1) == {"value": 3.0}


@pytest.mark.parametrize(
    ("factor", "image", "words"),
    [(-1, "toy:1", "ping health check"), (1, "jobs-only:1", "cannot serve"), (1, "never-built:1", "Cannot find")],
)
def test_an_endpoint_that_cannot_serve_fails(
    make_config: Any, make_endpoint: Any, runtime: Any, factor: float, image: str, words: str
) -> None:
    """It must not be InService, and must not answer."""
    endpoint = make_endpoint(make_config(image=image, main=(factor, 1)))

    assert endpoint["EndpointStatus"] == "Failed"
    assert words in endpoint["FailureReason"]
    with pytest.raises(ClientError, match="not found"):
        invoke(runtime, endpoint["EndpointName"], 1)


def test_variants_share_the_load_by_weight(make_config: Any, make_endpoint: Any, runtime: Any) -> None:
    """A variant of weight 0 gets nothing unless it is asked for by name."""
    name = make_endpoint(make_config(main=(3, 1), other=(5, 1), idle=(7, 0)))["EndpointName"]

    seen = {invoke(runtime, name, 1)["value"] for _ in range(40)}

    assert seen == {3.0, 5.0}
    assert invoke(runtime, name, 1, TargetVariant="idle") == {"value": 7.0}
    with pytest.raises(ClientError, match="Variant none is not one of"):
        invoke(runtime, name, 1, TargetVariant="none")


def test_a_serverless_configuration_serves_too(make_config: Any, make_endpoint: Any, runtime: Any) -> None:
    """The cheap way to run an endpoint in dev must be tried locally as well."""
    endpoint = make_endpoint(make_config(serverless=True, main=(3, 1)))

    assert endpoint["ProductionVariants"][0]["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 2}
    assert invoke(runtime, endpoint["EndpointName"], 2) == {"value": 6.0}


def test_a_server_that_dies_is_started_again(make_config: Any, make_endpoint: Any, runtime: Any) -> None:
    """A crash of the model costs one request, not the endpoint."""
    name = make_endpoint(make_config(main=(3, 1)))["EndpointName"]

    with pytest.raises(runtime.exceptions.ModelError):
        invoke(runtime, name, "die")

    for _ in range(100):
        try:
            assert invoke(runtime, name, 2) == {"value": 6.0}
            return
        except runtime.exceptions.ModelError:
            time.sleep(0.1)
    raise AssertionError("the model server did not come back within 10 s")


def test_deleting_an_endpoint_ends_its_processes(make_config: Any, sagemaker: Any, runtime: Any, gateway: Any) -> None:
    """Nothing may go on holding memory and a port."""
    sagemaker.create_endpoint(EndpointName="short-lived", EndpointConfigName=make_config(main=(3, 1)))
    settled(sagemaker, "short-lived")
    assert server_homes("short-lived", gateway)

    sagemaker.delete_endpoint(EndpointName="short-lived")

    assert not server_homes("short-lived", gateway)
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName="short-lived")


def server_homes(endpoint: str, gateway: Any) -> list[str]:
    """The home folders of the processes that serve an endpoint."""
    homes = []
    for process in servers(gateway):
        with suppress(psutil.NoSuchProcess):
            homes.append(process.environ()["HOME"])
    return [home for home in homes if endpoint in home]


def servers(gateway: Any) -> list[psutil.Process]:
    """The model servers of this gateway, which all carry its stack's name."""
    found = []
    for child in psutil.Process(gateway.process.pid).children(recursive=True):
        try:
            if child.environ().get("SAGEMAKER_BIND_TO_PORT") and child.status() != psutil.STATUS_ZOMBIE:
                assert child.environ()["STOCKCAST_STACK"] == gateway.stack_id
                assert os.getpgid(child.pid) == child.pid
                found.append(child)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return found


def test_a_model_without_its_artefact_cannot_be_made(sagemaker: Any, job_role: str) -> None:
    """AWS looks for the artefact when the model is made."""
    with pytest.raises(ClientError, match="Could not find model data at s3://models/none"):
        sagemaker.create_model(
            ModelName="no-artefact",
            ExecutionRoleArn=job_role,
            PrimaryContainer={"Image": f"{REGISTRY}/toy:1", "ModelDataUrl": "s3://models/none/model.tar.gz"},
        )


def test_a_configuration_needs_existing_models(sagemaker: Any) -> None:
    """The mistake shows before anything is deployed."""
    variant = {"VariantName": "main", "ModelName": "never-made", "InstanceType": "ml.t2.medium"}

    with pytest.raises(ClientError, match="Could not find model"):
        sagemaker.create_endpoint_config(EndpointConfigName="no-model", ProductionVariants=[variant])


def test_an_existing_endpoint_is_not_created_again(endpoint: dict[str, Any], make_config: Any, sagemaker: Any) -> None:
    """Airflow's operator updates instead when it gets exactly this code and these words."""
    with pytest.raises(ClientError, match="Cannot create already existing endpoint") as refused:
        sagemaker.create_endpoint(EndpointName=endpoint["EndpointName"], EndpointConfigName=make_config(main=(3, 1)))

    assert refused.value.response["Error"]["Code"] == "ValidationException"
