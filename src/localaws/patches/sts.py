"""STS: root, who takes roles here as a service would, takes them for this account.

Airflow's processes, and whoever tries a role by hand, stand for MWAA, SageMaker or Lambda. These say for which account
they work, and our trust policies ask for it; on AWS root itself can take no role at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext

from localaws.patches.replace import replace


def apply() -> None:
    """Give root's AssumeRole the key aws:SourceAccount."""
    replace(iam_evaluator, "evaluate_trust_policy", _for_this_account)


def _for_this_account(
    old: Callable[..., bool], trust: str | Mapping[str, Any], caller: str, context: EvalContext | None = None
) -> bool:
    if context is not None and caller.endswith(":root"):
        context.service_context["aws:sourceaccount"] = context.principal_account
    return old(trust, caller, context)
