"""Asking several sources in their order until one answers with this symbol's bars."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from stockcast.contracts.bars import Parsed
from stockcast.sources.acceptance import LOOK, Question, refuse_unlikely
from stockcast.sources.adapters import Source
from stockcast.sources.answers import BadAnswer, NoBase, RawAnswer, SourceBlocked, SourceDown, SourceError
from stockcast.sources.joining import CannotJoin, joined

TELLING_DAYS = 20  # fewer may be alike by chance, as in a holiday week
GIVEN_UP_AFTER = 2  # refusals in a row, before a source is left alone for the rest of a run


class Older(NamedTuple):
    """An older answer with a symbol's whole history, by the source that gave it."""

    source: str
    body: bytes
    parsed: Parsed


class Taken(NamedTuple):
    """An answer that is believed, and the older one that it needs before it, to which it was seen to fit."""

    source: str
    answer: RawAnswer
    parsed: Parsed
    older: Older | None = None  # None if the answer is the whole history


class NoSource(Exception):
    """No source has the symbol's bars; the message names each with its reason and remedy."""


class Chain:
    """The sources of one run, in their order.

    `older` finds a symbol's older answer for one that reaches back only some days; None if there is none. `refused`
    is told of every source that failed. One that is busy or down twice in a row rests for the rest of the run, as long
    as another is left: its tries would eat the other symbols' time.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        history_start: date,
        older: Callable[[str], Older | None],
        refused: Callable[[str, SourceError], None],
    ) -> None:
        self._sources, self._history_start, self._older, self._refused = sources, history_start, older, refused
        self._in_a_row: dict[str, int] = {}
        self._owners: dict[int, str] = {}  # of bars seen in this run

    def answers(self, question: Question) -> Iterator[Taken]:
        """The good answers, asked for one by one; raises NoSource if there is none at all."""
        failures: dict[str, SourceError] = {}
        awake = self._awake()
        for source in awake:
            try:
                taken = self._taken(source, question)
            except SourceError as fault:
                self._note(source.name, fault)
                self._refused(source.name, fault)
                failures[source.name] = fault
            else:
                yield taken
        if len(failures) == len(awake):
            raise NoSource(_told(question.symbol, failures, len(self._sources) - len(awake)))

    def _awake(self) -> list[Source]:
        awake = [source for source in self._sources if self._in_a_row.get(source.name, 0) < GIVEN_UP_AFTER]
        return awake or list(self._sources)

    def _note(self, name: str, fault: SourceError) -> None:
        is_out = isinstance(fault, SourceBlocked | SourceDown)
        self._in_a_row[name] = self._in_a_row.get(name, 0) + 1 if is_out else 0

    def _taken(self, source: Source, question: Question) -> Taken:
        answer = source.fetch(question.symbol, question.since, question.day)
        self._in_a_row[source.name] = 0
        try:
            parsed = source.parse(answer.body, question.symbol)
            refuse_unlikely(parsed, question)
            self._refuse_twin(parsed, question.symbol)
            if source.is_whole(question.since, self._history_start):
                return Taken(source.name, answer, parsed)
            older = self._older(question.symbol)
            _refuse_what_does_not_fit(older, parsed, question.symbol)
            return Taken(source.name, answer, parsed, older)
        except SourceError as fault:
            fault.answer = answer
            raise

    def _refuse_twin(self, parsed: Parsed, symbol: str) -> None:
        """Raise BadAnswer for two symbols with the very same bars: no check of one answer alone would see it."""
        if len(parsed.bars) < TELLING_DAYS:
            return
        owner = self._owners.setdefault(hash(tuple((bar.date, bar.close_raw) for bar in parsed.bars)), symbol)
        if owner != symbol:
            raise BadAnswer(symbol, f"the answer holds the very bars of {owner}; no two symbols share theirs.", LOOK)


def _told(symbol: str, failures: Mapping[str, SourceError], resting: int) -> str:
    """Every source's reason and remedy; of a single source just its own words."""
    if len(failures) == 1 and not resting:
        return str(*failures.values())
    told = [f"{name}: {fault.reason} {fault.remedy}" for name, fault in failures.items()]
    if resting:
        told.append(f"{resting} more rested, being busy or down for {GIVEN_UP_AFTER} symbols before.")
    return f"{symbol}: {' '.join(told)}"


def _refuse_what_does_not_fit(older: Older | None, parsed: Parsed, symbol: str) -> None:
    """Raise NoBase unless the answer's days fit behind the older ones: better here than hours later, in cleaning."""
    remedy = "Fetch the whole history once from a source that has it: call the ingest function without `since`."
    if older is None:
        first = parsed.bars[0].date
        raise NoBase(symbol, f"the answer begins on {first}, and no older answer holds the days before it.", remedy)
    try:
        joined(older.parsed, parsed)
    except CannotJoin as fault:
        raise NoBase(
            symbol, f"the answer does not fit behind that of {older.source}: {fault.reason}", remedy
        ) from fault
