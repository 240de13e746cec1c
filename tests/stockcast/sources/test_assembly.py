"""What cleaning makes of a symbol's folder in bronze."""

import pytest
from tests.stockcast.sources.fake_source import body, chart, series, table, year

from stockcast.sources import NAMES, assembled, parse
from stockcast.sources.answers import BadAnswer
from stockcast.sources.joining import CannotJoin

YEAR = year()
YAHOO, STOOQ = body(chart(rows=YEAR)), table(YEAR)
FREE = body(series(rows=YEAR[-100:], is_paid=False))


def test_the_order_decides_whose_answer_counts() -> None:
    """Both lie there after a check of two sources, or after a day fetched again while the first one was down."""
    answers = {"stooq": STOOQ, "yahoo": YAHOO}

    assert assembled("AAPL", answers, {}, ["yahoo", "stooq"]).source == "yahoo"
    assert assembled("AAPL", answers, {}, ["stooq", "yahoo"]).source == "stooq"
    assert assembled("AAPL", answers, {}, ["alpha_vantage"]).source == "stooq"  # by name


def test_an_answer_of_a_few_days_is_joined_to_its_base() -> None:
    """Its hundred days alone are too few for a single forecast."""
    found = assembled("AAPL", {"alpha_vantage": FREE}, {"yahoo": YAHOO}, ["yahoo", "alpha_vantage"])

    assert (found.source, len(found.parsed.bars)) == ("alpha_vantage", 300)


def test_a_whole_answer_needs_no_base_beside_it() -> None:
    """A base that was left over from an earlier try of the day must not change it."""
    stale = body(chart(rows=year(seed=9)))

    assert assembled("AAPL", {"yahoo": YAHOO}, {"yahoo": stale}, ["yahoo"]).parsed == parse("yahoo", YAHOO, "AAPL")


def test_a_second_base_is_tried_before_the_symbol_is_given_up() -> None:
    """Two tries of a day may have left two."""
    other = body(series(rows=year(seed=9)))

    found = assembled("AAPL", {"stooq": table(YEAR[-50:])}, {"alpha_vantage": other, "yahoo": YAHOO})

    assert len(found.parsed.bars) == 300
    with pytest.raises(CannotJoin, match="AAPL: alpha_vantage: the ratio"):
        assembled("AAPL", {"stooq": table(YEAR[-50:])}, {"alpha_vantage": other})


def test_a_folder_without_an_answer_is_refused() -> None:
    """An empty history would be a symbol that nobody misses."""
    with pytest.raises(ValueError, match=r"AAPL has no answer.*Ingest this day first"):
        assembled("AAPL", {}, {"yahoo": YAHOO})


def test_a_source_that_nobody_knows_is_refused() -> None:
    """Something else writes into bronze."""
    with pytest.raises(ValueError, match=f"source is 'google'; it must be one of {', '.join(NAMES)}"):
        assembled("AAPL", {"google": YAHOO}, {})


def test_what_is_no_answer_any_more_is_refused_as_the_source_would_be() -> None:
    """An object in bronze may have been changed by hand."""
    with pytest.raises(BadAnswer, match="not whole JSON"):
        assembled("AAPL", {"yahoo": YAHOO[:-9]}, {})
