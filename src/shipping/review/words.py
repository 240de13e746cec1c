"""Words that all forms of a review share."""

from __future__ import annotations

import unicodedata

from shipping.review.bill import Line
from shipping.review.changes import Change

LONGEST = 400  # characters of one fact: a policy may name a resource in 2048
ATTRIBUTES_TOLD = 12
OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")  # Unicode's control and format characters, surrogates, separators of lines

HEADINGS = {
    "destroyed": "Destroyed",
    "replacement": "Destroyed and made anew",
    "IAM widening": "More rights",
    "public exposure": "Open to the public",
    "encryption weakened": "Encrypted less",
    "data at risk": "Data at risk",
}
UNCHANGED = "-"
NOT_PRICED = "Not priced, and missing in the sum: no pipeline applies this plan"
NO_DANGERS = "No dangers were found."
NO_CHANGES = "Nothing changes."
DRIFT = "Changed outside of this code since the last apply"
ASSUMPTIONS = "What the sums rest on"


def clean(text: str) -> str:
    """Without characters that a terminal obeys or that turn a line around, and of a length that one reads."""
    plain = replace_controls(text)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 4]} ..."


def replace_controls(text: str) -> str:
    """The text with a visible sign in the place of each character that a terminal or a browser would obey."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(one) in OBEYED else one for one in text)


def usd(amount: float | None, *, signed: bool = False) -> str:
    """Such as `357.70`; `not priced` where the book has none."""
    if amount is None:
        return "not priced"
    if signed and abs(amount) < 0.005:
        return UNCHANGED
    return f"{amount:+,.2f}" if signed else f"{amount:,.2f}"


def attributes(change: Change) -> str:
    """What differs in a resource, with values where they can do no harm."""
    told = [str(one) for one in change.differences]
    more = len(told) - ATTRIBUTES_TOLD
    return clean(", ".join(told[:ATTRIBUTES_TOLD]) + (f" and {more} more" if more > 0 else ""))


def local_name(change: Change) -> str:
    """The address within its module."""
    return clean(change.address.removeprefix(f"{change.module}.") if change.module else change.address)


def module_name(name: str) -> str:
    return clean(name) if name else "the root"


def share_of_doubt(lines: tuple[Line, ...]) -> str:
    """How much of the sum rests on prices that could not be verified."""
    doubtful = sum(line.after or 0 for line in lines if "unverified" in line.how)
    return f"{doubtful:,.0f} USD of it rest on prices that could not be verified." if doubtful >= 1 else ""
