"""The main job, whole: what `make up` promises in the README, tried on a stack of its own."""

import json
import re
from typing import Any
from urllib.request import Request

import polars as pl
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from tests.local.conftest import Running, up_arguments

from localaws import airflow, challenger_table
from localaws.arguments import SAMPLE_SYMBOLS
from localaws.forecast_table import bucket, newest_keys, records
from localaws.loopback import OPENER
from localaws.stack import REGION, SAMPLE_DAY
from localaws.up import FEATURES_DAG, MAIN_DAG, TRAINING_DAG
from stockcast.features.indicators import NAMES

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800), pytest.mark.xdist_group("stack")]

HORIZONS = (1, 5, 21)
ENDPOINT = "stockcast-local-forecasts"


def gold(running: Running) -> list[dict[str, Any]]:
    s3 = running.client("s3")
    return records(s3, newest_keys(s3))


def table_of(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if SAMPLE_DAY in line and " - " in line]


def runs(running: Running) -> list[tuple[str, dict[str, Any]]]:
    """The DAG runs of `make up`, the daily one first; the one that makes the feature table may go on for a moment."""
    api = airflow.Api(running.stack)
    found = []
    for dag_id in (MAIN_DAG, TRAINING_DAG, FEATURES_DAG):
        answer = api._send("GET", f"/api/v2/dags/{dag_id}/dagRuns")
        found += [(dag_id, run) for run in answer["dag_runs"]]
    return found


def test_up_ends_with_one_row_for_each_symbol_and_horizon(running: Running) -> None:
    """Whoever runs the first command sees forecasts, not a promise of them."""
    rows = table_of(running.printed)

    assert len(rows) == len(SAMPLE_SYMBOLS) * len(HORIZONS)
    assert {row.split()[0] for row in rows} == set(SAMPLE_SYMBOLS)


def test_gold_holds_one_record_for_each_symbol_day_and_horizon(running: Running) -> None:
    found = gold(running)

    named = {(record["symbol"], record["as_of"], record["horizon"]) for record in found}
    assert named == {(symbol, SAMPLE_DAY, horizon) for symbol in SAMPLE_SYMBOLS for horizon in HORIZONS}
    assert all(r["q025"] < r["q10"] < r["median"] < r["q90"] < r["q975"] for r in found)
    assert not any(record["stale"] for record in found)


def test_every_challenger_forecasts_beside_the_model_that_serves(running: Running) -> None:
    """A network without Prophet and "nothing changes" beside it cannot be doubted."""
    found = challenger_table.records(running.client("s3"), gold(running))

    models = set(challenger_table.MODELS) - {"lstm"}
    assert {(one["model_type"], one["symbol"], one["horizon"]) for one in found} == {
        (model, symbol, horizon) for model in models for symbol in SAMPLE_SYMBOLS for horizon in HORIZONS
    }
    assert all(one["q025"] < one["q10"] < one["median"] < one["q90"] < one["q975"] for one in found)
    assert all(f"\n{model.rjust(7)}  " in running.printed for model in challenger_table.MODELS)


def test_the_endpoint_answers_the_numbers_that_gold_holds(running: Running) -> None:
    """A number on a page must be the one that the model gives when asked."""
    s3, runtime = running.client("s3"), running.client("sagemaker-runtime")
    key = f"recent/day={SAMPLE_DAY}/symbol=IBM.json"
    bars = s3.get_object(Bucket=bucket("silver"), Key=key)["Body"].read()

    answer = runtime.invoke_endpoint(EndpointName=ENDPOINT, ContentType="application/json", Body=bars)
    forecasts = json.loads(answer["Body"].read())["forecasts"]

    stored = [record for record in gold(running) if record["symbol"] == "IBM"]
    assert len(forecasts) == len(HORIZONS)
    assert forecasts == [{key: record[key] for key in forecasts[0]} for record in stored]


def test_all_dag_runs_are_green_and_so_is_every_task(running: Running) -> None:
    """A run can be green with red tasks, so the tasks are looked at; the one that tells of failures has nothing to."""
    found = runs(running)

    api = airflow.Api(running.stack)
    tasks = [task for dag_id, run in found for task in api.tasks(dag_id, run["dag_run_id"])]
    assert sorted(dag_id for dag_id, _ in found) == [FEATURES_DAG, MAIN_DAG, TRAINING_DAG]
    assert {run["state"] for _, run in found} == {"success"}
    others = {task["task_id"]: task["state"] for task in tasks if task["state"] != "success"}
    assert others == {"tell_for_the_silent": "skipped"}


