"""Answering what waits: the pipelines' page is a server of ours, AWS's answers are botocore's stubs."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from tests.localaws.test_pipelines import PAGE, ended, waits
from tests.shipping.review.plans import change, plan, review_of, settings
from tests.web import Site, serving

from localaws import approve, services
from localaws.progress import StepFailed
from localaws.stack import Choice, Ports, Stack
from shipping import ending
from shipping.review import commands, markdown
from shipping.review.report import build_report

INFRASTRUCTURE = "stockcast-infrastructure"
ANSWERED = {"pipelineName": INFRASTRUCTURE, "stageName": "Approve-local", "actionName": "Approve", "token": "t-1"}


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({PAGE: json.dumps([waits(INFRASTRUCTURE), ended("stockcast-dags", "Succeeded")]).encode()}) as site:
        yield site


@pytest.fixture
def stack(site: Site, tmp_path: Path) -> Stack:
    return Stack(tmp_path, Choice(ports=Ports(aws=site.server_port)))


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    clients = {name: boto3.client(name, **keys) for name in ("codepipeline", "s3")}
    stubs = {name: Stubber(client) for name, client in clients.items()}
    monkeypatch.setattr(services, "client", lambda _, name: clients[name])
    for stub in stubs.values():
        stub.activate()
    yield stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def has_plan(stubs: dict[str, Stubber], **files: str) -> None:
    """The execution's plan artifact, as a build uploaded it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as into:
        for name, text in files.items():
            into.writestr(f"review/local/{name.replace('_', '.')}", text)
    place = {"name": "plan_local", "s3location": {"bucket": "artifacts", "key": "x/plan/1"}}
    detail: dict[str, Any] = {"output": {"outputArtifacts": [place]}}
    asked = {"pipelineName": INFRASTRUCTURE, "filter": {"pipelineExecutionId": "1a2b3c4d-0000"}}
    stubs["codepipeline"].add_response("list_action_executions", {"actionExecutionDetails": [detail]}, asked)
    body = StreamingBody(io.BytesIO(packed.getvalue()), len(packed.getvalue()))
    stubs["s3"].add_response("get_object", {"Body": body}, {"Bucket": "artifacts", "Key": "x/plan/1"})


@pytest.mark.parametrize(("reject", "verdict"), [(False, "Approved"), (True, "Rejected")])
def test_the_plan_that_waits_is_shown_and_answered_by_name(
    stack: Stack, stubs: dict[str, Stubber], capsys: pytest.CaptureFixture[str], reject: bool, verdict: str
) -> None:
    """Who approves has to see what is applied, and later everybody has to see who did."""
    has_plan(stubs, plan_html="<p>", plan_md="# 1 to change\nretention 7 -> 14")
    stubs["codepipeline"].add_response("put_approval_result", {}, {**ANSWERED, "result": ANY})

    approve.answer(stack, "", reject=reject)

    shown = capsys.readouterr().out
    assert "Approve-local, execution 1a2b3c4d, 4f3e2d1 Shorten a retention" in shown
    assert "1 to change; dangers: none" in shown
    assert "retention 7 -> 14" in shown
    assert f"{verdict.lower()} by " in shown


HOSTILE = 'x"]\n<script>&amp; | **bold** `code` _a_ [b](c) \x1b[31m\x1b]0;t\x07\u202e'
BUCKET, TOPIC = "module.lake.aws_s3_bucket.this", f'aws_sns_topic.t["{HOSTILE}"]'
WAITING = review_of(plan(change(BUCKET, {"id": "b"}), change(TOPIC, {"id": "b"}), *settings(2)))
AS_JSON = json.dumps({"plan": "c0ffee", commands.REPORT: build_report(WAITING).as_json()})


@pytest.mark.parametrize("columns", [80, 120])
def test_a_review_is_shown_as_plain_text_as_wide_as_the_terminal(
    stack: Stack, stubs: dict[str, Stubber], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    columns: int,
) -> None:  # fmt: skip
    """Escaped Markdown is hard to read, and what is hard to read is approved unread."""
    monkeypatch.setenv("COLUMNS", str(columns))
    has_plan(stubs, review_json=AS_JSON, plan_md=markdown.shown(WAITING))
    stubs["codepipeline"].add_response("put_approval_result", {}, {**ANSWERED, "result": ANY})

    approve.answer(stack, "", reject=False)

    shown = capsys.readouterr().out.split("\n\n", 1)[1]
    lines = shown.split("\nThe page with all of it", 1)[0].splitlines()
    assert columns - 20 < max(map(len, lines)) <= columns
    places = [shown.index(word) for word in ("DESTROYED (2)", "USD A MONTH", "CHANGES BY MODULE")]
    assert places == sorted(places)
    assert "Forecast endpoint       167.90  167.90       -" in shown
    assert not [line for line in lines if "\\" in line or line.startswith(("|", "#", "<", "**"))]
    assert '["x"]\N{REPLACEMENT CHARACTER}<script>&amp; | **bold** `code` _a_ [b](c) ' in shown.replace("\n    ", " ")
    assert not set(shown) & set("\x1b\x07\r\x9b\u202e")


