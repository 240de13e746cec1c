"""What is encrypted less afterwards: at rest, or on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from shipping.doctor.plan import UNKNOWN
from shipping.review.changes import Action, Change
from shipping.review.dangers import policy_sides, subsumption
from shipping.review.dangers.danger import Danger, Kind
from shipping.review.dangers.policy_sides import Unreadable

# Attributes that name a key, wherever they stand; and switches that must be on.
KEY = re.compile(r"^(kms_key(_(id|arn))?|kms_master_key_id|kms_data_key_reuse_arn|encryption_key)$")
SWITCHES = ("enable_key_rotation", "encrypted", "is_enabled", "sqs_managed_sse_enabled", "storage_encrypted")
# Attributes whose values can be weaker than others: the strong ones, from the strongest.
MODES = {
    "cloudwatch_encryption_mode": ("SSE-KMS", "DISABLED"),
    "encryption_type": ("KMS", "AES256"),
    "job_bookmarks_encryption_mode": ("CSE-KMS", "DISABLED"),
    "s3_encryption_mode": ("SSE-KMS", "SSE-S3", "DISABLED"),
    "sse_algorithm": ("aws:kms:dsse", "aws:kms", "AES256"),
}
BUCKETS_OWN = "aws_s3_bucket_server_side_encryption_configuration"


def find(change: Change, every: Sequence[Change]) -> Iterator[Danger]:
    told = [*_taken_away(change), *_weaker(change), *_unsafe_ways(change, every)]
    for what, meaning in told:
        yield Danger(Kind.UNENCRYPTED, change.address, what, meaning)


def _taken_away(change: Change) -> Iterator[tuple[str, str]]:
    if change.action is Action.DELETE and change.type in (BUCKETS_OWN, "aws_glue_security_configuration"):
        yield "is taken away", "what is written from now on is not encrypted with the environment's key"


def _weaker(change: Change) -> Iterator[tuple[str, str]]:
    if not (change.before and change.after):
        return
    for path, before, after in _leaves(change.before, change.after, ()):
        name = path[-1]
        told = _key(before, after) if KEY.match(name) else _switch_or_mode(name, before, after)
        if change.type == "aws_ssm_parameter" and path == ("type",) and (before, after) == ("SecureString", "String"):
            told = "is kept in the clear now, not as SecureString"
        if told:
            yield f"{'.'.join(path)} {told}", "what is written from now on is protected less, or by another key"


def _key(before: Any, after: Any) -> str:
    if not before or before == after:
        return ""
    if after is UNKNOWN:
        return "is another key, known after apply"
    return "names another key" if after else "names no key any more"


def _switch_or_mode(name: str, before: Any, after: Any) -> str:
    if name in SWITCHES and before is True and after is not True and after is not UNKNOWN:
        return "is switched off"
    order = MODES.get(name, ())
    if before in order and after is not UNKNOWN and after != before:
        weaker = after not in order or order.index(after) > order.index(before)
        return f"was {before} and is {after or 'none'}" if weaker else ""
    return ""


def _leaves(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Every value of the side before that is no block, beside what it becomes; a block that goes leaves None."""
    if isinstance(before, dict):
        for key, one in before.items():
            other = after.get(key) if isinstance(after, dict) else after if after is UNKNOWN else None
            yield from _leaves(one, other, (*path, key))
    elif isinstance(before, list) and any(isinstance(one, dict) for one in before):
        for place, one in enumerate(before):
            other = after[place] if isinstance(after, list) and place < len(after) else None
            yield from _leaves(one, after if after is UNKNOWN else other, (*path, str(place)))
    elif path:
        yield path, before, after


def _unsafe_ways(change: Change, every: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """The statement that refuses whoever does not come by TLS."""
    for sides in policy_sides.of(change):
        if not sides.differs or (not change.after and _goes_too(change, every)):
            continue  # nobody asks a bucket that is gone
        try:
            before, after = sides.statements()
        except Unreadable:
            continue
        lifted = subsumption.no_longer_denied(before, after)
        if any(subsumption.asks_for_tls(one) for one in lifted):
            yield "no longer refuses requests without TLS", "data may travel in the clear"


def _goes_too(policy: Change, every: Sequence[Change]) -> bool:
    """Whether the bucket or topic that a policy belongs to is destroyed with it."""
    names = {policy.before.get(key) for key in ("bucket", "arn", "queue_url")} - {None}
    return not policy.type.endswith("_policy") or any(
        change.action is Action.DELETE
        and change.address != policy.address
        and names & {change.before.get(key) for key in ("id", "arn", "bucket")}
        for change in every
    )
