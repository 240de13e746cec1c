"""Outputs in the forms that people, programs and shells read."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from shipping import outputs, terraform

VALUES = {
    "airflow": {"name": "stockcast-dev-airflow", "url": None},
    "asleep": True,
    "settings": "it's $HOME; `date`",
    "zones": ["a", "b"],
}


def test_a_shell_gets_every_value_back_as_it_was() -> None:
    """A value that the shell evaluates is a command that nobody wrote."""
    exports = outputs.shown(VALUES, "env")

    script = f'{exports}\nprintf "%s|" "$STOCKCAST_SETTINGS" "$STOCKCAST_AIRFLOW_NAME" "$STOCKCAST_ZONES"'
    got = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout

    assert got == 'it\'s $HOME; `date`|stockcast-dev-airflow|["a", "b"]|'


def test_what_is_absent_is_empty_and_what_is_true_is_a_word() -> None:
    """`None` and `True` are Python's words; a script would take the first for a name."""
    lines = outputs.shown(VALUES, "env").splitlines()

    assert "export STOCKCAST_AIRFLOW_URL=''" in lines
    assert "export STOCKCAST_ASLEEP=true" in lines


def test_people_see_one_line_per_output() -> None:
    lines = outputs.shown(VALUES, "text").splitlines()

    assert lines[1:3] == ["asleep    true", "settings  it's $HOME; `date`"]


ON_AWS: dict[str, Any] = {
    "airflow": {"dag_folder": "s3://stockcast-local-airflow/dags", "url": "https://127.0.0.1:4568"},
    "asleep": False,
    "dashboard": "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/stockcast",
    "endpoint_url": "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/stockcast-local/invocations",
    "repositories": {"jobs": "123456789012.dkr.ecr.us-east-1.amazonaws.com/stockcast-local-jobs"},
    "zones": ["https://sqs.us-east-1.amazonaws.com/123456789012/failed?x=1"],
}


def test_beside_an_embedded_aws_every_address_leads_to_this_machine() -> None:
    """Who opens a printed address of the real AWS, or one over TLS that is spoken by nobody, sees an error only."""
    assert outputs.make_reachable(ON_AWS, "http://127.0.0.1:14566") == {
        "airflow": {"dag_folder": "s3://stockcast-local-airflow/dags", "url": "http://127.0.0.1:4568"},
        "asleep": False,
        "dashboard": None,
        "endpoint_url": "http://127.0.0.1:14566/endpoints/stockcast-local/invocations",
        "repositories": {"jobs": "123456789012.dkr.ecr.us-east-1.amazonaws.com/stockcast-local-jobs"},
        "zones": ["http://127.0.0.1:14566/123456789012/failed?x=1"],
    }


@pytest.mark.parametrize(
    ("endpoint", "url"), [("http://127.0.0.1:14566", "http://127.0.0.1:4568"), ("", ON_AWS["airflow"]["url"])]
)
def test_make_outputs_prints_what_its_aws_answers_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], endpoint: str, url: str
) -> None:
    """On AWS itself the addresses are those that Terraform made."""
    monkeypatch.setattr(terraform, "_known", lambda environment: ON_AWS)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)

    terraform.outputs("local", "json")

    found = json.loads(capsys.readouterr().out)
    assert found["airflow"]["url"] == url
    assert (found == ON_AWS) is (endpoint == "")
