"""Least privilege by enforcement: no role may do more than its work needed, and none gets what is not its business.

After the main job and more trainings, on what the gateway recorded of them. What they never reached is in
privilege/not_exercised.toml.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.local.conftest import Running
from tests.local.privilege import ledger
from tests.local.privilege.refusals import (
    ENDPOINT,
    EVERYTHING,
    LOSES_THE_KEY,
    MAKES_A_USER,
    OTHER,
    REFUSALS,
    Call,
    asks_endpoint,
    deletes,
    grants_itself,
    invokes,
    reads,
    reads_setting,
)
from tests.local.test_retraining import state_at_end, with_broken_train

from localaws import airflow, processes
from localaws.forecast_table import bucket
from localaws.privilege import decisions, policies, usage
from localaws.privilege.decisions import Decision
from localaws.privilege.policies import Role, Statement
from localaws.privilege.usage import Use
from localaws.stack import ACCOUNT_ID, PREFIX, REGION, SAMPLE_DAY, STATE_BUCKET
from localaws.up import TRAINING_DAG

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.extended,
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(1800),
]

DEPLOY = ("apply", "plan", "release")  # what builds take: test_deploy_roles.py proves them
PROBED = "airflow:InvokeRestApi"
SESSION = "proof"  # what Running.client_as takes roles under


@dataclass(frozen=True)
class Recorded:
    """The roles as they stand, what they asked for, and which of their statements that needed."""

    roles: list[Role]
    decisions: list[Decision]
    uses: list[Use]


@pytest.fixture(scope="module")
def recorded(running: Running) -> Recorded:
    """The record of a whole story: a model trained, another after it, and a failure that people were told of."""
    asked = {one.action for one in noted(running)}
    if "sagemaker:UpdateEndpoint" not in asked:
        assert running.make("train").returncode == 0
    if "sns:Publish" not in asked:
        break_a_training(running)
    processes.wait_until(lambda: "sns:Publish" in {one.action for one in noted(running)}, 60)
    iam, found = running.client("iam"), noted(running)
    names = [role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    ours = [name for name in names if name.startswith(f"{PREFIX}-") and name.removeprefix(f"{PREFIX}-") not in DEPLOY]
    roles = [policies.of_role(iam, name) for name in ours]
    return Recorded(roles, found, [ledger.short(use, PREFIX) for use in usage.uses(roles, found, REGION)])


def noted(running: Running) -> list[Decision]:
    """What was asked by the stack itself; what tests tried under a role proves no need."""
    found = decisions.read(running.stack.logs / decisions.FILE_NAME)
    return [one for one in found if one.session != SESSION]


def break_a_training(running: Running) -> None:
    s3, ssm = running.client("s3"), running.client("ssm")
    source = ssm.get_parameter(Name="/stockcast/local/job_source")["Parameter"]["Value"]
    place = dict(zip(("Bucket", "Key"), source.removeprefix("s3://").split("/", 1), strict=True))
    whole = s3.get_object(**place)["Body"].read()
    api = airflow.Api(running.stack)
    s3.put_object(**place, Body=with_broken_train(whole))
    try:
        api.trigger(TRAINING_DAG, "refused", {"day": SAMPLE_DAY})
        assert state_at_end(api, TRAINING_DAG, "refused") == "failed"
    finally:
        s3.put_object(**place, Body=whole)


def test_every_role_of_the_environment_was_looked_at(recorded: Recorded) -> None:
    """A role that nobody looks at may do anything."""
    names = {role.name.removeprefix(f"{PREFIX}-") for role in recorded.roles}

    assert names >= {
        "airflow", "challenge", "clean", "evaluate", "forecast", "ingest", "schedule", "serve", "track", "train",
        "transform",
    }  # fmt: skip
    assert names <= set(REFUSALS), "add a table of refusals for the new role to privilege/refusals.py"


def test_nobody_was_refused_anything_in_the_main_job(recorded: Recorded) -> None:
    """A refusal that a library swallows is a grant that is missing."""
    refused = [one for one in recorded.decisions if one.answer != "Allow" and one.role]

    assert without_probes(refused, recorded.decisions) == []


def without_probes(refused: list[Decision], everything: list[Decision]) -> list[Decision]:
    """Less what the embedded MWAA asks to find a caller's Airflow role: the highest first, until one is allowed."""
    found = {(one.role, one.session) for one in everything if one.action == PROBED and one.answer == "Allow"}
    return [one for one in refused if one.action != PROBED or (one.role, one.session) not in found]


