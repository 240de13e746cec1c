"""GET /_localaws/pipelines: the pipelines in a browser. One page, nothing loaded from elsewhere, no scripts."""

from __future__ import annotations

import re
from datetime import datetime
from html import escape
from pathlib import Path

from localaws.codepipeline.execution import OPEN
from localaws.gateway.actions import Body

STYLE = Path(__file__).with_name("page.css")
BUSY_SECONDS, IDLE_SECONDS = 2, 15  # until the page loads itself again
WORDS = {"InProgress": "running", "NotStarted": "not yet"}
SIGNS = {"Succeeded": "✓", "Failed": "✕", "InProgress": "●", "Skipped": "»", "NotStarted": "○"}
OTHER_SIGN = "■"  # stopped, abandoned, superseded
# Where AWS's console shows a build's log; here the log stands beside this page.
CONSOLE_LOG = re.compile(
    r"https://[a-z0-9-]+\.console\.aws\.amazon\.com/codesuite/codebuild/projects/[^/]+/build/([^/?#]+)/log.*"
)
NO_PIPELINES = "<p class=none>There is no pipeline yet. <code>make up</code> makes them.</p>"
NO_EXECUTIONS = "<p class=none>Nothing has run yet. A push to the remote <code>local</code> starts it.</p>"


def html(story: list[Body]) -> bytes:
    """The page for what the story tells."""
    busy = any(one["status"] in OPEN for pipeline in story for one in pipeline["executions"])
    body = "".join(_pipeline(one) for one in story) or NO_PIPELINES
    now = datetime.now().astimezone().strftime("%H:%M:%S")
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{_title(story)}</title>"
        f'<meta http-equiv=refresh content="{BUSY_SECONDS if busy else IDLE_SECONDS}">'
        '<meta name=viewport content="width=device-width, initial-scale=1"><link rel=icon href="data:,">'
        f"<style>{STYLE.read_text()}</style></head><body><header><h1>Pipelines</h1>"
        f"<p>{'Something runs' if busy else 'Nothing runs'} · as of {now}</p></header><main>{body}</main></body></html>"
    ).encode()


def _title(story: list[Body]) -> str:
    newest = [pipeline["executions"][0]["status"] for pipeline in story if pipeline["executions"]]
    waits = any(_waiting(one) for pipeline in story for one in pipeline["executions"])
    signs = "?" if waits else "".join(SIGNS.get(status, OTHER_SIGN) for status in newest)
    return f"{signs} Pipelines"


def _pipeline(pipeline: Body) -> str:
    told = pipeline["executions"]
    executions = "".join(_execution(pipeline["name"], one, is_newest=one is told[0]) for one in told) or NO_EXECUTIONS
    return f"<section><h2>{escape(pipeline['name'])}</h2>{executions}</section>"


def _execution(pipeline: str, one: Body, is_newest: bool) -> str:
    """The newest and those that run stand open; the others open at a click."""
    started = datetime.fromtimestamp(one["started"]).astimezone().strftime("%a %H:%M:%S")
    message = escape(one["message"].splitlines()[0] if one["message"] else "")
    commit = f"<code title='{escape(one['commit'])}'>{escape(one['commit'][:8]) or '—'}</code>"
    head = (
        f"<summary>{_chip(one['status'])}{commit}"
        f"<span class=message>{message}</span><span class=facts>{_seconds(one['seconds'])} · {started}</span></summary>"
    )
    about = f"<p class=about>Execution {escape(one['id'][:8])}: {escape(one['trigger'])}</p>"
    waits = f"<p class=waits>{escape(one['waits'])}</p>" if one["waits"] else ""
    unseen = not any(action["error"] for stage in one["stages"] for action in stage["actions"])
    why = f"<p class=error>{escape(one['summary'])}</p>" if one["summary"] and unseen else ""
    stages = "".join(_stage(stage, one["message"]) for stage in one["stages"])
    approvals = "".join(_approval(pipeline, stage, action) for stage, action in _waiting(one))
    shown = " open" if is_newest or one["status"] in OPEN else ""
    return (
        f"<details id='{escape(one['id'])}' class='execution {escape(one['status'])}'{shown}>{head}{about}{waits}{why}"
        f"{approvals}<ol class=stages>{stages}</ol></details>"
    )


def _waiting(execution: Body) -> list[tuple[Body, Body]]:
    return [(stage, action) for stage in execution["stages"] for action in stage["actions"] if action.get("token")]


def _approval(pipeline: str, stage: Body, action: Body) -> str:
    text = escape(action["summary"]) or "No text was given for this approval."
    more = _more(action.get("link", ""))
    return (
        f"<div class=approval><h3>{escape(stage['name'])} waits for you</h3><p>{text}</p>{more}"
        f"<p>To go on: <code>make approve PIPELINE={escape(pipeline)}</code> · to refuse: "
        f"<code>make reject PIPELINE={escape(pipeline)}</code></p></div>"
    )


def _more(link: str) -> str:
    """What whoever asks wants to be read. Anything but a web address would be a script's way in."""
    if not link.startswith(("https://", "http://")):
        return ""
    if log := CONSOLE_LOG.fullmatch(link):
        return f"<p>To read first: <a href='builds/{escape(log[1])}'>the log of {escape(log[1])}</a></p>"
    return f"<p>To read first: <a href='{escape(link)}' rel=noreferrer>{escape(link)}</a></p>"


def _stage(stage: Body, message: str) -> str:
    entry = f"<p class=entry>{escape(stage['entry'])}</p>" if stage["entry"] else ""
    actions = "".join(_action(action, message) for action in stage["actions"]) if stage["status"] != "Skipped" else ""
    time = _seconds(stage["seconds"]) if stage["status"] not in ("NotStarted", "Skipped") else ""
    word = "skipped" if stage["status"] == "Skipped" else time
    return (
        f"<li class='stage {escape(stage['status'])}'><h3>{escape(stage['name'])}<span>{word}</span></h3>"
        f"{entry}<ul>{actions}</ul></li>"
    )


def _action(action: Body, message: str) -> str:
    """The commit's message stands above already, so a source action does not repeat it."""
    log = f" <a href='{escape(action['log'])}'>log</a>" if action["log"] else ""
    time = _seconds(action["seconds"]) if action["status"] != "NotStarted" else ""
    said = f"<p class=error>{escape(action['error'])}</p>" if action["error"] else ""
    if not said and not action.get("token") and action["summary"] not in ("", message):
        said = f"<p class=said>{escape(action['summary'].splitlines()[0])}</p>"
    sign = SIGNS.get(action["status"], OTHER_SIGN)
    return (
        f"<li class='{escape(action['status'])}'><div><b>{sign}</b> {escape(action['name'])}{log}"
        f"<span>{time}</span></div>{said}</li>"
    )


def _chip(status: str) -> str:
    return f"<b class='chip {escape(status)}'>{escape(WORDS.get(status, status.lower()))}</b>"


def _seconds(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
