"""Whether one policy allows no more than another, by what its statements mean and not by how they are written.

Statements that are split, merged, renamed or put in another order say the same. Where meaning cannot be told apart for
sure, the answer is "more": a person then looks at something harmless, which is better than the other way round.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from shipping.doctor.policies import Statement, statements

Condition = tuple[str, str, tuple[str, ...]]
EVERYBODY = "*"


def parsed(text: str) -> list[Statement]:
    """A policy's statements. One that names whom it does *not* mean is about everybody: so the worst is assumed."""
    written = json.loads(text).get("Statement", [])
    bodies = written if isinstance(written, list) else [written]
    return [
        replace(one, others=(EVERYBODY,)) if body.get("NotPrincipal") else one
        for one, body in zip(statements(text), bodies, strict=True)
    ]


def newly_allowed(before: Sequence[Statement], after: Sequence[Statement]) -> list[Statement]:
    """Of what stands allowed after, the parts that no statement before allowed: each with one action and resource."""
    allowed = [one for one in before if one.effect == "Allow"]
    return [atom for one in after if one.effect == "Allow" for atom in _atoms(one) if not _covered(atom, allowed)]


def no_longer_denied(before: Sequence[Statement], after: Sequence[Statement]) -> list[Statement]:
    """Of what was denied before, the parts that no statement after denies."""
    denied = [one for one in after if one.effect == "Deny"]
    return [atom for one in before if one.effect == "Deny" for atom in _atoms(one) if not _covered(atom, denied)]


def asks_for_tls(statement: Statement) -> bool:
    """Whether a statement is about requests that come without TLS."""
    return any(key.lower() == "aws:securetransport" for _, key, _ in statement.conditions)


def _atoms(statement: Statement) -> Iterator[Statement]:
    """A statement as many that are about one action, one resource and one principal each; a Not* list stays whole."""
    for action in statement.actions or ("",):
        for resource in statement.resources or ("",):
            for service, other in _principals(statement):
                yield replace(
                    statement,
                    actions=(action,) if action else (),
                    resources=(resource,) if resource else (),
                    services=(service,) if service else (),
                    others=(other,) if other else (),
                )


def _principals(statement: Statement) -> list[tuple[str, str]]:
    found = [(service, "") for service in statement.services] + [("", other) for other in statement.others]
    return found or [("", "")]


def _covered(atom: Statement, by: Iterable[Statement]) -> bool:
    return any(
        _includes(one.actions, one.not_actions, atom.actions, atom.not_actions, lower=True)
        and _includes(one.resources, one.not_resources, atom.resources, atom.not_resources)
        and _includes_principal(one, atom)
        and _asks_no_more(one.conditions, atom.conditions)
        for one in by
    )


def _includes(
    wide: tuple[str, ...],
    wide_except: tuple[str, ...],
    narrow: tuple[str, ...],
    narrow_except: tuple[str, ...],
    *,
    lower: bool = False,
) -> bool:
    """Whether all that the narrow patterns mean is meant by the wide ones; each side may be "all except"."""
    if lower:
        wide, wide_except, narrow, narrow_except = (
            tuple(one.lower() for one in side) for side in (wide, wide_except, narrow, narrow_except)
        )
    if wide_except:
        if narrow_except:
            return all(any(covers(other, one) for other in narrow_except) for one in wide_except)
        return not any(_may_meet(one, other) for one in wide_except for other in narrow)
    if narrow_except:
        return "*" in wide
    if not (wide or narrow):
        return True  # a trust policy has no resources
    return all(any(covers(one, other) for one in wide) for other in narrow)


def covers(wide: str, narrow: str) -> bool:
    """Whether a pattern means everything that another one means."""
    return _pattern(wide).fullmatch(narrow) is not None


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    """As IAM's, save that ? does not stand for a * of the other pattern, which is longer than one character."""
    return re.compile("".join(".*" if c == "*" else "[^*]" if c == "?" else re.escape(c) for c in text), re.DOTALL)


def _may_meet(one: str, other: str) -> bool:
    """Whether two patterns may mean the same thing somewhere; sure only where their fixed beginnings differ."""
    if covers(one, other) or covers(other, one):
        return True
    starts = [re.split(r"[*?]", text)[0] for text in (one, other)]
    wild = [any(c in text for c in "*?") for text in (one, other)]
    return any(wild) and (starts[0].startswith(starts[1]) or starts[1].startswith(starts[0]))


def _includes_principal(wide: Statement, narrow: Statement) -> bool:
    if EVERYBODY in wide.others:
        return True
    if not (narrow.services or narrow.others):  # a policy of a role: it means whoever has it
        return not (wide.services or wide.others)
    return set(narrow.services) <= set(wide.services) and all(
        any(_names(one, other) for one in wide.others) for other in narrow.others
    )


def _names(wide: str, narrow: str) -> bool:
    """An account and its `root` are two words for the same."""
    return _account(wide) == _account(narrow)


def _account(principal: str) -> str:
    found = re.fullmatch(r"arn:[a-z-]+:iam::(\d{12}):root", principal)
    return found[1] if found else principal


def _asks_no_more(wide: Sequence[Condition], narrow: Sequence[Condition]) -> bool:
    """Whether every condition of the wide statement is asked by the narrow one too, at least as strictly."""
    return all(any(_at_least_as_strict(other, one) for other in narrow) for one in wide)


def _at_least_as_strict(one: Condition, other: Condition) -> bool:
    test, key, values = one
    other_test, other_key, other_values = other
    if key.lower() != other_key.lower() or test not in (other_test, other_test.removesuffix("IfExists")):
        return False
    if set(values) == set(other_values):
        return True
    if "Not" in test:
        return set(values) >= set(other_values)
    if test.partition(":")[2] or not test.startswith(("String", "Arn")):
        return False  # sets, numbers, dates and addresses: the same or not known
    wild = "Like" in test or test.startswith("Arn")
    return all(any(covers(b, a) if wild else a == b for b in other_values) for a in values)
