"""One gateway for all tests of a worker, boto3 clients that talk to it, and the tier of the tests that use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.localaws.helpers import Gateway, policy, running_gateway, trust, wait_for

GATEWAYS = {"gateway", "empty"}  # the fixtures that start one; most tests use them through others


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what uses a gateway as an integration test, and keep such tests of one folder on one worker.

    Fixtures that make something in the gateway, and names in it, are shared within a folder, never between two. Here
    and not in pytest_collection_modifyitems, because pytest-xdist reads the groups there.
    """
    if not GATEWAYS & {*getattr(item, "fixturenames", ())}:
        return
    if not any(item.get_closest_marker(tier) for tier in ("integration", "extended")):
        item.add_marker(pytest.mark.integration)
    if not item.get_closest_marker("xdist_group"):
        item.add_marker(pytest.mark.xdist_group(f"gateway-{item.path.parent.name}"))


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway of this session."""
    with running_gateway(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture(scope="session")
def s3(gateway: Gateway) -> Any:
    """S3 as root, with the buckets that the tests use."""
    client = gateway.client("s3")
    for bucket in ("lake", "models", "closed"):
        client.create_bucket(Bucket=bucket)
    return client


@pytest.fixture(scope="session")
def sagemaker(gateway: Gateway) -> Any:
    """SageMaker as root."""
    return gateway.client("sagemaker")


@pytest.fixture(scope="session")
def runtime(gateway: Gateway) -> Any:
    """SageMaker's runtime as root."""
    return gateway.client("sagemaker-runtime")


@pytest.fixture(scope="session")
def logs(gateway: Gateway) -> Any:
    """CloudWatch Logs as root."""
    return gateway.client("logs")


@pytest.fixture(scope="session")
def iam(gateway: Gateway) -> Any:
    """IAM as root."""
    return gateway.client("iam")


@pytest.fixture(scope="session")
def make_role(iam: Any) -> Callable[..., str]:
    """Make a role for a service with a policy; its ARN."""

    def make(name: str, policy_document: str | None, service: str = "sagemaker.amazonaws.com") -> str:
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
        if policy_document:
            iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy_document)
        return arn

    return make


@pytest.fixture(scope="session")
def job_role(make_role: Callable[..., str], s3: Any) -> str:
    """An execution role that may read and write the buckets `lake` and `models`, and nothing else."""
    buckets = ["arn:aws:s3:::lake", "arn:aws:s3:::models", "arn:aws:s3:::lake/*", "arn:aws:s3:::models/*"]
    return make_role("toy-jobs", policy((["s3:GetObject", "s3:PutObject", "s3:ListBucket"], buckets)))


@pytest.fixture(scope="session")
def airflow_request(s3: Any, make_role: Callable[..., str]) -> dict[str, Any]:
    """An MWAA environment whose DAGs lie in dag-source/dags, as CreateEnvironment takes it."""
    buckets = ["arn:aws:s3:::dag-source", "arn:aws:s3:::dag-source/*"]
    role = make_role("mwaa", policy((["s3:GetObject", "s3:ListBucket"], buckets)), "airflow-env.amazonaws.com")
    s3.create_bucket(Bucket="dag-source")
    return {
        "DagS3Path": "dags", "ExecutionRoleArn": role, "SourceBucketArn": "arn:aws:s3:::dag-source",
        "RequirementsS3Path": "requirements.txt", "RequirementsS3ObjectVersion": "v1",
        "WeeklyMaintenanceWindowStart": "SUN:03:30", "Schedulers": 2, "AirflowVersion": "3.0.6",
        "NetworkConfiguration": {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
    }  # fmt: skip


@pytest.fixture(scope="module")
def airflow_environment(gateway: Gateway, airflow_request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The MWAA environment `toys`, whose DAGs are mirrored while it exists; what it was asked to be."""
    airflow = gateway.client("mwaa")
    airflow.create_environment(Name="toys", **airflow_request)
    wait_for(lambda: airflow.get_environment(Name="toys")["Environment"], "Status", ("CREATING",))
    yield airflow_request
    airflow.delete_environment(Name="toys")


@pytest.fixture(scope="session")
def make_user(gateway: Gateway, iam: Any) -> Callable[..., Callable[[str], Any]]:
    """Make a user with a policy; a function that makes clients for it."""

    def make(name: str, policy_document: str) -> Callable[[str], Any]:
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=policy_document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: gateway.client(service, key["AccessKeyId"], key["SecretAccessKey"])

    return make