def test_a_caller_without_any_airflow_role_stays_refused() -> None:
    """Only a probe of a higher role may be passed over; a build that lacks its grant must fail this file."""
    denied = Decision("role/stockcast-local-release", PROBED, "…/Admin", REGION, (), "ImplicitDeny", "local-2")
    granted = replace(denied, resource="…/User", answer="Allow")

    assert without_probes([denied], [denied, granted]) == []
    assert without_probes([denied], [denied]) == [denied]
    assert without_probes([denied], [denied, replace(granted, session="local-4")]) == [denied]


def test_the_policies_explain_every_answer(recorded: Recorded) -> None:
    """Otherwise something else grants, and no verdict about a statement would hold."""
    assert usage.unexplained(recorded.roles, recorded.decisions) == []


def test_every_statement_is_needed_or_says_why_not(recorded: Recorded) -> None:
    """Whatever a stolen role may do beyond its work, a thief does."""
    lacking = ledger.missing(recorded.uses, ledger.read(ledger.FILE.read_text()))

    assert not lacking, (
        "These grants were needed by no request. Take them out of their module, or, where this stack cannot exercise "
        f"them, add to {ledger.FILE.name} with the reason:\n{lacking}"
    )


def test_no_entry_of_the_ledger_is_stale(recorded: Recorded) -> None:
    """An excuse that outlived its cause hides the next superfluous grant."""
    stale = ledger.stale(recorded.uses, ledger.read(ledger.FILE.read_text()))

    assert not stale, f"{ledger.FILE.name}:\n" + "\n".join(stale)


def test_without_any_one_needed_statement_a_request_of_the_main_job_is_refused(recorded: Recorded) -> None:
    """Weighed anew for each, as IAM would with that statement gone."""
    roles = {role.name: role for role in recorded.roles}
    needed = [
        (use.part, use.needed_by) for use in usage.uses(recorded.roles, recorded.decisions, REGION) if use.needed_by
    ]
    whole = [(part, asked) for part, asked in needed if not part.action and not part.resource]

    assert len(whole) > 30
    for part, asked in whole:
        role = roles[asked.role]
        changed = role.with_(statement_of(role, part.sid, part.owner), None)
        assert role.allows(asked) is (asked.answer == "Allow")
        assert changed.allows(asked) is not role.allows(asked), part


def test_every_role_has_a_boundary(recorded: Recorded) -> None:
    """Else one wide statement in one module opens the account."""
    assert [role.name for role in recorded.roles if role.boundary is None] == []


def test_no_boundary_takes_away_what_a_statement_grants(recorded: Recorded) -> None:
    """It would be found out on the day that the grant is wanted."""
    assert [part for role in recorded.roles for part in usage.cut_off(role, REGION)] == []


@contextmanager
def without(iam: Any, role: Role, sid: str) -> Iterator[None]:
    """The role as it stands, less one statement; whole again afterwards, to the letter."""
    named = partial(iam.get_role_policy, RoleName=role.name)
    policy = next(policy for policy in role.policies if sid in {one.sid for one in policy.statements})
    before = named(PolicyName=policy.name)["PolicyDocument"]
    left = policy.with_(statement_of(role, sid), None).document()
    iam.put_role_policy(RoleName=role.name, PolicyName=policy.name, PolicyDocument=json.dumps(left))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role.name, PolicyName=policy.name, PolicyDocument=json.dumps(before))
        assert named(PolicyName=policy.name)["PolicyDocument"] == before


