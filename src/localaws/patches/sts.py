"""STS: root, who takes roles here as a service would, takes them for this account; aws:PrincipalArn is a role's ARN.

Airflow's processes, and whoever tries a role by hand, stand for MWAA, SageMaker or Lambda. These say for which account
they work, and our trust policies ask for it; on AWS root itself can take no role at all.

Who acts under a role is known to conditions by the role, whatever the session is called. The emulator tells the
session's ARN, so that a trust in a role that does not exist yet, which only a condition can name, would never hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext

from localaws.patches.replace import replace


def apply() -> None:
    """Give root's AssumeRole the key aws:SourceAccount, and conditions the caller's role."""
    replace(iam_evaluator, "evaluate_trust_policy", _for_this_account)
    replace(iam_evaluator, "_resolve_condition_key", _role_of_session)


def _role_of_session(old: Callable[..., Any], key: str, context: EvalContext) -> Any:
    found = old(key, context)
    if key.lower() != "aws:principalarn" or ":assumed-role/" not in str(found):
        return found
    account, role = str(found).split(":")[4], str(found).split("/")[1]
    return f"arn:aws:iam::{account}:role/{role}"


def _for_this_account(
    old: Callable[..., bool], trust: str | Mapping[str, Any], caller: str, context: EvalContext | None = None
) -> bool:
    if context is not None and caller.endswith(":root"):
        context.service_context["aws:sourceaccount"] = context.principal_account
    return old(trust, caller, context)
