"""An environment sleeps and wakes in the embedded AWS: a small platform with an address, a topic and an endpoint."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.localaws.helpers import ACCOUNT, REGISTRY, Gateway, archive, policy, running_gateway, trust, wait_for
from tests.shipping.conftest import copy_clone
from tests.shipping.in_process import fresh_process, run_in_process
from tests.shipping.shared_provider import shared_provider

from shipping import terraform, terraform_root

pytestmark = [pytest.mark.extended, pytest.mark.xdist_group("shipping rest")]

ENDPOINT, CONFIG = "stockcast-local-forecasts", "stockcast-local-train-1"
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{ENDPOINT}/variant/main",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
PLATFORM = f"""
terraform {{
  backend "s3" {{}}
  required_providers {{
    aws = {{ source = "hashicorp/aws", version = "~> 5.100" }}
  }}
}}
provider "aws" {{ region = var.region }}
variable "region" {{ type = string }}
variable "asleep" {{
  type    = bool
  default = false
}}
resource "aws_eip" "nat" {{
  count  = var.asleep ? 0 : 1
  domain = "vpc"
}}
resource "aws_sns_topic" "alerts" {{ name = "stockcast-local-alerts" }}
output "asleep" {{ value = var.asleep }}
output "endpoint" {{ value = "{ENDPOINT}" }}
output "region" {{ value = var.region }}
"""


@dataclass
class Story:
    root: Path
    gateway: Gateway
    said: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    saw: dict[str, Any] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.root / "src"),
            "STOCKCAST_HOME": str(self.root / "home"),
            "AWS_ENDPOINT_URL": self.gateway.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def run(self, step: str, verb: str, *arguments: str, **variables: str) -> None:
        arguments = (verb, "--env", "local", *arguments)
        env = {**self.environ, **variables}
        self.said[step] = run_in_process(terraform.main, arguments, root=self.root, env=env)
        self.saw[step] = self.stands()

    def stands(self) -> dict[str, Any]:
        endpoints = self.gateway.client("sagemaker").list_endpoints()["Endpoints"]
        scaled = self.gateway.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
        return {
            "addresses": len(self.gateway.client("ec2").describe_addresses()["Addresses"]),
            "topics": len(self.gateway.client("sns").list_topics()["Topics"]),
            "endpoints": {found["EndpointName"]: found["EndpointStatus"] for found in endpoints},
            "scaled": [(found["MinCapacity"], found["MaxCapacity"]) for found in scaled["ScalableTargets"]],
        }


AWAKE = {"addresses": 1, "topics": 1, "endpoints": {ENDPOINT: "InService"}, "scaled": [(1, 2)]}
ASLEEP = {"addresses": 0, "topics": 1, "endpoints": {}, "scaled": []}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("rest")
    with running_gateway(folder) as gateway:
        told = Story(copy_clone(folder / "clone"), gateway)
        for file in (told.root / "terraform/platform").glob("*.tf"):
            file.unlink()
        (told.root / "terraform/platform/main.tf").write_text(PLATFORM)
        live_through(told)
        yield told


def live_through(story: Story) -> None:
    story.gateway.client("s3").create_bucket(Bucket=f"stockcast-{ACCOUNT}-tfstate")
    with fresh_process(story.root, story.environ):
        terraform_root.platform("local").init(quietly=True)
    with shared_provider(story.root / "home", story.environ) as provider:
        story.run("planned", "plan", **provider)
        story.run("applied", "apply", **provider)
        deploy_as_the_dags_do(story.gateway)
        story.run("unconfirmed", "sleep", **provider)
        story.run("asleep", "sleep", "--confirm", "local", **provider)
        story.run("planned while asleep", "plan", **provider)
        story.run("awake", "wake", "--confirm", "local", **provider)


def deploy_as_the_dags_do(gateway: Gateway) -> None:
    s3, sagemaker = gateway.client("s3"), gateway.client("sagemaker")
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="model.tar.gz", Body=archive(factor="3"))
    iam = gateway.client("iam")
    role = iam.create_role(RoleName="serve", AssumeRolePolicyDocument=trust("sagemaker.amazonaws.com"))["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="serve", PolicyName="all", PolicyDocument=policy(("s3:GetObject", "arn:aws:s3:::models/*"))
    )
    container = {"Image": f"{REGISTRY}/toy:1", "ModelDataUrl": "s3://models/model.tar.gz"}
    sagemaker.create_model(ModelName=CONFIG, ExecutionRoleArn=role, PrimaryContainer=container)
    variant = {"VariantName": "main", "ModelName": CONFIG, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=CONFIG, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    wait_for(lambda: sagemaker.describe_endpoint(EndpointName=ENDPOINT), "EndpointStatus", ("Creating",))
    gateway.client("application-autoscaling").register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)


def told(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def test_an_unconfirmed_sleep_lists_what_it_would_remove_and_removes_nothing(story: Story) -> None:
    """Whoever reads the list must be able to say no."""
    done = story.said["unconfirmed"]

    assert done.returncode == 1
    assert "local: what costs by the hour goes to sleep:\n  aws_eip.nat[0]\n  endpoint" in done.stdout
    assert "not confirmed, nothing was changed" in done.stderr
    assert story.saw["unconfirmed"] == AWAKE


def test_asleep_nothing_is_left_that_costs_by_the_hour(story: Story) -> None:
    """And all else stands: the topic, the model, its configuration."""
    assert story.said["asleep"].returncode == 0, told(story.said["asleep"])
    assert story.saw["asleep"] == ASLEEP
    assert "local sleeps." in story.said["asleep"].stdout


def test_a_plan_while_asleep_wakes_nothing(story: Story) -> None:
    """The next push would bill a sleeping environment."""
    done = story.said["planned while asleep"]

    assert "local is asleep, as `make sleep` left it; `make wake ENV=local` wakes it." in done.stderr
    assert "No changes." in done.stdout


def test_awake_everything_is_as_it_was(story: Story) -> None:
    """The endpoint answers with the model of the evening before, scaled as it was."""
    assert story.said["awake"].returncode == 0, told(story.said["awake"])
    assert story.saw["awake"] == AWAKE
    assert f"endpoint {ENDPOINT} serves {CONFIG}" in story.said["awake"].stdout


def test_neither_leaves_a_plan_that_apply_could_pick_up(story: Story) -> None:
    """`make apply` the next morning would put the environment to sleep again."""
    assert sorted(file.name for file in (story.root / "home/plans").iterdir()) == ["local.tfplan", "local.tfplan.json"]