def statement_of(role: Role, sid: str, owner: str = "") -> Statement:
    """The role's own statement of this name, or its boundary's."""
    return next(one for who, one in usage.statements(role) if who == (owner or role.name) and one.sid == sid)


def newest_model(running: Running) -> dict[str, str]:
    listed = running.client("s3").list_objects_v2(Bucket=bucket("models"), Prefix="training/")["Contents"]
    return {"Bucket": bucket("models"), "Key": next(o["Key"] for o in listed if o["Key"].endswith("model.tar.gz"))}


RECENT = {"Bucket": bucket("silver"), "Key": f"recent/day={SAMPLE_DAY}/symbol=IBM.json"}
LIVE: list[tuple[str, str, str, Callable[[Running, Any], Any]]] = [
    ("airflow", "CallStockcastLocalIngest", "lambda",
     lambda _, it: it.invoke(FunctionName=f"{PREFIX}-ingest", InvocationType="DryRun")),
    ("airflow", "ReadSettings", "ssm", lambda _, it: it.get_parameter(Name="/stockcast/local/symbols")),
    ("airflow", "SendAlerts", "sns", lambda stack, it: it.publish(TopicArn=topic(stack), Message="proof")),
    ("clean", "DecryptInputs", "s3",
     lambda _, it: it.get_object(Bucket=bucket("bronze"), Key=f"bars/day={SAMPLE_DAY}/symbol=IBM/source=yahoo.json")),
    ("clean", "ListInputs", "s3", lambda _, it: it.list_objects_v2(Bucket=bucket("bronze"), Prefix="bars/")),
    ("evaluate", "WriteOutputs", "s3",
     lambda _, it: it.put_object(Bucket=bucket("models"), Key="evaluation/proof.json", Body=b"{}")),
    ("forecast", "InvokeEndpoint", "sagemaker-runtime",
     lambda stack, it: it.invoke_endpoint(EndpointName=ENDPOINT, ContentType="application/json", Body=request(stack))),
    ("forecast", "ReadRequests", "s3", lambda _, it: it.get_object(**RECENT)),
    ("ingest", "EncryptAnswers", "s3",
     lambda _, it: it.put_object(Bucket=bucket("bronze"), Key="quarantine/proof.json", Body=b"{}")),
    ("ingest", "WriteAnswers", "s3",
     lambda _, it: it.put_object(Bucket=bucket("bronze"), Key="quarantine/proof.json", Body=b"{}")),
    ("serve", "ReadInputs", "s3", lambda stack, it: it.get_object(**newest_model(stack))),
    ("train", "ReadInputs", "s3", lambda _, it: it.get_object(Bucket=bucket("silver"), Key="bars/part.parquet")),
]  # fmt: skip


def request(running: Running) -> bytes:
    return bytes(running.client("s3").get_object(**RECENT)["Body"].read())


def topic(running: Running) -> str:
    return str(running.client("ssm").get_parameter(Name="/stockcast/local/alerts_topic")["Parameter"]["Value"])


@pytest.mark.parametrize(("name", "sid", "service", "call"), LIVE, ids=[f"{name}-{sid}" for name, sid, *_ in LIVE])
def test_a_statement_taken_out_of_the_live_role_is_missed(
    running: Running, recorded: Recorded, name: str, sid: str, service: str, call: Callable[[Running, Any], Any]
) -> None:
    """The analysis says what would break; here it breaks."""
    role = next(role for role in recorded.roles if role.name == f"{PREFIX}-{name}")
    client = running.client_as(name, service)
    call(running, client)

    with without(running.client("iam"), role, sid), pytest.raises(ClientError) as refused:
        call(running, client)

    assert_refused(refused.value, sorted(statement_of(role, sid).actions))
    call(running, client)


