"""What the DAGs made goes with the environment, and nothing else does."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shipping import dag_made, endpoint_rest
from shipping.environments import Refused

NAMES = dag_made.Names("us-east-1", "stockcast-dev-", "stockcast-dev-forecasts", "stockcast-dev-lstm")


class Pages:
    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self.pages = pages

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return self.pages


class SageMaker:
    """Keeps names; deletes what it is told to, and answers like AWS about what is not there."""

    def __init__(self, endpoint: str = "", models: tuple[str, ...] = (), versions: tuple[str, ...] = ()) -> None:
        self.endpoint, self.models, self.versions = endpoint, list(models), list(versions)
        self.code = "Could not find endpoint"
        self.statuses = ["InService"]  # one per look; the last stays

    def describe_endpoint(self, EndpointName: str) -> dict[str, str]:
        if EndpointName != self.endpoint:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": self.code}}, "DescribeEndpoint")
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return {"EndpointName": EndpointName, "EndpointStatus": status}

    def get_paginator(self, operation: str) -> Pages:
        models = [{"ModelName": name} for name in self.models]
        configs = [{"EndpointConfigName": name} for name in self.models]
        versions = [{"ModelPackageArn": arn} for arn in self.versions]
        return Pages(
            {
                "list_models": [{"Models": models[:1]}, {"Models": models[1:]}],
                "list_endpoint_configs": [{"EndpointConfigs": configs}],
                "list_model_packages": [{"ModelPackageSummaryList": versions}],
            }[operation]
        )

    def delete_endpoint(self, EndpointName: str) -> None:
        assert self.statuses == ["InService"], "AWS refuses to delete an endpoint in motion"
        self.endpoint = ""

    def delete_endpoint_config(self, EndpointConfigName: str) -> None:
        """Configurations share the models' names here; what counts is which model is left."""

    def delete_model(self, ModelName: str) -> None:
        self.models.remove(ModelName)

    def delete_model_package(self, ModelPackageName: str) -> None:
        self.versions.remove(ModelPackageName)


class Scaling:
    """Application Auto Scaling with targets of several endpoints, on two pages."""

    def __init__(self, *endpoints: str) -> None:
        self.resources = [f"endpoint/{endpoint}/variant/AllTraffic" for endpoint in endpoints]

    def get_paginator(self, _: str) -> Pages:
        known = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
        pages = [{"ScalableTargets": [{**known, "ResourceId": r, "MinCapacity": 1}]} for r in self.resources]
        return Pages(pages)

    def deregister_scalable_target(self, ServiceNamespace: str, ResourceId: str, ScalableDimension: str) -> None:
        self.resources.remove(ResourceId)


def remove(sagemaker: SageMaker) -> list[str]:
    return dag_made.remove(sagemaker, Scaling(), NAMES)


def test_endpoint_models_and_versions_of_this_environment_go() -> None:
    """An endpoint that nobody sees any more costs by the hour."""
    made = SageMaker("stockcast-dev-forecasts", ("stockcast-dev-a", "stockcast-dev-b"), ("arn:1",))

    gone = remove(made)

    assert (made.endpoint, made.models, made.versions) == ("", [], [])
    assert gone[0] == "endpoint stockcast-dev-forecasts"
    assert "model stockcast-dev-b" in gone


def test_the_endpoints_scaling_goes_before_it_and_no_other_does() -> None:
    """Its alarms would stay behind, and a new endpoint of that name would be scaled by the old rule."""
    scaling = Scaling("stockcast-dev-forecasts", "stockcast-dev-forecasts-2", "stockcast-prod-forecasts")
    made = SageMaker("stockcast-dev-forecasts")

    gone = dag_made.remove(made, scaling, NAMES)

    assert gone == [
        "scaling of endpoint/stockcast-dev-forecasts/variant/AllTraffic",
        "endpoint stockcast-dev-forecasts",
    ]
    assert [resource.split("/")[1] for resource in scaling.resources] == [
        "stockcast-dev-forecasts-2",
        "stockcast-prod-forecasts",
    ]


def test_what_belongs_to_another_environment_stays() -> None:
    """The service's search finds the text anywhere in a name."""
    made = SageMaker(models=("stockcast-prod-a", "not-stockcast-dev-a"))

    assert remove(made) == []
    assert made.models == ["stockcast-prod-a", "not-stockcast-dev-a"]


def test_a_missing_right_is_not_taken_for_a_missing_endpoint() -> None:
    """Otherwise it would go on costing money behind a success."""
    made = SageMaker("stockcast-dev-forecasts")
    made.endpoint, made.code = "", "User is not authorized to perform: sagemaker:DescribeEndpoint"

    with pytest.raises(ClientError, match="not authorized"):
        remove(made)


def test_an_endpoint_in_the_making_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """AWS refuses to delete it, and a removal that ends in a trace leaves it behind."""
    made = SageMaker("stockcast-dev-forecasts")
    made.statuses = ["Creating", "Updating", "InService"]
    monkeypatch.setattr(endpoint_rest.time, "sleep", lambda _: None)

    assert remove(made) == ["endpoint stockcast-dev-forecasts"]
    assert "stockcast-dev-forecasts: Creating (0 s)" in capsys.readouterr().err


def test_an_endpoint_that_stays_in_the_making_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is removed around it, so that a repeat finds all that it needs."""
    made = SageMaker("stockcast-dev-forecasts", ("stockcast-dev-a",))
    made.statuses = ["Creating"]
    monkeypatch.setattr(endpoint_rest, "PATIENCE_SECONDS", -1)

    with pytest.raises(Refused, match=r"is still Creating after .* run `make destroy` again"):
        remove(made)

    assert made.models == ["stockcast-dev-a"]


def test_names_follow_from_the_environment_where_outputs_were_lost() -> None:
    """The second `make destroy` after one that broke off must find the endpoint, too."""
    outputs = {"region": "eu-west-1", "endpoint": "an-endpoint", "model_package_group": "a-group"}

    assert dag_made.names("dev", "us-east-1", {}) == NAMES
    assert dag_made.names("dev", "us-east-1", outputs) == dag_made.Names(
        "eu-west-1", "stockcast-dev-", "an-endpoint", "a-group"
    )
