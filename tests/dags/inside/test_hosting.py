"""The endpoint is what customers see: it changes only to what is wanted, and only what answers counts as deployed."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import ClientError
from fakes import ENDPOINT, FakeSageMaker, FakeScaling, deferred, error, raises_exactly, with_client
from wiring import hosting

BROKEN_WATCHER = ("__fail__", {"error": "Trigger failure"}, {})


def endpoint(status: str, serves: str = "old", **more: str) -> dict[str, str]:
    return {"EndpointStatus": status, "EndpointConfigName": serves, **more}


CANARY = {"BlueGreenUpdatePolicy": {"MaximumExecutionTimeoutInSeconds": 7200}}
GROWING = {"MinCapacity": 2, "MaxCapacity": 6, "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 300}}
TAGS = [{"Key": "Environment", "Value": "test"}]


def deploy(
    client: FakeSageMaker, scaler: FakeScaling | None = None, growing: dict[str, Any] | None = None
) -> hosting.DeployEndpoint:
    config = {"EndpointName": ENDPOINT, "EndpointConfigName": "new"}
    task = hosting.DeployEndpoint(
        task_id="deploy", aws_conn_id=None, config=config, deployment=json.dumps(CANARY),
        scaling=json.dumps(growing or {}), tags=TAGS,
    )  # fmt: skip
    task.__dict__["scaler"] = scaler or FakeScaling()
    return with_client(task, client)


def test_a_missing_endpoint_is_created():
    client = FakeSageMaker()

    assert deferred(lambda: deploy(client).execute({})).method_name == "execute_complete"
    assert client.calls == ["create endpoint new"]
    assert client.request["Tags"] == TAGS and client.request["DeploymentConfig"] == CANARY


def test_an_endpoint_with_another_configuration_is_updated():
    client = FakeSageMaker(endpoint=endpoint("InService"))

    deferred(lambda: deploy(client).execute({}))

    assert client.calls == ["update endpoint new"]
    assert client.request == {"EndpointName": ENDPOINT, "EndpointConfigName": "new", "DeploymentConfig": CANARY}


def test_a_deployment_in_steps_is_watched_to_its_end():
    """A watcher that gives up during a canary would call a good deployment failed."""
    trigger = deferred(lambda: deploy(FakeSageMaker()).execute({})).trigger

    assert trigger.max_attempts * trigger.poke_interval >= 7200 + 1800


def test_an_update_keeps_the_machines_that_scaling_has_added():
    """Falling back to the first count in the middle of a busy hour would overload it."""
    client, scaler = FakeSageMaker(endpoint=endpoint("InService")), FakeScaling(is_registered=True)

    deferred(lambda: deploy(client, scaler, GROWING).execute({}))

    assert client.request["RetainAllVariantProperties"] is True
    assert scaler.calls == []


def test_another_kind_of_machine_ends_the_scaling_before_the_update():
    """AWS refuses the update otherwise."""
    machines = {"old": "ml.m5.large", "new": "ml.m5.xlarge"}
    client = FakeSageMaker(endpoint=endpoint("InService"), machines=machines)
    scaler = FakeScaling(is_registered=True)

    deferred(lambda: deploy(client, scaler, GROWING).execute({}))

    assert scaler.calls == ["deregister"]
    assert "RetainAllVariantProperties" not in client.request


def test_a_configuration_that_somebody_deleted_counts_as_another_machine():
    client = FakeSageMaker(endpoint=endpoint("InService"), machines={"new": "ml.m5.large"})
    scaler = FakeScaling(is_registered=True)

    deferred(lambda: deploy(client, scaler, GROWING).execute({}))

    assert scaler.calls == ["deregister"]


def test_an_endpoint_that_serves_is_registered_for_scaling():
    client, scaler = FakeSageMaker(endpoint=endpoint("InService", "new")), FakeScaling()

    deploy(client, scaler, GROWING).execute_complete({})

    policy = scaler.requests["put policy"]
    assert scaler.calls == ["register", "put policy"]
    assert scaler.requests["register"] == {
        "ServiceNamespace": "sagemaker", "ResourceId": f"endpoint/{ENDPOINT}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount", "MinCapacity": 2, "MaxCapacity": 6,
    }  # fmt: skip
    assert policy["PolicyType"] == "TargetTrackingScaling"
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {"TargetValue": 300}


def test_a_scaling_that_nobody_wants_any_more_is_ended():
    client, scaler = FakeSageMaker(endpoint=endpoint("InService", "new")), FakeScaling(is_registered=True)

    deploy(client, scaler).execute({})

    assert scaler.calls == ["deregister"]


def test_an_endpoint_that_never_scaled_is_left_alone():
    client, scaler = FakeSageMaker(endpoint=endpoint("InService", "new")), FakeScaling()

    deploy(client, scaler).execute({})

    assert scaler.calls == []


def test_a_new_scaling_reaches_an_endpoint_that_needs_no_update():
    client, scaler = FakeSageMaker(endpoint=endpoint("InService", "new")), FakeScaling()

    deploy(client, scaler, GROWING).execute({})

    assert scaler.calls == ["register", "put policy"]


def test_the_old_model_scales_on_after_a_deployment_that_was_rolled_back():
    client, scaler = FakeSageMaker(endpoint=endpoint("InService", "old")), FakeScaling()

    with raises_exactly(AirflowFailException, "must be InService with new"):
        deploy(client, scaler, GROWING).execute_complete({})
    assert scaler.calls == ["register", "put policy"]


def test_a_scaling_that_fails_too_does_not_hide_why_the_deployment_did():
    client, scaler = FakeSageMaker(endpoint=endpoint("InService", "old", FailureReason="no ping")), FakeScaling()
    scaler.register_scalable_target = lambda **_: (_ for _ in ()).throw(error("AccessDeniedException", "no"))

    with raises_exactly(AirflowFailException, "no ping"):
        deploy(client, scaler, GROWING).execute_complete({})


def test_an_endpoint_that_serves_the_wanted_configuration_is_left_alone():
    client = FakeSageMaker(endpoint=endpoint("InService", "new"))

    assert deploy(client).execute({}) == {"EndpointName": ENDPOINT, "EndpointConfigName": "new"}
    assert client.calls == []


@pytest.mark.parametrize("status", ["Creating", "Updating", "RollingBack", "SystemUpdating"])
def test_a_change_under_way_is_waited_for_and_then_looked_at_again(status):
    """AWS refuses an update during an update; a repeat of this very task meets its own."""
    client = FakeSageMaker(endpoint=endpoint(status))

    assert deferred(lambda: deploy(client).execute({})).method_name == "execute"
    assert client.calls == []


def test_after_somebody_s_change_has_ended_the_wanted_one_is_made():
    client = FakeSageMaker(endpoint=endpoint("InService"))

    deferred(lambda: deploy(client).resume_execution("execute", {"event": {"status": "success"}}, {}))

    assert client.calls == ["update endpoint new"]


@pytest.mark.parametrize("status", ["Failed", "OutOfService"])
def test_an_endpoint_whose_creation_failed_is_replaced(status):
    """AWS allows nothing but deleting it, so without this no later model could ever be deployed."""
    client = FakeSageMaker(endpoint=endpoint(status))

    deferred(lambda: deploy(client).execute({}))

    assert client.calls == ["delete endpoint", "wait for endpoint_deleted", "create endpoint new"]


def test_an_endpoint_that_is_going_is_waited_for_and_made_anew():
    """Its watcher would wait for InService until it gives up."""
    client = FakeSageMaker(endpoint=endpoint("Deleting"))

    deferred(lambda: deploy(client).execute({}))

    assert client.calls == ["wait for endpoint_deleted", "create endpoint new"]


def test_an_endpoint_that_could_not_go_back_is_updated():
    """It answers with two models, and an update is the only way on that keeps it answering."""
    client = FakeSageMaker(endpoint=endpoint("UpdateRollbackFailed"))

    deferred(lambda: deploy(client).execute({}))

    assert client.calls == ["update endpoint new"]


def test_an_endpoint_that_could_not_go_back_and_cannot_be_updated_tells_what_to_do():
    client = FakeSageMaker(endpoint=endpoint("UpdateRollbackFailed"))
    client.update_endpoint = lambda **_: (_ for _ in ()).throw(error("ValidationException", "cannot update"))

    with raises_exactly(AirflowFailException, "UpdateRollbackFailed", "cannot update", "Delete it and clear this task"):
        deploy(client).execute({})


def test_an_update_that_was_rolled_back_is_a_failure_although_the_endpoint_is_in_service():
    client = FakeSageMaker(endpoint=endpoint("InService", "old", FailureReason="no ping"))

    with raises_exactly(AirflowFailException, "InService with old", "no ping", "must be InService with new"):
        deploy(client).execute_complete({}, {"status": "success"})


def test_a_failed_creation_tells_sagemaker_s_reason():
    client = FakeSageMaker(endpoint=endpoint("Failed", "new", FailureReason="the image was not found"))

    with raises_exactly(AirflowFailException, "the image was not found"):
        deploy(client).resume_execution(*BROKEN_WATCHER)


def test_model_and_configuration_that_exist_are_adopted():
    model = hosting.CreateModel(task_id="m", aws_conn_id=None, config={"ModelName": "train-1"})
    config = {"EndpointConfigName": "train-1", "ProductionVariants": [{"InitialInstanceCount": 1}]}
    configuration = hosting.CreateEndpointConfig(task_id="c", aws_conn_id=None, config=config)
    for task in (model, configuration):
        assert with_client(task, FakeSageMaker()).execute({}) == "train-1"
        assert with_client(task, FakeSageMaker(taken="ValidationException")).execute({}) == "train-1"


def test_a_model_that_aws_refuses_is_an_error():
    client = FakeSageMaker()
    client.create_model = lambda **_: (_ for _ in ()).throw(error("ValidationException", "Could not find model data"))
    task = hosting.CreateModel(task_id="m", aws_conn_id=None, config={"ModelName": "train-1"})

    with raises_exactly(ClientError, "Could not find model data"):
        with_client(task, client).execute({})


def test_forecasts_can_be_asked_for_while_an_update_is_under_way_but_not_before_the_first_creation_has_ended():
    answers = dict.fromkeys(hosting.ANSWERING, True)
    for status, answer in (answers | {"Failed": False, "OutOfService": False, "Deleting": False}).items():
        assert hosting.is_answering(ENDPOINT, FakeSageMaker(endpoint=endpoint(status))) is answer, status
    assert hosting.is_answering(ENDPOINT, FakeSageMaker()) is False
    with raises_exactly(AirflowException, "is being created"):
        hosting.is_answering(ENDPOINT, FakeSageMaker(endpoint=endpoint("Creating")))


def test_a_missing_right_is_not_taken_for_a_missing_endpoint():
    """It would train a new first model every night."""
    client = FakeSageMaker()
    client.describe_endpoint = lambda **_: (_ for _ in ()).throw(error("AccessDeniedException", "not authorized"))

    with raises_exactly(ClientError, "not authorized"):
        hosting.is_answering(ENDPOINT, client)


class FakeLake:
    """S3Hook as far as the smoke test uses it."""

    def __init__(self, *days: str) -> None:
        self.days = days

    def list_prefixes(self, **_: Any) -> list[str]:
        return [f"recent/day={day}/" for day in self.days]

    def get_key(self, key: str, _: str) -> Any:
        return SimpleNamespace(get=lambda: {"Body": io.BytesIO(key.encode())})


def test_the_smoke_test_takes_the_newest_clean_day_that_is_not_after_the_run_s():
    """The weekly run falls on a Saturday, which has no bars."""
    lake = FakeLake("2026-03-05", "2026-03-06", "2026-03-09")

    assert hosting.newest_request("silver", "2026-03-07", "AAPL", lake) == b"recent/day=2026-03-06/symbol=AAPL.json"


def test_without_any_clean_day_the_smoke_test_says_what_to_run():
    with raises_exactly(AirflowFailException, "2026-03-09", "Run forecast_prices"):
        hosting.newest_request("silver", "2026-03-07", "AAPL", FakeLake("2026-03-09"))
    with raises_exactly(AirflowFailException, "none"):
        hosting.newest_request("silver", "2026-03-07", "AAPL", FakeLake())


def asked(serves: dict[str, str], horizons: tuple[int, ...], version: str) -> list[str]:
    body = json.dumps({"forecasts": [{"horizon": each, "model_version": version} for each in horizons]})
    runtime = SimpleNamespace(invoke_endpoint=lambda **_: {"Body": io.BytesIO(body.encode())})
    return hosting.smoke_test(ENDPOINT, "new", b"{}", FakeSageMaker(endpoint=serves), runtime)


def test_an_endpoint_passes_that_serves_the_wanted_model_at_three_horizons():
    assert asked(endpoint("InService", "new"), (21, 1, 5), "new") == ["1 days", "5 days", "21 days"]


@pytest.mark.parametrize(
    ("serves", "horizons", "version"),
    [
        (endpoint("InService", "old"), (1, 5, 21), "new"),
        (endpoint("Updating", "new"), (1, 5, 21), "new"),
        (endpoint("InService", "new"), (1, 5, 21), "old"),
        (endpoint("InService", "new"), (1, 5), "new"),
        (endpoint("InService", "new"), (), "new"),
    ],
    ids=["the old configuration", "an update under way", "the old model", "a missing horizon", "no forecast"],
)
def test_a_smoke_test_fails_on_the_old_configuration_the_old_model_or_a_missing_horizon(serves, horizons, version):
    with raises_exactly(AirflowFailException, ENDPOINT):
        asked(serves, horizons, version)
