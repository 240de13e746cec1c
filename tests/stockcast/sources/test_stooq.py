"""Stooq's CSV: what is asked for, and how rows become bars."""

from datetime import date

import pytest
from tests.stockcast.sources.fake_source import WEEK, Reply, Source, table

from stockcast.contracts.bars import Bar
from stockcast.sources import stooq
from stockcast.sources.answers import SourceBlocked
from stockcast.sources.polite_get import Patience

SINCE, DAY = date(2013, 2, 25), date(2013, 3, 1)


@pytest.mark.parametrize(
    ("symbol", "ticker"),
    [("AAPL", "aapl.us"), ("BRK-B", "brk-b.us"), ("^GSPC", "^spx"), ("^IXIC", "^ndq"), ("^DJI", "^dji")],
)
def test_symbols_are_asked_for_by_stooqs_own_names(symbol: str, ticker: str) -> None:
    """Another exchange's share of the same letters would answer without a word."""
    assert stooq.ticker(symbol) == ticker


def test_the_address_asks_for_whole_days() -> None:
    """Both ends are included there."""
    address = stooq.url("https://stooq.com/", "^GSPC", SINCE, DAY)

    assert address == "https://stooq.com/q/d/l/?s=%5Espx&i=d&d1=20130225&d2=20130301"


def test_a_good_answer_comes_back_byte_for_byte(source: Source) -> None:
    """Bronze is evidence."""
    source.replies = [Reply(200, table().replace(b"\n", b"\r\n"))]

    answer = stooq.Stooq(source.base_url).fetch("AAPL", SINCE, DAY)

    assert answer.body == table().replace(b"\n", b"\r\n")
    assert len(stooq.parse(answer.body, "AAPL").bars) == 5


def test_prices_are_taken_as_adjusted() -> None:
    """The source adjusts and does not say by what; so the quoted close is the adjusted one."""
    parsed = stooq.parse(table(), "AAPL")

    assert parsed.bars[0] == Bar("AAPL", SINCE, 50.0, 52.0, 49.0, 51.0, 1000.0, 51.0, "stooq")
    assert (parsed.rejected, list(parsed.events)) == ([], [])
    assert [bar.close for bar in parsed.bars] == [row[5] for row in WEEK]


def test_a_limit_is_asked_again_only_by_its_status(source: Source) -> None:
    """The sentence about the daily limit has status 200, and holds for the day."""
    source.replies = [Reply(200, b"Exceeded the daily hits limit")]

    with pytest.raises(SourceBlocked, match="tomorrow"):
        stooq.Stooq(source.base_url, Patience(sleep=lambda seconds: None)).fetch("AAPL", SINCE, DAY)

    assert len(source.asked) == 1


def test_it_gives_just_what_it_is_asked_for(source: Source) -> None:
    """An answer since a later day needs an older one before it."""
    assert stooq.Stooq(source.base_url).is_whole(SINCE, SINCE)
    assert not stooq.Stooq(source.base_url).is_whole(DAY, SINCE)
