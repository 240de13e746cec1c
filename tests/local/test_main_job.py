"""The main job, whole: what `make up` promises in the README, tried on a stack of its own."""

import io
import json
import re
import tarfile
from typing import Any
from urllib.request import Request

import polars as pl
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from tests.local.conftest import Running, up_arguments

from localaws import airflow, challenger_table, processes
from localaws.arguments import SAMPLE_SYMBOLS
from localaws.follow import ENDED
from localaws.forecast_table import bucket, newest_keys, records
from localaws.loopback import OPENER
from localaws.stack import REGION, SAMPLE_DAY
from localaws.up import FEATURES_DAG, MAIN_DAG, TRAINING_DAG
from stockcast.features.indicators import NAMES

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500), pytest.mark.xdist_group("stack")]

HORIZONS = (1, 5, 21)
ENDPOINT = "stockcast-local-forecasts"


def gold(running: Running) -> list[dict[str, Any]]:
    s3 = running.client("s3")
    return records(s3, newest_keys(s3))


def values(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What must not change when a day is repeated: everything but the time of writing."""
    return [{key: value for key, value in record.items() if key != "generated_at"} for record in found]


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


def test_a_second_plan_says_no_changes(running: Running) -> None:
    """Otherwise every apply would change something that nobody changed."""
    planned = running.make("plan", "ENV=local")

    assert planned.returncode == 0, planned.stderr
    assert "No changes." in planned.stdout


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
    again = running.make(*up_arguments(running.stack))

    assert again.returncode == 0, again.stderr
    assert "its forecasts stand" in again.stdout
    assert table_of(again.stdout) == table_of(running.printed)


@pytest.mark.extended
def test_a_repeated_day_writes_the_same_forecasts_over(running: Running) -> None:
    """A retry, a cleared task or an impatient person must not double or change anything."""
    before = gold(running)
    api = airflow.Api(running.stack)

    api.trigger(MAIN_DAG, "repeat", {"day": SAMPLE_DAY})
    ended = state_at_end(api, MAIN_DAG, "repeat")

    assert ended == "success"
    assert {t["task_id"]: t["state"] for t in api.tasks(MAIN_DAG, "repeat")}["write_forecasts"] == "success"
    assert values(gold(running)) == values(before)
    assert gold(running)[0]["generated_at"] > before[0]["generated_at"]


@pytest.mark.extended
def test_a_broken_training_script_fails_loudly_and_leaves_the_endpoint_alone(running: Running) -> None:
    """The night shift must hear of it, and clients must not."""
    s3, sagemaker, ssm = running.client("s3"), running.client("sagemaker"), running.client("ssm")
    before = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    inbox = subscribe(running)
    source = ssm.get_parameter(Name="/stockcast/local/job_source")["Parameter"]["Value"]
    place = dict(zip(("Bucket", "Key"), source.removeprefix("s3://").split("/", 1), strict=True))
    whole = s3.get_object(**place)["Body"].read()

    api = airflow.Api(running.stack)
    s3.put_object(**place, Body=with_broken_train(whole))
    api.trigger(TRAINING_DAG, "broken", {"day": SAMPLE_DAY})
    ended = state_at_end(api, TRAINING_DAG, "broken")
    s3.put_object(**place, Body=whole)

    newest = sagemaker.list_training_jobs(SortBy="CreationTime", SortOrder="Descending")["TrainingJobSummaries"][0]
    reason = sagemaker.describe_training_job(TrainingJobName=newest["TrainingJobName"])["FailureReason"]
    after = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    assert newest["TrainingJobStatus"] == "Failed"
    assert "broken on purpose" in reason
    assert ended == "failed"
    assert {t["task_id"]: t["state"] for t in api.tasks(TRAINING_DAG, "broken")}["train"] == "failed"
    assert "train of train_model failed" in message(running, inbox)
    assert (after["EndpointConfigName"], after["EndpointStatus"]) == (before["EndpointConfigName"], "InService")
    assert after["LastModifiedTime"] == before["LastModifiedTime"]


def state_at_end(api: airflow.Api, dag_id: str, run_id: str) -> str:
    def state() -> str:
        return str((api.run(dag_id, run_id) or {}).get("state"))

    processes.wait_until(lambda: state() in ENDED, 300)
    return state()


@pytest.mark.extended
def test_the_same_training_again_leaves_the_champion_where_it_is(running: Running) -> None:
    """Its twin is no better: replaced for nothing, a bad change would look like all the others."""
    sagemaker, s3 = running.client("sagemaker"), running.client("s3")
    before = sagemaker.describe_endpoint(EndpointName=ENDPOINT)

    trained = running.make("train")

    newest = sagemaker.list_training_jobs(SortBy="CreationTime", SortOrder="Descending")["TrainingJobSummaries"][0]
    key = f"evaluation/{newest['TrainingJobName']}/evaluation.json"
    evaluation = json.loads(s3.get_object(Bucket=bucket("models"), Key=key)["Body"].read())
    refused = [rule["rule"] for rule in evaluation["verdict"]["rules"] if not rule["passed"]]
    after = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    assert trained.returncode == 0, trained.stdout + trained.stderr
    assert evaluation["champion"]["model_version"] == before["EndpointConfigName"]
    assert refused == ["a_reason_to_replace_the_champion"]
    assert "refused" in trained.stdout
    for figures in evaluation["horizons"].values():  # what README claims, where the gate asks for less
        assert figures["qlike_dm_t"] < -2
        assert figures["qlike_dm_t_har"] < 1.65
    assert (after["EndpointConfigName"], after["LastModifiedTime"]) == (
        before["EndpointConfigName"], before["LastModifiedTime"],
    )  # fmt: skip


@pytest.mark.extended
def test_a_rejected_champion_gives_way_to_the_next_model_on_the_same_endpoint(running: Running) -> None:
    """Clients keep their address; the same data and seeds give the same forecasts, bit by bit."""
    sagemaker, runtime = running.client("sagemaker"), running.client("sagemaker-runtime")
    before = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    version = sagemaker.list_model_packages(ModelPackageGroupName="stockcast-local-lstm")["ModelPackageSummaryList"][0]
    key = f"recent/day={SAMPLE_DAY}/symbol=GOOG.json"
    bars = running.client("s3").get_object(Bucket=bucket("silver"), Key=key)["Body"].read()
    sagemaker.update_model_package(ModelPackageArn=version["ModelPackageArn"], ModelApprovalStatus="Rejected")

    trained = running.make("train")

    answer = runtime.invoke_endpoint(EndpointName=ENDPOINT, ContentType="application/json", Body=bars)
    forecasts = json.loads(answer["Body"].read())["forecasts"]
    stored = [record for record in gold(running) if record["symbol"] == "GOOG"]
    assert trained.returncode == 0, trained.stdout + trained.stderr
    assert sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"] != before
    assert [f["q10"] for f in forecasts] == [record["q10"] for record in stored]
    assert {f["model_version"] for f in forecasts} != {record["model_version"] for record in stored}


def with_broken_train(archive: bytes) -> bytes:
    """The same archive, with a train.py that says why it fails the way SageMaker's contract wants it."""
    broken = b"raise SystemExit('broken on purpose')\n"
    changed = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as old, tarfile.open(fileobj=changed, mode="w:gz") as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            body = broken if member.name == "train.py" else content.read() if content else b""
            member.size = len(body)
            new.addfile(member, io.BytesIO(body) if content else None)
    return changed.getvalue()


def subscribe(running: Running) -> str:
    """A queue that gets what people would get by mail; its URL."""
    sqs, sns = running.client("sqs"), running.client("sns")
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = json.loads(running.make("-s", "outputs", "ENV=local", "FORMAT=json").stdout)["alerts_topic"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return str(url)


def message(running: Running, queue_url: str) -> str:
    found = running.client("sqs").receive_message(QueueUrl=queue_url, WaitTimeSeconds=20).get("Messages", [])
    assert found, "no alert arrived within 20 s"
    return str(found[0]["Body"])


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
