"""Who may serve: the gate, the registry, the approval."""

from typing import Any

from fakes import ENDPOINT, FakeSageMaker, with_client
from wiring import champion, registry
from wiring.jobs import folder_in, program


def evaluation(promote: Any = True, **rules: bool) -> dict[str, Any]:
    judged = [
        {"gate": "G3", "rule": n, "horizon": 5, "value": 1.2, "limit": 0.98, "passed": ok, "note": ""}
        for n, ok in rules.items()
    ]
    return {"model_version": "train-1", "verdict": {"promote": promote, "rules": judged}}


def register(client: FakeSageMaker, approval: str = "automatic") -> str:
    return registry.register(
        group="stockcast-test-lstm", image="serving:1", model_data="s3://m/1/model.tar.gz",
        evaluation_uri="s3://m/evaluation/train-1/evaluation.json", approval=approval,
        facts={"training_job": "train-1"}, client=client,
    )  # fmt: skip


def test_a_model_that_keeps_every_rule_passes():
    assert registry.broken_rules(evaluation(enough_dates=True, coverage=True)) == []


def test_a_refusal_names_each_broken_rule_with_value_and_limit():
    broken = registry.broken_rules(evaluation(promote=False, enough_dates=True, volatility_loss=False))

    assert broken == ["G3 volatility_loss at 5 days: 1.2, limit 0.98"]


def test_a_refusal_names_what_could_not_be_told_and_whom_it_is_about():
    judgement = evaluation(promote=False, coverage=False)
    judgement["verdict"]["rules"][0] |= {"horizon": None, "value": None, "limit": [0.77, 0.83], "note": "GOOG"}

    assert registry.broken_rules(judgement) == ["G3 coverage: None, limit [0.77, 0.83] (GOOG)"]


def test_a_verdict_that_contradicts_its_rules_never_passes():
    """Neither a promotion with a failed rule nor one without any rule, nor the text "true"."""
    assert registry.broken_rules(evaluation(promote=True, volatility_loss=False))
    assert registry.broken_rules(evaluation(promote=True))
    assert registry.broken_rules(evaluation(promote=False, enough_dates=True))
    assert registry.broken_rules(evaluation(promote="true", enough_dates=True))


def test_a_refusal_is_published_with_model_rules_and_place(monkeypatch):
    sent: list[Any] = []
    monkeypatch.setattr(
        registry.SnsHook, "publish_to_target", lambda self, *topic_and_text, **more: sent.append((topic_and_text, more))
    )

    registry.tell_refusal("arn:topic", evaluation(), ["coverage at 5 days: 0.5, limit 0.8"], "s3://m/e.json")

    ((topic, text), more) = sent[0]
    assert topic == "arn:topic"
    assert all(part in text for part in ("train-1 was refused", "coverage at 5 days", "s3://m/e.json"))
    assert len(more["subject"]) < 100 and more["subject"].isascii()


