"""Who may serve: the gate, the registry, the approval."""

from typing import Any

from fakes import FakeSageMaker
from wiring import registry


def evaluation(promote: Any = True, **rules: bool) -> dict[str, Any]:
    judged = [{"rule": n, "horizon": 5, "value": 1.2, "limit": 0.98, "passed": ok} for n, ok in rules.items()]
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

    assert broken == ["volatility_loss at 5 days: 1.2, limit 0.98"]


def test_a_verdict_that_contradicts_its_rules_never_passes():
    """Neither a promotion with a failed rule nor one without any rule, nor the text "true"."""
    assert registry.broken_rules(evaluation(promote=True, volatility_loss=False))
    assert registry.broken_rules(evaluation(promote=True))
    assert registry.broken_rules(evaluation(promote=False, enough_dates=True))
    assert registry.broken_rules(evaluation(promote="true", enough_dates=True))


def test_a_refusal_is_published_with_model_rules_and_place():
    sent: list[Any] = []
    original = registry.SnsHook.publish_to_target
    registry.SnsHook.publish_to_target = lambda self, *topic_and_text, **more: sent.append((topic_and_text, more))
    try:
        registry.tell_refusal("arn:topic", evaluation(), ["coverage at 5 days: 0.5, limit 0.8"], "s3://m/e.json")
    finally:
        registry.SnsHook.publish_to_target = original

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


def test_the_version_tells_the_hashes_that_the_evaluation_knows():
    assert registry.origin({"data_sha256": "ab", "feature_version": "f1", "horizons": {}}) == {
        "data_sha256": "ab",
        "feature_version": "f1",
    }
