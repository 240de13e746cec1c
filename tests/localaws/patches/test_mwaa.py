"""MWAA keeps what it was given and names the local Airflow."""

from __future__ import annotations

from typing import Any

from tests.localaws.helpers import Gateway


def test_an_environment_keeps_what_it_was_given(gateway: Gateway, airflow_environment: dict[str, Any]) -> None:
    """Requirements and maintenance window were dropped; the address is the local Airflow's."""
    airflow = gateway.client("mwaa")

    airflow.update_environment(Name="toys", RequirementsS3ObjectVersion="v2")
    environment = airflow.get_environment(Name="toys")["Environment"]

    expected = {**airflow_environment, "RequirementsS3ObjectVersion": "v2"}
    expected |= {"Status": "AVAILABLE", "WebserverUrl": "127.0.0.1:9999"}
    assert {key: environment.get(key) for key in expected} == expected
