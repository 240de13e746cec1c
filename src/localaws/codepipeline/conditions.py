"""The condition that stands before a stage. Where its rules hold, the execution enters; otherwise it skips or fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from localaws.codepipeline.execution import ActionFailed, Execution, Run, StageRun
from localaws.codepipeline.variables import resolved

RULE = ("Rule", "VariableCheck")
COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "EQ": lambda given, wanted: given == wanted,
    "NE": lambda given, wanted: given != wanted,
    "CONTAINS": lambda given, wanted: wanted in given,
    "MATCHES": lambda given, wanted: re.fullmatch(wanted, given) is not None,
}
ENTER, SKIP, FAIL = "ENTER", "SKIP", "FAIL"
RESULTS = (SKIP, FAIL)


def judge(stage: StageRun, execution: Execution) -> str:
    """ENTER, SKIP or FAIL. A rule that cannot be decided fails the stage: skipping would hide the mistake."""
    conditions = (stage.declared.get("beforeEntry") or {}).get("conditions") or []
    for condition in conditions:
        runs = [_checked(rule, execution) for rule in condition["rules"]]
        stage.rules += runs
        if errored := next((run for run in runs if run.error and run.error[0] != "RuleFailed"), None):
            stage.entry = ("Errored", f"{errored.name}: {errored.error[1] if errored.error else ''}")
            return FAIL
        if failed := next((run for run in runs if run.status == "Failed"), None):
            stage.entry = ("Failed", f"{failed.name}: {failed.summary}")
            return str(condition.get("result", FAIL))
        stage.entry = ("Succeeded", "; ".join(run.summary for run in runs))
    return ENTER


def _checked(rule: dict[str, Any], execution: Execution) -> Run:
    run = Run(rule)
    try:
        run.configuration = resolved(rule["configuration"], execution.namespaces)
        holds = _holds(run.configuration)
    except ActionFailed as failed:
        run.end("Failed", (failed.code, failed.message))
        return run
    given, operator, wanted = (run.configuration[key] for key in ("Variable", "Operator", "Value"))
    asked = f"{rule['configuration']['Variable']} is {given!r}; asked is {operator} {wanted!r}"
    run.summary = asked if holds else f"{asked}, which does not hold"
    run.end("Succeeded" if holds else "Failed", None if holds else ("RuleFailed", run.summary))
    return run


def _holds(configuration: dict[str, str]) -> bool:
    try:
        return COMPARISONS[configuration["Operator"]](configuration["Variable"], configuration["Value"])
    except re.error as error:
        message = f"{configuration['Value']!r} is not a regular expression: {error}. Mend Value of the rule."
        raise ActionFailed("InvalidRuleConfiguration", message) from error
