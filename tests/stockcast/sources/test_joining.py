"""Laying the last days of one answer behind an older one: on one scale, or not at all."""

import itertools
import math
from datetime import date, timedelta
from typing import Any

import pytest

from stockcast.contracts.bars import Bar, Event, Parsed, Rejected
from stockcast.sources.joining import CannotJoin, joined

START = date(2012, 10, 1)


def bars(first: int, last: int, *, scale: float = 1.0, adjusted: float = 1.0, source: str = "yahoo") -> list[Bar]:
    """Days from `first` up to `last`, one a calendar day, of a price that goes up and down."""
    made = []
    for i in range(first, last):
        raw = (100 + i + 5 * math.sin(i)) * scale
        close = raw * adjusted
        made.append(
            Bar("AAPL", START + timedelta(i), close * 0.99, close * 1.02, close * 0.98, close, 1000.0 + i, raw, source)
        )
    return made


def parsed(rows: list[Bar], events: tuple[Event, ...] = (), rejected: tuple[Rejected, ...] = ()) -> Parsed:
    return Parsed(rows, list(rejected), events)


def returns(rows: list[Bar]) -> list[float]:
    return [math.log(b.close / a.close) for a, b in itertools.pairwise(rows)]


@pytest.mark.parametrize("scale", [1.0, 0.5, 7.0])
def test_whatever_the_scale_the_returns_are_those_of_one_series(scale: float) -> None:
    """A jump at the seam would be the largest return of the whole history, and nothing but our own doing."""
    whole = joined(parsed(bars(0, 100)), parsed(bars(60, 110, scale=scale, source="alpha_vantage")))

    assert returns(whole.bars) == pytest.approx(returns(bars(0, 110)))
    assert [bar.source for bar in whole.bars] == ["yahoo"] * 100 + ["alpha_vantage"] * 10
    seam = whole.bars[100]
    assert seam.high / seam.close == pytest.approx(1.02)
    assert seam.volume == pytest.approx(1100 * scale)  # twice the price is half the shares


def test_dividends_between_the_two_do_no_harm() -> None:
    """Every dividend since makes the older adjusted closes smaller; the quoted ones still agree."""
    older = bars(0, 100)
    older = [bar._replace(close=bar.close * (0.97 if bar.date < START + timedelta(80) else 1.0)) for bar in older]

    whole = joined(parsed(older), parsed(bars(60, 103, source="alpha_vantage")))

    assert [bar.close for bar in whole.bars[:100]] == [bar.close for bar in older]
    assert returns(whole.bars[99:]) == pytest.approx(returns(bars(99, 103)))


def test_a_newer_answer_keeps_its_own_dividends() -> None:
    """Two answers of one source: what it adjusted since the older one is in its returns."""
    newer = bars(60, 110)
    newer = [bar._replace(close=bar.close * (0.98 if bar.date < START + timedelta(105) else 1.0)) for bar in newer]

    whole = joined(parsed(bars(0, 100)), parsed(newer))

    assert returns(whole.bars[100:]) == pytest.approx(returns(newer[40:]))
    assert returns(whole.bars[:100]) == pytest.approx(returns(bars(0, 100)))


def test_days_before_a_split_are_not_compared() -> None:
    """One answer has adjusted for it, a raw one has not: before it they differ by its ratio, after it they agree."""
    split = Event("AAPL", START + timedelta(70), "split", 2.0, "yahoo")
    raw = [*bars(40, 70, scale=2.0), *bars(70, 110)]

    whole = joined(parsed(bars(0, 100), (split,)), parsed(raw))

    assert returns(whole.bars) == pytest.approx(returns(bars(0, 110)))
    assert whole.events == [split]


def test_a_split_that_neither_knows_is_refused() -> None:
    """Half of the overlap at twice the price: whatever factor were taken, one part would be wrong."""
    raw = [*bars(40, 70, scale=2.0), *bars(70, 110)]

    with pytest.raises(CannotJoin, match=r"varies by 0\.\d+ from 2012-11-10 to 2013-01-08; it must stay below 0.001"):
        joined(parsed(bars(0, 100)), parsed(raw))


def test_another_symbols_prices_are_refused() -> None:
    """The ratio of two companies' prices is not constant."""
    other = [bar._replace(close_raw=bar.close_raw * (1 + 0.01 * math.cos(i))) for i, bar in enumerate(bars(60, 110))]

    with pytest.raises(CannotJoin, match="they are two symbols or one lacks a split"):
        joined(parsed(bars(0, 100)), parsed(other))


@pytest.mark.parametrize(("first", "common"), [(81, 19), (100, 0), (105, 0)])
def test_too_few_common_days_are_refused(first: int, common: int) -> None:
    """From a handful of days any two series look alike."""
    with pytest.raises(CannotJoin, match=f"AAPL: the two answers have {common} common days .* at least 20 are needed"):
        joined(parsed(bars(0, 100)), parsed(bars(first, 110)))


def test_twenty_common_days_are_enough() -> None:
    """The rule's own border."""
    assert len(joined(parsed(bars(0, 100)), parsed(bars(80, 110))).bars) == 110


def test_an_answer_that_reaches_as_far_back_stands_alone() -> None:
    """Its own history is consistent; none of the older one's days is needed."""
    newer = parsed(bars(0, 110, scale=3.0))

    assert joined(parsed(bars(0, 100)), newer) is newer


def test_an_older_answer_without_a_bar_is_refused() -> None:
    """Then the newer one's few days would pass for the whole."""
    with pytest.raises(CannotJoin, match="the older answer holds no bar"):
        joined(parsed([]), parsed(bars(60, 110)))


def test_only_the_newer_answers_refused_rows_and_later_events_are_told() -> None:
    """The older ones were told when that answer was new; twice told they would look like twice as many."""

    def refused(rule: str) -> Rejected:
        row: dict[str, Any] = {"symbol": "AAPL"}
        return Rejected(row, rule, None, rule)

    paid = [Event("AAPL", START + timedelta(day), "dividend", 0.5, "yahoo") for day in (50, 90, 104)]
    whole = joined(
        parsed(bars(0, 100), tuple(paid[:2]), (refused("old"),)),
        parsed(bars(60, 110), tuple(paid[1:]), (refused("new"),)),
    )

    assert [row.rule for row in whole.rejected] == ["new"]
    assert list(whole.events) == paid