def test_the_feature_table_holds_every_symbol_up_to_the_day(running: Running) -> None:
    """Who asks it with SQL sees what the model sees."""
    s3 = running.client("s3")
    found = s3.list_objects_v2(Bucket=bucket("silver"), Prefix="features/")["Contents"]

    parts = [s3.get_object(Bucket=bucket("silver"), Key=one["Key"])["Body"].read() for one in found]
    table = pl.concat([pl.read_parquet(part) for part in parts])

    assert set(table["symbol"].unique()) == set(SAMPLE_SYMBOLS)
    assert str(table["date"].max()) == SAMPLE_DAY
    assert table.select(NAMES).tail(1).null_count().sum_horizontal().item() == 0


def test_a_forecast_leads_back_to_model_run_data_and_commit(running: Running) -> None:
    """Who doubts a number must be able to follow it to its beginning, without a missing link."""
    told = running.make("explain", f"ID=AAPL:{SAMPLE_DAY}:5")

    assert told.returncode == 0, told.stdout + told.stderr
    assert {line.split()[0] for line in told.stdout.splitlines()[1:]} == {"ok"}
    assert "passed all" in told.stdout


def test_the_registry_holds_the_model_that_serves(running: Running) -> None:
    sagemaker = running.client("sagemaker")
    versions = sagemaker.list_model_packages(ModelPackageGroupName="stockcast-local-lstm")["ModelPackageSummaryList"]
    serving = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]

    facts = sagemaker.describe_model_package(ModelPackageName=versions[0]["ModelPackageArn"])

    assert [version["ModelApprovalStatus"] for version in versions] == ["Approved"]
    assert facts["CustomerMetadataProperties"]["training_job"] == serving


def test_outputs_name_buckets_and_endpoint(running: Running) -> None:
    printed = running.make("-s", "outputs", "ENV=local", "FORMAT=json")

    outputs = json.loads(printed.stdout)
    assert outputs["endpoint"] == ENDPOINT
    assert outputs["buckets"]["gold"] == bucket("gold")


def test_every_address_in_the_outputs_answers(running: Running) -> None:
    """Who opens a printed address must not have to know which parts of AWS are not on this machine."""
    printed = running.make("-s", "outputs", "ENV=local", "FORMAT=env").stdout
    key = f"recent/day={SAMPLE_DAY}/symbol=IBM.json"
    bars = running.client("s3").get_object(Bucket=bucket("silver"), Key=key)["Body"].read()

    addresses = set(re.findall(r"https?://[^\s'\"]+", printed))

    endpoint = f"{running.stack.endpoint_url}/endpoints/{ENDPOINT}/invocations"
    signed = AWSRequest("POST", endpoint, {"Content-Type": "application/json"}, bars)
    SigV4Auth(Credentials("test", "test"), "sagemaker", REGION).add_auth(signed)
    with OPENER.open(Request(endpoint, bars, dict(signed.headers)), timeout=60) as answer:
        assert len(json.load(answer)["forecasts"]) == len(HORIZONS)
    with OPENER.open(running.stack.airflow_url, timeout=60) as page:
        assert page.status == 200
    assert addresses == {endpoint, running.stack.airflow_url}  # one more needs a line above


def test_up_again_adopts_what_is_done_and_shows_the_same_forecasts(running: Running) -> None:
    """Its plan says no changes; otherwise every apply would change something that nobody changed."""
    again = running.make(*up_arguments(running.stack))

    assert again.returncode == 0, again.stderr
    assert "No changes." in (running.stack.logs / "terraform-plan.log").read_text()
    assert "its forecasts stand" in again.stdout
    assert table_of(again.stdout) == table_of(running.printed)


@pytest.mark.parametrize(
    ("role", "service", "call"),
    [
        ("airflow", "s3", lambda s3: s3.list_objects_v2(Bucket=bucket("bronze"))),
        ("ingest", "s3", lambda s3: s3.put_object(Bucket=bucket("gold"), Key="forecasts/x", Body=b"x")),
        ("forecast", "sagemaker", lambda sagemaker: sagemaker.delete_endpoint(EndpointName=ENDPOINT)),
        ("train", "s3", lambda s3: s3.put_object(Bucket=bucket("silver"), Key="bars/x", Body=b"x")),
        ("serve", "s3", lambda s3: s3.get_object(Bucket=bucket("silver"), Key="bars/part.parquet")),
        ("evaluate", "ssm", lambda ssm: ssm.get_parameter(Name="/stockcast/local/symbols")),
    ],
)
def test_a_role_is_refused_what_is_not_its_business(running: Running, role: str, service: str, call: Any) -> None:
    with pytest.raises(ClientError) as refused:
        call(running.client_as(role, service))

    assert refused.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def test_a_symbol_that_the_sample_does_not_have_is_refused_before_anything_starts(running: Running) -> None:
    refused = running.make(*up_arguments(running.stack), "SYMBOLS=AMZN")

    assert refused.returncode != 0
    assert "make up SOURCE=live SYMBOLS='AMZN'" in refused.stderr
