"""The sources by name, and what they have in common."""

from collections.abc import Callable
from datetime import date
from typing import Protocol

from stockcast.contracts.bars import Parsed
from stockcast.sources import alpha_vantage, stooq, yahoo
from stockcast.sources.answers import RawAnswer

PARSERS: dict[str, Callable[[bytes, str], Parsed]] = {
    source.NAME: source.parse for source in (yahoo, alpha_vantage, stooq)
}
NAMES = tuple(PARSERS)


class Source(Protocol):
    """Whoever can be asked for bars. `fetch` and `parse` raise a SourceError for all that is not this symbol's bars."""

    @property
    def name(self) -> str: ...

    def fetch(self, symbol: str, since: date, day: date) -> RawAnswer:
        """The daily bars from `since` up to and including `day`, as they came; some sources give more."""
        ...

    def parse(self, raw: bytes, symbol: str) -> Parsed:
        """Every row of an answer as a bar, or rejected with its reason; nothing is filled in or guessed."""
        ...

    def is_whole(self, since: date, history_start: date) -> bool:
        """Whether an answer to a question since that day reaches back to the beginning of history."""
        ...


def parse(source: str, raw: bytes, symbol: str) -> Parsed:
    """Bars, refused rows, splits and dividends of a raw answer, by the adapter of the source that gave it."""
    return _parser(source)(raw, symbol)


def checked_names(setting: str) -> list[str]:
    """The setting `sources` ("yahoo,alpha_vantage") as a list without repeats, in its order."""
    names = list(dict.fromkeys(part.strip() for part in setting.split(",") if part.strip()))
    unknown = [name for name in names if name not in PARSERS]
    if unknown or not names:
        raise ValueError(
            f"sources is {setting!r}; it must name at least one of {', '.join(NAMES)}, the first asked first. "
            "Correct `market.sources` in the environment's values."
        )
    return names


def _parser(source: str) -> Callable[[bytes, str], Parsed]:
    try:
        return PARSERS[source]
    except KeyError:
        raise ValueError(
            f"source is {source!r}; it must be one of {', '.join(NAMES)}, by which bronze names its answers. "
            "See what else writes into the bronze bucket's bars/."
        ) from None
