"""Every decision of IAM about a role or a user is noted, whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from ministack.core.iam_evaluator import EvalContext
from tests.localaws.helpers import ACCOUNT, REGION, REGISTRY, Gateway, policy, role_client, zipped

from localaws.gateway import record
from localaws.privilege import decisions
from localaws.privilege.decisions import FILE_NAME, Decision


def noted(gateway: Gateway, name: str) -> list[Decision]:
    """What stands in the file about one role or user."""
    found = decisions.read(gateway.folder / "logs" / FILE_NAME)
    return [one for one in found if one.principal.endswith(f"/{name}")]


def test_allowed_and_refused_requests_of_the_emulator_are_noted(
    gateway: Gateway, s3: Any, make_role: Callable[..., str]
) -> None:
    arn = make_role("noted-reader", policy(("s3:ListBucket", "arn:aws:s3:::lake")))
    client = role_client(gateway, arn, "s3")

    client.list_objects_v2(Bucket="lake", Prefix="bars/")
    with pytest.raises(ClientError):
        client.list_objects_v2(Bucket="closed")

    allowed, refused = noted(gateway, "noted-reader")
    assert allowed == Decision(
        "role/noted-reader", "s3:ListBucket", "arn:aws:s3:::lake", REGION,
        (("s3:prefix", "bars/"),), "Allow", "test",
    )  # fmt: skip
    assert (refused.resource, refused.answer, refused.session) == ("arn:aws:s3:::closed", "ImplicitDeny", "test")


def test_requests_to_our_own_services_are_noted_with_the_service_a_role_is_passed_to(
    gateway: Gateway, s3: Any, make_role: Callable[..., str]
) -> None:
    lent = make_role("noted-lent", None)
    create = ("sagemaker:CreateModel", "*")
    passing = ("iam:PassRole", lent)
    client = role_client(gateway, make_role("noted-lender", policy(create, passing)), "sagemaker")

    container = {"Image": f"{REGISTRY}/toy", "ModelDataUrl": "s3://models/none.tar.gz"}
    with pytest.raises(ClientError, match="Could not find model data"):  # asked after the role was passed
        client.create_model(ModelName="noted", ExecutionRoleArn=lent, PrimaryContainer=container)

    passed = [one for one in noted(gateway, "noted-lender") if one.action == "iam:PassRole"]
    assert [(one.resource, one.answer) for one in passed] == [(lent, "Allow")]
    assert dict(passed[0].context)["iam:passedtoservice"] == "sagemaker.amazonaws.com"


def test_what_a_function_asks_for_is_noted_under_its_role(
    gateway: Gateway, s3: Any, make_role: Callable[..., str]
) -> None:
    """Otherwise the grants of the functions would all look superfluous."""
    call = "boto3.client('s3').put_object(Bucket='lake', Key='x', Body=b'')"
    code = f"import boto3\ndef handler(event, context):\n    {call}\n"
    arn = make_role("noted-function", policy(("s3:PutObject", "arn:aws:s3:::lake/*")), "lambda.amazonaws.com")
    functions = gateway.client("lambda")
    functions.create_function(
        FunctionName="noted", Role=arn, Runtime="python3.12", Handler="handler.handler", Code={"ZipFile": zipped(code)}
    )

    functions.invoke(FunctionName="noted")

    asked = [(one.action, one.resource, one.answer) for one in noted(gateway, "noted-function")]
    assert ("s3:PutObject", "arn:aws:s3:::lake/x", "Allow") in asked


def test_root_leaves_no_line(gateway: Gateway, s3: Any) -> None:
    """Root is asked about nothing, and a line for each of its calls would bury the rest."""
    s3.list_objects_v2(Bucket="lake")

    found = decisions.read(gateway.folder / "logs" / FILE_NAME)
    assert {one.principal.split("/")[0] for one in found} <= {"role", "user"}


def context(action: str = "s3:GetObject", session: str = "one", **keys: Any) -> EvalContext:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/train/{session}"
    return EvalContext(arn, "AssumedRole", ACCOUNT, action, "arn:aws:s3:::lake/x", REGION, service_context=keys)


def test_the_same_decision_is_noted_once(tmp_path: Path) -> None:
    """A poll every second must not fill the disk."""
    recorder = record.Recorder(tmp_path / FILE_NAME)

    for session in ("one", "two", "two"):
        recorder.note(context(session=session), ([],), "Allow")
    recorder.note(context(action="s3:PutObject"), ([],), "ImplicitDeny")

    found = decisions.read(tmp_path / FILE_NAME)
    assert [(one.action, one.answer, one.session) for one in found] == [
        ("s3:GetObject", "Allow", "one"),
        ("s3:GetObject", "Allow", "two"),
        ("s3:PutObject", "ImplicitDeny", "one"),
    ]


def test_keys_without_a_value_are_left_out_and_lists_come_back(tmp_path: Path) -> None:
    recorder = record.Recorder(tmp_path / FILE_NAME)
    keys: dict[str, Any] = {"aws:tagkeys": ["a", "b"], "s3:prefix": None}

    recorder.note(context(**keys), ([],), "Allow")

    assert decisions.read(tmp_path / FILE_NAME)[0].context == (("aws:tagkeys", ("a", "b")),)


def test_a_full_file_is_refused_instead_of_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known bad: what no longer fitted would look as if nobody had asked for it."""
    monkeypatch.setattr(record, "MOST", 2)
    monkeypatch.setattr(decisions, "MOST", 2)
    recorder = record.Recorder(tmp_path / FILE_NAME)

    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
        recorder.note(context(action=action), ([],), "Allow")

    assert len((tmp_path / FILE_NAME).read_text().splitlines()) == 2
    with pytest.raises(ValueError, match="has 2 lines, where the recorder stops at 2"):
        decisions.read(tmp_path / FILE_NAME)


def test_a_new_gateway_forgets_what_an_earlier_one_noted(tmp_path: Path) -> None:
    """Its account is empty, so old decisions speak of policies that are gone."""
    record.Recorder(tmp_path / FILE_NAME).note(context(), ([],), "Allow")

    record.Recorder(tmp_path / FILE_NAME)

    assert decisions.read(tmp_path / FILE_NAME) == []
