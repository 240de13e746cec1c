"""A source's raw answer, and the ways in which it can fail to be one.

Every failure names the symbol, the rule that broke and the way out, and keeps the answer it is about, so that whoever
asked can put the refused bytes into quarantine beside the reason. None of them holds an access key.
"""

from typing import NamedTuple

HIDDEN = "***"  # stands where an access key stood


class RawAnswer(NamedTuple):
    """What came over the wire, before anybody believed it. Where it held an access key it holds `***`."""

    body: bytes
    url: str
    status: int


class SourceError(Exception):
    """A symbol could not be fetched. `reason` is the rule with the value that broke it, `remedy` what to do."""

    def __init__(self, symbol: str, reason: str, remedy: str, answer: RawAnswer | None = None) -> None:
        super().__init__(f"{symbol}: {reason} {remedy}")
        self.symbol = symbol
        self.reason = reason
        self.remedy = remedy
        self.answer = answer  # None when nothing came back at all


class UnknownSymbol(SourceError):
    """The source says that it has no such symbol; asking again changes nothing."""


class SourceBlocked(SourceError):
    """The source refuses us (limit, cookie, web page instead of data); it mends with time or another source."""


class SourceDown(SourceError):
    """The source does not answer, or only with server errors, after all tries."""


class BadAnswer(SourceError):
    """The source answered, but with something other than this symbol's bars."""


class BudgetSpent(SourceError):
    """The day's allowance of requests is used up; it was not asked any more."""


class NoKey(SourceError):
    """The source wants an access key, and there is none."""


class NoBase(SourceError):
    """The answer holds only the last days, and no older answer fits before them."""


def excerpt(body: bytes, length: int = 120) -> str:
    """The start of a body on one line, for an error message."""
    return " ".join(body[: 4 * length].decode("utf-8", errors="replace").split())[:length]
