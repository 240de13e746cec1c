"""Alpha Vantage: texts become numbers, raw prices adjusted ones, and splits and dividends events."""

from datetime import date
from typing import Any

import pytest
from tests.stockcast.sources.fake_source import WEEK, Reply, Source, body, series

from stockcast.contracts.bars import Bar, Event
from stockcast.sources import alpha_vantage
from stockcast.sources.answers import BudgetSpent, NoKey, UnknownSymbol
from stockcast.sources.polite_get import Patience

SINCE, DAY = date(2013, 2, 25), date(2013, 3, 1)


def api(source: Source, *, is_paid: bool = True, **others: Any) -> alpha_vantage.AlphaVantage:
    usual: dict[str, Any] = {"key": lambda symbol: "sesame", "allow": lambda symbol: None, "is_paid": is_paid}
    return alpha_vantage.AlphaVantage(source.base_url, patience=Patience(sleep=lambda seconds: None), **usual | others)


@pytest.mark.parametrize(
    ("is_paid", "function", "size"),
    [(True, "TIME_SERIES_DAILY_ADJUSTED", "full"), (False, "TIME_SERIES_DAILY", "compact")],
)
def test_a_plan_is_asked_for_what_it_grants(source: Source, is_paid: bool, function: str, size: str) -> None:
    """A free key that asks for the paid endpoint gets a sentence, and has spent a request."""
    source.replies = [Reply(200, body(series(is_paid=is_paid)))]

    answer = api(source, is_paid=is_paid).fetch("AAPL", SINCE, DAY)

    asked = f"/query?function={function}&symbol=AAPL&outputsize={size}&datatype=json&apikey="
    assert source.asked[0].path == f"{asked}sesame"
    assert answer == (body(series(is_paid=is_paid)), f"{source.base_url}{asked}***", 200)


def test_a_row_is_adjusted_by_its_own_factor() -> None:
    """Raw opens beside adjusted closes would turn every dividend into volatility."""
    parsed = alpha_vantage.parse(body(series()), "AAPL")

    assert parsed.rejected == []
    assert parsed.bars[0] == Bar("AAPL", SINCE, 50.0, 52.0, 49.0, 51.0, 1000.0, 102.0, "alpha_vantage")
    assert [bar.date.day for bar in parsed.bars] == [25, 26, 27, 28, 1]


def test_splits_and_dividends_are_events_and_splits_change_the_shares_before() -> None:
    """A day's raw volume counts the shares of that day; after 2:1 there are twice as many."""
    answer = series()
    days = answer["Time Series (Daily)"]
    days["2013-02-27"]["8. split coefficient"] = "2.0"
    days["2013-03-01"]["7. dividend amount"] = "0.25"

    parsed = alpha_vantage.parse(body(answer), "AAPL")

    assert parsed.events == [
        Event("AAPL", date(2013, 2, 27), "split", 2.0, "alpha_vantage"),
        Event("AAPL", date(2013, 3, 1), "dividend", 0.25, "alpha_vantage"),
    ]
    assert [bar.volume for bar in parsed.bars] == [2000.0, 2200.0, 1200.0, 1300.0, 1400.0]


def test_a_free_answer_stays_as_quoted() -> None:
    """It tells no adjusted close; inventing one would hide that."""
    parsed = alpha_vantage.parse(body(series(is_paid=False)), "AAPL")

    assert [bar.close for bar in parsed.bars] == [row[4] for row in WEEK]
    assert all(bar.close == bar.close_raw for bar in parsed.bars)
    assert list(parsed.events) == []


def test_an_answer_after_the_close_has_its_newest_day() -> None:
    """Only a stamp before the close makes the newest day an unfinished one."""
    at_night = alpha_vantage.parse(body(series(**{"3. Last Refreshed": "2013-03-01 16:00:01"})), "AAPL")
    at_noon = alpha_vantage.parse(body(series(**{"3. Last Refreshed": "2013-03-01 12:00:00"})), "AAPL")

    assert at_night.bars[-1].date == DAY
    assert at_noon.bars[-1].date == date(2013, 2, 28)


def test_indices_are_refused_without_a_key_or_a_request(source: Source) -> None:
    """It has none; asking would spend the allowance."""

    def never(symbol: str) -> str:
        raise AssertionError

    with pytest.raises(UnknownSymbol, match=r"\^GSPC: Alpha Vantage has no indices.*`market.sources`"):
        api(source, key=never).fetch("^GSPC", SINCE, DAY)


def test_without_key_or_allowance_nothing_is_asked(source: Source) -> None:
    """Both failures are the chain's, which goes on with the next source."""

    def no_key(symbol: str) -> str:
        raise NoKey(symbol, "no key.", "Put one.")

    def spent(symbol: str) -> None:
        raise BudgetSpent(symbol, "spent.", "Wait.")

    with pytest.raises(NoKey):
        api(source, key=no_key).fetch("AAPL", SINCE, DAY)
    with pytest.raises(BudgetSpent):
        api(source, allow=spent).fetch("AAPL", SINCE, DAY)
    assert source.asked == []


def test_only_a_paid_plan_gives_the_whole_history(source: Source) -> None:
    """What is not whole needs an older answer before it."""
    assert api(source).is_whole(DAY, SINCE)
    assert not api(source, is_paid=False).is_whole(SINCE, SINCE)
