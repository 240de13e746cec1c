"""What the local stack's repository does with a push: hand it to the pipelines, or refuse it while there are none.

    python push_hook.py pre-receive|post-receive REPOSITORY_ID ENDPOINT STACK_ID OPEN_MARKER

Git calls it with one line `<before> <after> <ref>` for each ref on standard input; what it prints, the person who
pushes reads behind `remote:`. Standard library only, and a script of its own: it starts in a tenth of a second.
"""

from __future__ import annotations

import http.client
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

BRANCHES, MAIN = "refs/heads/", "refs/heads/main"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy would look on its own machine


class Pushed(NamedTuple):
    """One ref that moves; the commit is all zeros where there was, or will be, none."""

    before: str
    after: str
    ref: str

    @property
    def is_deletion(self) -> bool:
        return not self.after.strip("0")


class Stack(NamedTuple):
    """The stack whose pipelines follow this repository."""

    repository: str
    endpoint: str
    id: str
    open_marker: str  # a file that stands while the pipelines do


def refusal(stack: Stack, refs: Sequence[Pushed]) -> str:
    """Why this push must not come in; empty where it may.

    A commit that came in while no pipeline stood would never be deployed, and the next push of the same says
    "everything up-to-date".
    """
    if any(pushed.is_deletion and pushed.ref == MAIN for pushed in refs):
        return "main cannot be deleted: the pipelines deploy what it holds. Push a commit that reverts instead."
    health = ask(f"{stack.endpoint}/_localaws/health")
    if health is None:
        return f"no embedded AWS answers at {stack.endpoint}, so nothing would be deployed. Run `make up` first."
    if health.get("stack_id") != stack.id:
        return f"{stack.endpoint} is the embedded AWS of another clone. Run `make up` in the clone of this repository."
    if not Path(stack.open_marker).exists():
        return "the pipelines do not stand yet. Wait for `make up` to say so, or run it again, then push again."
    return ""


def deploy(stack: Stack, refs: Sequence[Pushed]) -> list[str]:
    """Tell the pipelines of each branch that moved; what they say about it."""
    said = []
    for pushed in refs:
        if not pushed.ref.startswith(BRANCHES) or pushed.is_deletion:
            said.append(f"{pushed.ref}: no pipeline follows it")
            continue
        branch = pushed.ref.removeprefix(BRANCHES)
        told = {"repository": stack.repository, "branch": branch, "before": pushed.before, "after": pushed.after}
        answer = ask(f"{stack.endpoint}/_localaws/pushed", told)
        if answer is None:
            said.append(f"{branch} came in, but no embedded AWS answered: run `make up`, it takes the clone's commit")
            continue
        said += answer.get("said") or [f"no pipeline follows {branch}; they follow main"]
        if answer.get("started"):
            said.append(f"watch: make pipelines WATCH=1, or {stack.endpoint}/_localaws/pipelines")
    return said


def ask(url: str, told: object = None) -> dict[str, Any] | None:
    """The JSON object that a page answers; an error's own words as said; None where nobody answers."""
    body = None if told is None else json.dumps(told).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310  it is our own
    try:
        with OPENER.open(request, timeout=30) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as problem:
        return {"said": [f"refused: {problem.read().decode(errors='replace')[:500]}"]}
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return found if isinstance(found, dict) else None


def main(argv: Sequence[str], lines: Sequence[str]) -> int:
    hook, stack = argv[0], Stack(*argv[1:])
    refs = [Pushed(*line.split()) for line in lines if line.strip()]
    if hook == "pre-receive":
        if why := refusal(stack, refs):
            print(f"stockcast: {why}", flush=True)
        return 1 if why else 0
    print("\n".join(deploy(stack, refs)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin.readlines()))