def test_a_candidate_is_registered_with_its_evaluation():
    client = FakeSageMaker()

    assert register(client) == "arn:new"
    assert client.request["ModelApprovalStatus"] == "Approved"
    statistics = client.request["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics["S3Uri"] == "s3://m/evaluation/train-1/evaluation.json"
    assert client.request["CustomerMetadataProperties"] == {"training_job": "train-1"}


SERVES = {
    "arn": "arn:1", "model_data": "s3://m/1/model.tar.gz", "approval": "Approved", "facts": {"training_job": "train-1"},
}  # fmt: skip
OLDER = {
    "arn": "arn:0", "model_data": "s3://m/0/model.tar.gz", "approval": "Approved", "facts": {"training_job": "train-0"},
}  # fmt: skip
IN_SERVICE = {"EndpointStatus": "InService", "EndpointConfigName": "train-1"}


def find(endpoint: dict[str, Any] | None = IN_SERVICE, candidate: str = "s3://m/2/model.tar.gz", **serves: Any) -> str:
    client = FakeSageMaker(endpoint=endpoint, packages=[OLDER, SERVES | serves])
    return champion.find(ENDPOINT, "group", candidate, client)


def test_the_champion_is_the_version_that_the_endpoint_serves():
    """Not the newest one: its deployment may have failed."""
    assert find() == "s3://m/1/model.tar.gz"
    assert find(IN_SERVICE | {"EndpointConfigName": "train-0"}) == "s3://m/0/model.tar.gz"


def test_where_nobody_serves_there_is_no_champion():
    """An environment that slept, or whose endpoint failed, must get a model at all."""
    assert find(endpoint=None) == ""
    assert find(IN_SERVICE | {"EndpointStatus": "Failed"}) == ""
    assert find(IN_SERVICE | {"EndpointConfigName": "made by hand"}) == ""


def test_a_version_that_a_person_rejected_is_champion_no_longer():
    """The way to have it replaced for a reason that no figure shows."""
    assert find(approval="Rejected") == ""


def test_a_candidate_is_not_its_own_champion():
    """Judged again after it was deployed it would be refused for being itself."""
    assert find(candidate="s3://m/1/model.tar.gz") == ""


def test_a_version_that_somebody_registered_without_an_artefact_is_passed_over():
    assert registry.model_data_of({"ModelApprovalStatus": "Approved"}) == ""


def job(champion_at: str) -> champion.JudgingJob:
    config = {
        "ProcessingJobName": "evaluate-1",
        "AppSpecification": program("evaluate.py", "--bars", "/bars"),
        "ProcessingInputs": [folder_in("bars", "s3://silver/bars/")],
    }
    return champion.JudgingJob(task_id="evaluate", champion=champion_at, config=config)


def test_the_champion_is_an_input_of_the_judging_job():
    request = job("s3://m/1/model.tar.gz").request()

    assert request["ProcessingInputs"][1]["S3Input"]["S3Uri"] == "s3://m/1/model.tar.gz"
    assert request["AppSpecification"]["ContainerArguments"] == ["--bars", "/bars", "--champion", champion.PLACE]
    assert request["ProcessingInputs"][1]["S3Input"]["LocalPath"] == champion.PLACE


def test_without_a_champion_the_job_has_no_such_input():
    """AWS fails a job whose input folder is empty."""
    operator = job("")

    assert operator.request() == operator.config
    assert len(operator.config["ProcessingInputs"]) == 1


def test_the_request_that_is_sent_is_the_one_with_the_champion():
    client = FakeSageMaker()
    asked: list[Any] = []
    client.create_processing_job = lambda **request: asked.append(request)

    with_client(job("s3://m/1/model.tar.gz"), client).create()

    assert [each["InputName"] for each in asked[0]["ProcessingInputs"]] == ["bars", "champion"]


def test_with_manual_approval_a_person_decides():
    client = FakeSageMaker()

    register(client, approval="manual")

    assert client.request["ModelApprovalStatus"] == "PendingManualApproval"


def test_an_artefact_that_is_registered_already_keeps_its_version_and_its_approval():
    """A repeat that registered again would ask the person a second time, or undo a rejection."""
    known = [
        {"arn": "arn:2", "model_data": "s3://m/2/model.tar.gz", "approval": "Approved"},
        {"arn": "arn:1", "model_data": "s3://m/1/model.tar.gz", "approval": "Rejected"},
    ]
    client = FakeSageMaker(packages=known)

    assert register(client) == "arn:1"
    assert client.calls == []
    assert registry.approval_of("arn:1", client) == "Rejected"


def test_the_version_tells_what_it_was_made_from_as_far_as_the_evaluation_knows():
    known = {"data_sha256": "ab", "feature_version": "f1", "commit": "c1", "schema_sha256": "s1"}

    assert registry.origin(known | {"horizons": {}}) == known
    assert registry.origin({"commit": "unknown"}) == {"commit": "unknown"}
