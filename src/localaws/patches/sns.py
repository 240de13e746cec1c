"""SNS: who publishes to an encrypted topic needs the key's permissions.

Without them AWS refuses the message, so an alert would be lost on the very day it was wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.iam_actions import identity_denial_message
from ministack.core.iam_evaluator import _verified_key, enforce
from ministack.core.responses import get_region
from ministack.services import kms, sns

from localaws.patches.replace import replace

NEEDED = ("kms:GenerateDataKey", "kms:Decrypt")


def apply() -> None:
    """Ask for both permissions before a message is taken."""
    replace(sns, "_publish", _publish)
    replace(sns, "_publish_batch", _publish)


def _publish(old: Callable[..., Any], asked: Mapping[str, Any]) -> Any:
    topic, _ = sns._get_topic(sns._normalize_arn(sns._p(asked, "TopicArn") or sns._p(asked, "TargetArn")))
    named = topic["attributes"].get("KmsMasterKeyId") if topic else None
    return (_refused(str(named)) if named else None) or old(asked)


def _refused(named: str) -> Any:
    """SNS's answer to a caller without the permissions on the key, or None. Root's signature is not checked."""
    caller, key = _verified_key.get(), kms._resolve_key(named)
    if not caller or key is None:  # no key of ours: AWS's own one, which everybody may use
        return None
    context = {"kms:ViaService": f"sns.{get_region()}.amazonaws.com"}
    for action in NEEDED:
        denied = enforce(caller, action, "kms", get_region(), key["Arn"], context)
        if denied is not None:
            message = identity_denial_message(action, denied.principal_arn, key["Arn"], denied.decision == "Deny")
            return sns._error("KMSAccessDenied", message, 400)
    return None