def test_a_role_cannot_be_lent_without_the_statement_that_lends(running: Running, recorded: Recorded) -> None:
    """Whoever lends a role to a job has all of its rights."""
    role = next(role for role in recorded.roles if role.name == f"{PREFIX}-airflow")
    newest = running.client("sagemaker").list_training_jobs(SortBy="CreationTime", SortOrder="Descending")
    told = running.client("sagemaker").describe_training_job(
        TrainingJobName=newest["TrainingJobSummaries"][0]["TrainingJobName"]
    )
    taken = ("RoleArn", "AlgorithmSpecification", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    asked = {key: told[key] for key in taken}
    client = running.client_as("airflow", "sagemaker")

    with without(running.client("iam"), role, "LendRolesToJobs"), pytest.raises(ClientError) as refused:
        client.create_training_job(TrainingJobName=f"{PREFIX}-train-proof", **asked)

    assert_refused(refused.value, ["iam:PassRole"])


@pytest.fixture(scope="module")
def neighbour(running: Running) -> Iterator[None]:
    """The lake of another environment in this account: S3 tells that a bucket is missing before it asks IAM."""
    s3, names = running.client("s3"), [f"{OTHER}-{ACCOUNT_ID}-{zone}" for zone in ("bronze", "models", "silver")]
    for name in names:
        s3.create_bucket(Bucket=name)
    yield
    for name in names:
        s3.delete_bucket(Bucket=name)


CALLS = [(name, call) for name, calls in REFUSALS.items() for call in calls]


BEYOND = [
    LOSES_THE_KEY, MAKES_A_USER, asks_endpoint(f"{OTHER}-forecasts"), deletes(f"{OTHER}-{ACCOUNT_ID}-silver", "bars/x"),
    grants_itself("ingest"), invokes(f"{OTHER}-ingest"), reads(STATE_BUCKET, "local/platform.tfstate"),
    reads_setting("/stockcast/dev/symbols"),
]  # fmt: skip


@pytest.mark.usefixtures("neighbour")
def test_a_role_that_was_given_everything_still_stays_within_its_environment(running: Running) -> None:
    """One wide statement, by mistake or by a thief, must not open the account or another environment."""
    iam, name = running.client("iam"), f"{PREFIX}-ingest"
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=EVERYTHING)
    try:
        running.client_as("ingest", "s3").list_objects_v2(Bucket=bucket("bronze"))  # it is wider now
        for call in BEYOND:
            with pytest.raises(ClientError) as refused:
                call.ask(running.client_as("ingest", call.service))
            assert_refused(refused.value, [call.action])
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="everything")


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize(("name", "call"), CALLS, ids=[f"{name}: {call.what}" for name, call in CALLS])
def test_a_role_is_refused_what_is_not_its_business(running: Running, name: str, call: Call) -> None:
    """By IAM and by name of the action: that something is not found would prove nothing."""
    with pytest.raises(ClientError) as refused:
        call.ask(running.client_as(name, call.service))

    assert_refused(refused.value, [call.action])


def assert_refused(error: ClientError, actions: list[str]) -> None:
    told = error.response["Error"]
    assert told["Code"] in ("AccessDenied", "AccessDeniedException", "AuthorizationError", "KMSAccessDenied"), told
    assert any(f"not authorized to perform: {action.rstrip('*')}" in told["Message"] for action in actions), told


@pytest.mark.parametrize(
    ("lent", "service"),
    [("train", "lambda"), ("train", "ecs-tasks"), ("airflow", "sagemaker"), ("ingest", "sagemaker")],
)
def test_airflow_lends_only_the_roles_of_jobs_and_only_to_sagemaker(
    recorded: Recorded, lent: str, service: str
) -> None:
    """A role lent to a function or a container would do the function's owner's bidding."""
    role = next(role for role in recorded.roles if role.name == f"{PREFIX}-airflow")
    arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-{lent}"
    context = (("iam:passedtoservice", f"{service}.amazonaws.com"),)

    assert not role.allows(Decision(f"role/{role.name}", "iam:PassRole", arn, REGION, context, ""))
