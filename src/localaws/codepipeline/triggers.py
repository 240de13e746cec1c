"""Which pipelines a push starts: branch and changed files against the filters of their triggers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from localaws.codepipeline.declaration import sources
from localaws.gateway.actions import Body

GLOB = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|\{[^}]*\}")


@dataclass(frozen=True)
class Push:
    """A branch of a repository got a new newest commit, which changed these files."""

    repository: str
    branch: str
    commit: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Started:
    """The source action that takes the pushed commit, and the changed files that asked for it."""

    action: str
    because: tuple[str, ...]


def watches(pipeline: Body, repository: str) -> bool:
    """Whether a pipeline takes its source from a repository."""
    return any(action["configuration"]["FullRepositoryId"] == repository for action in sources(pipeline))


def started_by(pipeline: Body, push: Push) -> Started | None:
    """Why a push starts the pipeline; None where it does not."""
    triggers = {
        trigger["gitConfiguration"]["sourceActionName"]: trigger["gitConfiguration"]
        for trigger in pipeline.get("triggers") or []
    }
    for action in sources(pipeline):
        configuration = action["configuration"]
        if configuration["FullRepositoryId"] != push.repository:
            continue
        if trigger := triggers.get(action["name"]):
            because = _because(trigger, push, configuration["BranchName"])
        else:
            detects = configuration.get("DetectChanges", "true").lower() != "false"
            because = push.files if detects and push.branch == configuration["BranchName"] else None
        if because is not None:
            return Started(action["name"], because)
    return None


def _because(trigger: Body, push: Push, branch: str) -> tuple[str, ...] | None:
    """One filter that fits is enough. A filter of tags fits no push to a branch."""
    filters = trigger.get("push")
    if not filters:
        return None if trigger.get("pullRequest") else (push.files if push.branch == branch else None)
    for one in filters:
        if one.get("tags"):
            continue
        branches = one.get("branches") or {"includes": [branch]}
        files = tuple(name for name in push.files if _passes(name, one.get("filePaths") or {}))
        if _passes(push.branch, branches) and (files or not one.get("filePaths")):
            return files
    return None


def _passes(name: str, criteria: Body) -> bool:
    """Included, or nothing has to be; and not excluded, which wins."""
    includes, excludes = criteria.get("includes"), criteria.get("excludes") or []
    return (not includes or _any(includes, name)) and not _any(excludes, name)


def _any(patterns: Iterable[str], name: str) -> bool:
    return any(_compiled(pattern).fullmatch(name) for pattern in patterns)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    """`*` stays within a folder, `**` goes through folders; `?`, `[a-z]` and `{a,b}` as in a shell."""
    parts, end = [], 0
    for found in GLOB.finditer(pattern):
        parts += [re.escape(pattern[end : found.start()]), _translated(found[0])]
        end = found.end()
    return re.compile("".join(parts) + re.escape(pattern[end:]))


def _translated(wildcard: str) -> str:
    fixed = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if wildcard in fixed:
        return fixed[wildcard]
    if wildcard.startswith("["):
        return wildcard.replace("[!", "[^", 1)
    return "(?:" + "|".join(re.escape(choice) for choice in wildcard[1:-1].split(",")) + ")"
