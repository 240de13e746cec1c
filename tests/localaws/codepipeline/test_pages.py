"""What people see of the pipelines: the page, and the facts behind it."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from tests.localaws.codepipeline.toys import Body, Toys, approval, await_until, build, get, only_if, post, stage

from localaws.codepipeline import page


def story(toys: Toys, name: str) -> Body:
    """The newest execution of a pipeline, as told."""
    told = json.loads(get(toys.gateway, "pipelines.json"))
    return dict(next(one for one in told if one["name"] == name)["executions"][0])


def test_the_facts_tell_what_ran_what_was_skipped_and_what_waits(toys: Toys) -> None:
    """`make pipelines` and `make approve` know nothing else."""
    plan = build("Plan", "CHANGES=no", namespace="Plan")
    link = "https://example.com/#{codepipeline.PipelineExecutionId}"
    skipped = stage("Apply", build("Apply"), **only_if("#{Plan.CHANGES}", "NE", "no"))
    ask = stage("Ask", approval(CustomData="Really, with #{Plan.CHANGES} changes?", ExternalEntityLink=link))
    toys.make("told-of", stage("Plan", plan), skipped, ask, stage("Go", build("Go")))
    token = toys.token("told-of")

    one = story(toys, "told-of")

    assert [stage["status"] for stage in one["stages"]] == [
        "Succeeded", "Succeeded", "Skipped", "InProgress", "NotStarted"
    ]  # fmt: skip
    assert one["commit"] == toys.git("rev-parse", "origin/main") and one["message"]
    assert "which does not hold" in one["stages"][2]["entry"]
    waiting = one["stages"][3]["actions"][0]
    assert (waiting["token"], waiting["summary"]) == (token, "Really, with no changes?")
    assert waiting["link"] == f"https://example.com/{one['id']}"
    built = one["stages"][1]["actions"][0]
    assert built["build"].startswith("toy-build:") and built["seconds"] > 0
    assert b"Entering phase BUILD" in get(toys.gateway, built["log"].split("/_localaws/")[1])
    toys.answer("told-of", token, "Rejected")


def test_the_facts_tell_behind_whom_an_execution_waits(toys: Toys) -> None:
    first = toys.make("line", stage("Ask", approval()))
    token = toys.token("line")
    second = toys.client.start_pipeline_execution(name="line")["pipelineExecutionId"]

    waits = f"waits before stage Ask, behind {first[:8]}"
    await_until(lambda: story(toys, "line"), lambda one: one["waits"] == waits)

    toys.client.stop_pipeline_execution(pipelineName="line", pipelineExecutionId=second)
    toys.answer("line", token, "Rejected")


class Reader(HTMLParser):
    """Collects tags and text, and sees to it that what is opened is closed."""

    EMPTY = ("meta", "link")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: bytes) -> Reader:
    """Parse it."""
    reader = Reader()
    reader.feed(html.decode())
    return reader


def told(message: str = "", status: str = "InProgress", **more: object) -> list[Body]:
    """A story of one execution that waits for somebody."""
    actions = [
        {"name": "Build", "status": "Failed", "seconds": 75.0, "summary": "", "error": message, "build": "b:1",
         "log": "http://127.0.0.1:1/log"},
        {"name": "Ask", "status": "InProgress", "seconds": 3.0, "summary": message, "error": "", "build": "", "log": "",
         "token": "t"},
    ]  # fmt: skip
    stages = [{"name": "S", "status": status, "seconds": 75.0, "entry": message, "actions": actions}]
    one = {"id": "1a2b3c4d-x", "status": status, "commit": "c" * 40, "message": message, "trigger": message,
           "started": 1.0, "seconds": 4000.0, "summary": "", "waits": message, "stages": stages, **more}  # fmt: skip
    return [{"name": "stockcast-dags", "executions": [one]}]


def test_the_page_is_whole_and_asks_nobody_else(toys: Toys) -> None:
    """It has to work without a network, and must not run what a commit message says."""
    reader = read(get(toys.gateway, "pipelines"))

    assert "Pipelines" in reader.text
    assert "script" not in [tag for tag, _ in reader.tags]
    links = [given.get("href") or given.get("src") or "" for _, given in reader.tags]
    assert not [link for link in links if link.startswith("http") and not link.startswith(toys.gateway.url)]


def test_a_commit_message_with_tags_in_it_stays_text() -> None:
    """Whoever pushes must not write into somebody's browser."""
    nasty = "<img src=x onerror=alert(1)> & 'quotes\" </details>"

    reader = read(page.html(told(nasty)))

    assert "img" not in [tag for tag, _ in reader.tags]
    assert nasty in reader.text and reader.open == []


def test_the_page_says_how_to_approve_and_reloads_while_something_runs() -> None:
    """A person who sees that something waits must see what to do."""
    busy, idle = read(page.html(told("Add 2?"))), read(page.html(told(status="Succeeded")))

    assert "make approve PIPELINE=stockcast-dags" in busy.text and "Add 2?" in busy.text
    refresh = [given["content"] for reader in (busy, idle) for tag, given in reader.tags if "http-equiv" in given]
    assert refresh == ["2", "15"]
    assert "1 h 6 min" in busy.text and "1 min 15 s" in busy.text


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://us-east-1.console.aws.amazon.com/codesuite/codebuild/projects/p/build/p:1-a/log?region=us-east-1",
         ["builds/p:1-a"]),
        ("https://example.com/commit/'onclick='x", ["https://example.com/commit/'onclick='x"]),
        ("javascript:alert(1)", []),
    ],
)  # fmt: skip
def test_what_is_to_be_read_before_an_approval_is_a_click_away(link: str, shown: list[str]) -> None:
    """On AWS the console has a build's log; sent there from this machine, nobody would find it."""
    story = told("Add 2?")
    story[0]["executions"][0]["stages"][0]["actions"][1]["link"] = link

    reader = read(page.html(story))

    links = [given["href"] for tag, given in reader.tags if tag == "a"]
    assert links[:-1] == shown and links[-1] == "http://127.0.0.1:1/log"
    assert not [given for _, given in reader.tags if "onclick" in given]


def test_without_pipelines_the_page_says_how_to_get_them() -> None:
    assert "make up" in read(page.html([])).text
    assert "Nothing has run yet" in read(page.html([{"name": "x", "executions": []}])).text


def test_a_body_that_is_no_json_is_refused(toys: Toys) -> None:
    assert post(toys.gateway, "pushed", b"{")["__type"] == "SerializationException"


def test_a_push_that_comes_as_a_form_is_refused(toys: Toys) -> None:
    """A page of another site can send forms to this machine, and would start pipelines with them."""
    head = toys.git("rev-parse", "HEAD")
    body = json.dumps({"repository": "local/toys", "branch": "main", "before": head, "after": head}).encode()

    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert post(toys.gateway, "pushed", body, content_type)["__type"] == "UnsupportedMediaType"
    assert "said" in post(toys.gateway, "pushed", body, "application/json; charset=utf-8")
