"""What the DAGs made goes with the environment, and nothing else does."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shipping import dag_made


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

    def describe_endpoint(self, EndpointName: str) -> dict[str, str]:
        if EndpointName != self.endpoint:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": self.code}}, "DescribeEndpoint")
        return {"EndpointName": EndpointName}

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
    return dag_made.remove(sagemaker, "stockcast-dev-", "stockcast-dev-forecasts", "stockcast-dev-lstm")


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

    gone = dag_made.remove(made, "stockcast-dev-", "stockcast-dev-forecasts", "stockcast-dev-lstm", scaling)

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