@pytest.mark.parametrize(
    "older", ["", "no JSON", "[]", '{"plan": "c0ffee"}', '{"report": {"title": "of another form"}}']
)
def test_the_markdown_of_an_older_commit_is_shown_as_plain_text(
    stack: Stack, stubs: dict[str, Stubber], capsys: pytest.CaptureFixture[str], older: str
) -> None:
    """The pushed commit's code writes the review, this clone's shows it."""
    has_plan(stubs, plan_md=markdown.shown(WAITING), **({"review_json": older} if older else {}))
    stubs["codepipeline"].add_response("put_approval_result", {}, {**ANSWERED, "result": ANY})

    approve.answer(stack, "", reject=False)

    shown = capsys.readouterr().out
    assert "Destroyed (2)\n- module.lake.aws_s3_bucket.this is destroyed: its objects go with it" in shown
    assert "Forecast endpoint       167.90  167.90       -  2 × ml.m5.large all month" in shown
    assert "<script>&amp; | **bold** 'code' _a_ [b](c) " in shown
    assert not [sign for sign in ("\\", "</details>", "| ---", "|---", "&gt;", "###") if sign in shown]
    assert not set(shown) & set("\x1b\x07\r\x9b\u202e")


def test_nothing_is_approved_that_is_not_read_to_its_end(
    stack: Stack, stubs: dict[str, Stubber], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make approve | head` has shown a few lines, and the worst may stand in the others."""
    has_plan(stubs, review_json=AS_JSON)
    monkeypatch.setattr(ending, "output_is_closed", lambda: True)

    with pytest.raises(StepFailed, match="the output was closed before all of it was read; nothing was approved"):
        approve.answer(stack, "", reject=False)


def test_a_plan_without_a_review_is_not_approved_blind(stack: Stack, stubs: dict[str, Stubber]) -> None:
    """Whoever types yes believes that nothing is to be seen."""
    has_plan(stubs, plan_html="<p>")

    with pytest.raises(StepFailed, match="no review that could be read: s3://artifacts/x/plan/1") as refused:
        approve.answer(stack, "", reject=False)

    assert "make reject" in str(refused.value)


def test_a_plan_without_a_review_can_be_rejected(stack: Stack, stubs: dict[str, Stubber]) -> None:
    has_plan(stubs)
    stubs["codepipeline"].add_response("put_approval_result", {}, {**ANSWERED, "result": ANY})

    approve.answer(stack, "", reject=True)


def test_a_review_that_is_cut_says_so(
    stack: Stack, stubs: dict[str, Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    """The worst of a long plan may stand at its end."""
    has_plan(stubs, plan_md="x" * (approve.LONGEST_REVIEW + 7))
    stubs["codepipeline"].add_response("put_approval_result", {}, {**ANSWERED, "result": ANY})

    approve.answer(stack, "", reject=False)

    assert "CUT HERE: 7 more letters are not shown" in capsys.readouterr().out


def test_nothing_moves_the_cursor_over_what_is_approved(
    stack: Stack, site: Site, stubs: dict[str, Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    """A commit message could paint `nothing to destroy` over the plan."""
    told = waits(INFRASTRUCTURE)
    told["executions"][0]["message"] = "Tidy\x1b[2J\x1b]0;up\x07 up\r\u202e"
    site.pages[PAGE] = json.dumps([told]).encode()
    has_plan(stubs, plan_md="# 9 to destroy\x1b[1A\x1b[2K\n- a\x9b2K table")
    stubs["codepipeline"].add_response("put_approval_result", {}, {**ANSWERED, "result": ANY})

    approve.answer(stack, "", reject=False)

    shown = capsys.readouterr().out
    assert "Tidy]0;up up\n" in shown and "# 9 to destroy\n- a2K table" in shown
    assert not set(shown) & set("\x1b\x07\r\x9b\u202e")


def test_where_nothing_waits_nothing_is_answered(stack: Stack, site: Site, stubs: dict[str, Stubber]) -> None:
    site.pages[PAGE] = json.dumps([ended(INFRASTRUCTURE, "Succeeded")]).encode()

    with pytest.raises(StepFailed, match="nothing waits"):
        approve.answer(stack, "", reject=False)


def test_a_pipeline_in_which_nothing_waits_is_told_with_those_that_do(stack: Stack, stubs: dict[str, Stubber]) -> None:
    """A mistyped name must not approve another pipeline's plan."""
    with pytest.raises(StepFailed, match=r"nothing waits in stockcast-dags\.\n  stockcast-infrastructure"):
        approve.answer(stack, "stockcast-dags", reject=False)


def test_of_several_one_has_to_be_named(stack: Stack, site: Site, stubs: dict[str, Stubber]) -> None:
    site.pages[PAGE] = json.dumps([waits(INFRASTRUCTURE), waits("stockcast-models")]).encode()

    with pytest.raises(StepFailed, match="several wait") as refused:
        approve.answer(stack, "", reject=True)

    assert "make reject PIPELINE=stockcast-infrastructure" in str(refused.value)


def test_an_approval_that_somebody_else_has_answered_is_told_in_words(stack: Stack, stubs: dict[str, Stubber]) -> None:
    has_plan(stubs, plan_md="# nothing")
    stubs["codepipeline"].add_client_error("put_approval_result", "ApprovalAlreadyCompletedException", "too late")

    with pytest.raises(StepFailed, match="too late"):
        approve.answer(stack, "", reject=False)


def test_at_a_terminal_a_no_leaves_it_waiting(
    stack: Stack, stubs: dict[str, Stubber], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown there for the first time: whoever is startled by it must be able to go away."""
    has_plan(stubs, plan_md="# 9 to destroy")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "no")

    with pytest.raises(StepFailed, match="not confirmed"):
        approve.answer(stack, "", reject=False)
