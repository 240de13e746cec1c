"""What can be seen in the DAGs' sources without Airflow."""

import re
from pathlib import Path

import pytest

from shipping.dag_checks.rules import foreign_imports, parse_time_calls, settings_used
from stockcast.contracts import keys, settings

DAGS = Path(__file__).resolve().parents[2] / "dags"
DAG_FILES = sorted(DAGS.glob("*.py"))
ALL_FILES = sorted(DAGS.rglob("*.py"))


def test_there_are_dags_to_look_at():
    """Rules over an empty list would all pass."""
    named = {"build_features.py", "forecast_prices.py", "train_model.py", "tune_model.py"}
    assert {file.name for file in DAG_FILES} >= named


@pytest.mark.parametrize("file", ALL_FILES, ids=lambda file: file.name)
def test_dag_code_imports_airflow_and_the_standard_library_only(file):
    """MWAA's image holds no more, and heavy imports hit its parse limit."""
    assert foreign_imports(file.read_text()) == []


@pytest.mark.parametrize("file", ALL_FILES, ids=lambda file: file.name)
def test_nothing_reaches_out_or_reads_the_clock_while_a_file_is_parsed(file):
    """It would run on the scheduler every half minute, and fail where there is no AWS."""
    assert parse_time_calls(file.read_text()) == []


def test_every_variable_that_dags_ask_for_is_a_setting():
    """A name that Terraform does not write fails at run time, at night."""
    used = set().union(*(settings_used(file.read_text()) for file in ALL_FILES))

    assert used
    assert used <= set(settings.KEYS)


def test_wiring_is_not_parsed_as_dags():
    assert "wiring/" in (DAGS / ".airflowignore").read_text().splitlines()


@pytest.mark.parametrize("symbol", ["AAPL", "BRK-B", "^GSPC"])
def test_the_first_symbol_is_spelt_in_keys_as_stockcast_spells_it(symbol):
    """DAGs may not import stockcast, so the one rule they repeat is held against it."""
    spelt = re.search(r"FIRST_SYMBOL = .*replace\('(.)', '([a-z-]+)'\)", (DAGS / "train_model.py").read_text())

    assert spelt
    assert symbol.replace(*spelt.groups()) == keys.slug(symbol)


def test_dags_and_terraform_name_the_endpoint_s_variant_alike():
    """Alarms and dashboard would else look at a variant that nobody makes."""
    made = re.search(r'VARIANT = "(\w+)"', (DAGS / "wiring/scaling.py").read_text())
    outputs = (DAGS.parent / "modules/sagemaker/outputs.tf").read_text()
    told = re.search(r'output "endpoint_variant" \{.*?value\s+= "(\w+)"', outputs, re.DOTALL)

    assert made and told
    assert made[1] == told[1]


@pytest.mark.parametrize(
    "source",
    [
        "import pandas as pd",
        "import numpy",
        "def task():\n    import polars",
        "from tensorflow import keras",
        "import sagemaker.session",
        "from stockcast.contracts import keys",
        "import boto3",
    ],
)
def test_a_forbidden_import_is_found(source):
    assert foreign_imports(source)


def test_a_module_that_requirements_bring_is_no_foreign_import():
    """And nothing beside it is let through."""
    assert foreign_imports("import pandas\nimport slack_sdk.webhook", {"slack_sdk"}) == ["pandas"]


@pytest.mark.parametrize(
    "source",
    [
        "from airflow.sdk import Variable\nBUCKET = Variable.get('bronze_bucket')",
        "import boto3\ns3 = boto3.client('s3')",
        "from airflow.providers.amazon.aws.hooks.s3 import S3Hook\nhook = S3Hook()",
        "from datetime import datetime\nTODAY = datetime.now()",
        "import time\nSTARTED = time.time()",
        "from airflow.sdk import dag\n@dag()\ndef train_model():\n    import os\n    stage = os.getenv('STAGE')\n",
        "def delay(seconds=__import__('time').time()):\n    return seconds",
        "class Job:\n    started = datetime.utcnow()",
        "DAY = [date.today() for _ in range(2)]",
    ],
)
def test_work_at_file_level_is_found(source):
    """Each of these is how such a call slips in: plain, in a @dag body, in a default, in a class, in a loop."""
    assert parse_time_calls(source)


@pytest.mark.parametrize(
    "source",
    [
        "@dag()\ndef train_model():\n    @task\n    def look():\n        return S3Hook()",
        "def later():\n    return datetime.now()",
        "NOW = lambda: time.time()",
    ],
)
def test_work_inside_a_task_is_allowed(source):
    assert parse_time_calls(source) == []
