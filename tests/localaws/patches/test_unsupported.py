"""What cannot run fails and says why."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import Gateway


@pytest.mark.parametrize("service", ["ecs", "emr"])
def test_tasks_and_clusters_are_refused(gateway: Gateway, service: str) -> None:
    """A task that is RUNNING for ever is worse than none."""
    client = gateway.client(service)
    call = {
        "ecs": lambda: client.run_task(taskDefinition="t"),
        "emr": lambda: client.run_job_flow(Name="n", Instances={"InstanceCount": 1}),
    }[service]

    with pytest.raises(ClientError, match="no executor"):
        call()
