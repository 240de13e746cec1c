"""Which statement of a role, which action and which resource of it, is needed by what was really asked.

Needed means: at least one request would have another answer without it. So neither of two statements that grant the
same is needed, nor a grant that nothing uses, nor a denial of what nobody grants.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from localaws.privilege.decisions import Decision
from localaws.privilege.policies import Policy, Role, Statement


@dataclass(frozen=True, order=True)
class Part:
    """A statement of a role (or of a boundary: then its policy's name), or one action or one resource of it."""

    owner: str
    sid: str
    action: str = ""
    resource: str = ""


@dataclass(frozen=True)
class Use:
    """A part, and one request that needs it; None if there is none."""

    part: Part
    needed_by: Decision | None


def uses(roles: Sequence[Role], decisions: Iterable[Decision], region: str) -> list[Use]:
    """Every part of every role's policies. Parts of a statement that is not needed at all are not told one by one.

    Several roles may have one boundary. It is a ceiling: a part of it is needed if a request, or a grant of one of the
    roles, needs it, be that grant exercised or not.
    """
    known, found = list(decisions), dict[Part, Decision | None]()
    for role in roles:
        asked = [one for one in known if one.role == role.name]
        granted = [example for _, example in examples(role, region)]
        for owner, statement in statements(role):
            by = asked if owner == role.name else asked + granted
            for part, smaller in [(Part(owner, statement.sid), None), *_smaller(owner, statement)]:
                found[part] = found.get(part) or _breaks(role, statement, smaller, by)
    return [Use(part, by) for part, by in sorted(found.items()) if part == _whole(part) or found[_whole(part)]]


def statements(role: Role) -> Iterator[tuple[str, Statement]]:
    """Every statement with its owner's name: the role, or the boundary's policy."""
    yield from ((role.name, statement) for policy in role.policies for statement in policy.statements)
    if role.boundary:
        yield from ((role.boundary.name, statement) for statement in role.boundary.statements)


def unexplained(roles: Iterable[Role], decisions: Iterable[Decision]) -> list[Decision]:
    """Requests that were allowed, although these policies do not allow them: they are not what was in force."""
    by_name = {role.name: role for role in roles}
    allowed = [asked for asked in decisions if asked.answer == "Allow" and asked.role in by_name]
    return [asked for asked in allowed if not by_name[asked.role].allows(asked)]


def cut_off(role: Role, region: str) -> list[Part]:
    """What a role's statements grant and its boundary takes away again: such a grant can never be used."""
    return [part for part, example in examples(role, region) if not role.allows(example)]


def examples(role: Role, region: str) -> list[tuple[Part, Decision]]:
    """For each action and resource of each grant the request that it was written for."""
    grants = [one for policy in role.policies for one in policy.statements if one.effect == "Allow"]
    return [
        (Part(role.name, one.sid, action, resource), _example(role, one, action, resource, region))
        for one in grants
        for action, resource in itertools.product(one.actions, one.resources)
    ]


def _breaks(role: Role, old: Statement, new: Statement | None, asked: Sequence[Decision]) -> Decision | None:
    """The first request whose answer changes when `new` stands in the place of `old`."""
    changed, alone = role.with_(old, new), _granting(role, old)
    if old.effect == "Allow":
        spoken_of = (one for one in asked if one.answer == "Allow" and alone.allows(one))
        return next((one for one in spoken_of if not changed.allows(one)), None)
    spoken_of = (one for one in asked if one.answer == "Deny" and alone.allows(one))
    return next((one for one in spoken_of if changed.allows(one)), None)


def _granting(role: Role, statement: Statement) -> Role:
    """A role that may do exactly what the statement speaks of: a quick look before the whole is weighed."""
    grant = replace(statement, effect="Allow", document={**statement.document, "Effect": "Allow"})
    return Role(role.arn, (Policy("alone", (grant,)),))


def _smaller(owner: str, statement: Statement) -> Iterator[tuple[Part, Statement]]:
    """The statement with one action or one resource less, where it has several."""
    if len(statement.actions) > 1:
        for action in statement.actions:
            yield Part(owner, statement.sid, action=action), statement.without_action(action)
    if len(statement.resources) > 1:
        for resource in statement.resources:
            yield Part(owner, statement.sid, resource=resource), statement.without_resource(resource)


def _example(role: Role, statement: Statement, action: str, resource: str, region: str) -> Decision:
    """Patterns filled in, conditions met."""
    blocks = statement.document.get("Condition", {}).values()
    context = {key.lower(): _filled(value) for block in blocks for key, value in block.items()}
    keys = tuple(context.items())
    return Decision(f"role/{role.name}", _filled(action), _filled(resource), region, keys, "Allow")


def _filled(pattern: Any) -> str:
    first = pattern if isinstance(pattern, str) else str(next(iter(pattern)))
    return first.replace("*", "x")


def _whole(part: Part) -> Part:
    return Part(part.owner, part.sid)
