"""Who may do more afterwards: policies that allow more or forbid less, trust, attachments, boundaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shipping.doctor.plan import UNKNOWN
from shipping.doctor.policies import Statement
from shipping.review.changes import Action, Change
from shipping.review.dangers import policy_sides, subsumption
from shipping.review.dangers.danger import Danger, Kind
from shipping.review.dangers.policy_sides import PolicySides, Unreadable

EVERYBODY = subsumption.EVERYBODY
SHOWN_AT_MOST = 4
DENIES_BY_RESOURCE = ("aws_s3_bucket_policy", "aws_sns_topic_policy", "aws_sqs_queue_policy", "aws_kms_key")


def find(change: Change, every: Sequence[Change]) -> Iterator[Danger]:
    for sides in policy_sides.of(change):
        if sides.differs and not _is_another_resources(change, sides):
            yield from _policy(change, sides, every)
    if change.type in ("aws_iam_role", "aws_iam_user"):
        yield from _boundary(change, every)
    if change.action in (Action.CREATE, Action.REPLACE, Action.UPDATE):
        yield from _attached(change)


def _is_another_resources(change: Change, sides: PolicySides) -> bool:
    """Attributes that AWS fills in, and whose own resource tells of every change."""
    return sides.is_filled_in_by_aws or (
        change.type in ("aws_s3_bucket", "aws_sns_topic") and sides.after is not UNKNOWN and not sides.after
    )


def _policy(change: Change, sides: PolicySides, every: Sequence[Change]) -> Iterator[Danger]:
    try:
        before, after = sides.statements()
    except Unreadable as why:
        if change.before:
            yield _widened(change, f"{sides.attribute} changes and {why}", "nobody can say beforehand what it allows")
        return
    allowed = subsumption.newly_allowed(before, after)
    if _is_new_with_its_holder(change, every):
        allowed = [one for one in allowed if is_broad(one)]
    if allowed:
        yield _widened(change, f"newly allows {_listed(allowed)}", _meaning(allowed))
    lifted = [one for one in subsumption.no_longer_denied(before, after) if not subsumption.asks_for_tls(one)]
    if change.after and lifted:  # requests without TLS are told as encryption
        yield _widened(change, f"no longer denies {_listed(lifted)}", "what was forbidden whoever allows it, is not")
    elif not change.after and lifted and change.type in DENIES_BY_RESOURCE:
        yield _widened(change, "takes its Deny statements along", "whom others allow it may do what they forbade")


def _is_new_with_its_holder(change: Change, every: Sequence[Change]) -> bool:
    """A new role with a new policy widens nothing that stood; only what is broad in itself is told of it."""
    if change.before:
        return False
    if change.type not in ("aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy"):
        return True
    module = [one for one in every if one.module == change.module and one.type == "aws_iam_role"]
    holder = change.after.get("role")
    named = [one for one in every if one.type == "aws_iam_role" and one.after.get("name") == holder]
    return all(one.action in (Action.CREATE, Action.REPLACE) for one in (named or module))


def is_broad(statement: Statement) -> bool:
    """Broad whoever has it: everything, a whole service on everything, or anybody at all."""
    if EVERYBODY in statement.others and not statement.conditions:
        return True
    if statement.not_actions or "*" in statement.actions:
        return not statement.others and not statement.services
    whole_service = any(action.endswith(":*") for action in statement.actions)
    return whole_service and (statement.resources == ("*",) or bool(statement.not_resources)) and not statement.others


def _boundary(change: Change, every: Sequence[Change]) -> Iterator[Danger]:
    before, after = (side.get("permissions_boundary") for side in (change.before, change.after))
    if change.action is Action.CREATE:
        others = [one for one in every if one.type == change.type and one.address != change.address]
        if after is not UNKNOWN and not after and any(_has_boundary(one) for one in others):
            yield _widened(change, "is made without a permissions boundary", "every other one here has one")
    elif before and change.after and after is not UNKNOWN and not after:
        yield _widened(change, "loses its permissions boundary", "only its own policies limit it")
    elif before and change.after and (after is UNKNOWN or after != before):
        yield _widened(change, "gets another permissions boundary", "read what that one allows")


def _has_boundary(change: Change) -> bool:
    boundary = change.after.get("permissions_boundary")
    return boundary is UNKNOWN or bool(boundary)


def _attached(change: Change) -> Iterator[Danger]:
    """What gives rights without a policy's text: attachments and permissions of functions."""
    if change.type in ("aws_iam_role_policy_attachment", "aws_iam_user_policy_attachment", "aws_iam_policy_attachment"):
        policy = change.after.get("policy_arn")
        if _is_new(change, "policy_arn") and isinstance(policy, str) and ":iam::aws:" in policy:
            yield _widened(change, f"attaches AWS's own {policy.rpartition('/')[2]}", "AWS may widen it at any time")
        elif _is_new(change, "policy_arn"):
            yield _widened(change, "attaches one more policy", "its holder may do all that it allows")
    elif change.type == "aws_lambda_permission":
        who = change.after.get("principal")
        if _is_new(change, "principal") and who != EVERYBODY:  # everybody is told as public
            limits = [change.after.get(key) for key in ("source_account", "source_arn")]
            unlimited = not any(limit is UNKNOWN or limit for limit in limits)
            meaning = "no account or source limits it" if unlimited else "within the source that it names"
            yield _widened(change, f"lets {who if isinstance(who, str) else 'somebody'} call the function", meaning)


def _is_new(change: Change, attribute: str) -> bool:
    before, after = change.before.get(attribute), change.after.get(attribute)
    return after is UNKNOWN or before != after


def _widened(change: Change, what: str, meaning: str) -> Danger:
    return Danger(Kind.WIDENED, change.address, what, meaning)


def _meaning(allowed: Iterable[Statement]) -> str:
    if any(EVERYBODY in one.others and not one.conditions for one in allowed):
        return "that is anybody in the world"
    if any(is_broad(one) for one in allowed):
        return "that is far more than one job needs"
    return "nothing allowed it before"


def _listed(found: Sequence[Statement]) -> str:
    told = list(dict.fromkeys(_told(one) for one in found))
    more = len(told) - SHOWN_AT_MOST
    return "; ".join(told[:SHOWN_AT_MOST]) + (f"; and {more} more" if more > 0 else "")


def _told(one: Statement) -> str:
    """Conditions by their keys only: a value may be a secret, such as an external id."""
    action = one.actions[0] if one.actions else f"all but {', '.join(one.not_actions)}"
    resource = one.resources[0] if one.resources else f"all but {', '.join(one.not_resources)}"
    on = f" on {resource}" if one.resources or one.not_resources else ""
    who: tuple[Any, ...] = (*one.services, *one.others)
    to = f" {'for' if one.effect == 'Deny' else 'to'} {', '.join(who)}" if who else ""
    keys = ", ".join(sorted({key for _, key, _ in one.conditions}))
    return f"{action}{on}{to}" + (f" if {keys} fits" if keys else " without a condition" if who else "")
