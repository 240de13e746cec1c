"""The main job again: a repeated day, and trainings that break, are refused or replace a rejected champion.

`make train` applies this clone's values and DAGs, so these tests come after those of pushes, by this file's name.
"""

import io
import json
import tarfile
from typing import Any

import pytest
from tests.local.conftest import Running
from tests.local.test_main_job import ENDPOINT, gold

from localaws import airflow, processes
from localaws.follow import ENDED
from localaws.forecast_table import bucket
from localaws.stack import SAMPLE_DAY
from localaws.up import MAIN_DAG, TRAINING_DAG

pytestmark = [pytest.mark.e2e, pytest.mark.extended, pytest.mark.xdist_group("stack"), pytest.mark.timeout(1800)]
LONGEST_SECONDS = 1500  # two cores may have other tests to run


def values(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What must not change when a day is repeated: everything but the time of writing."""
    return [{key: value for key, value in record.items() if key != "generated_at"} for record in found]


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

    processes.wait_until(lambda: state() in ENDED, LONGEST_SECONDS)
    return state()


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
