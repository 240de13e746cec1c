"""The silver table."""

import math

import polars as pl
import pytest
from tests.stockcast.generated import bars, weekdays

from stockcast.cleaning.silver import gaps, recent_request, silver_table


def test_every_bar_stands_beside_the_market_of_its_day():
    """A market return shifted by a day would be tomorrow's news."""
    stock, market = bars(400, seed=1, symbol="AAPL"), bars(400, seed=2, symbol="^GSPC")

    table = silver_table([stock, market.filter(pl.col("date") != market["date"][10])], 0.6, 0.2)

    close = market["close"].to_list()
    rows = table.filter(pl.col("symbol") == "AAPL")
    assert rows["market_close"][5] == close[5]
    assert rows["market_return"][5] == pytest.approx(math.log(close[5] / close[4]))
    assert rows["market_close"][10] is None
    assert rows["close"].to_list() == stock["close"].to_list()


def test_without_the_index_the_market_is_null_and_nothing_else_changes():
    """A setting without ^GSPC must still give forecasts."""
    table = silver_table([bars(400, symbol="AAPL")], 0.6, 0.2)

    assert table["market_close"].null_count() == table.height == 400
    assert table["split"].null_count() == 0


def test_all_symbols_share_the_same_cuts():
    """Different cuts let one company's test year train the model for another's."""
    late = weekdays(400)[150:]
    table = silver_table([bars(400, symbol="AAPL"), bars(250, symbol="GOOG", days=late)], 0.6, 0.2)

    assert table.group_by("date").agg(pl.col("split").n_unique())["split"].max() == 1
    assert table.equals(table.sort("symbol", "date"))


def test_the_recent_request_holds_the_last_thousand_bars_as_json_values():
    """The endpoint limits a body's size, and needs all of these for its own past."""
    whole = bars(1200, symbol="AAPL")

    request = recent_request("AAPL", whole)

    assert (request["symbol"], len(request["bars"])) == ("AAPL", 1000)
    assert request["bars"][-1]["date"] == whole["date"][-1].isoformat()
    assert request["bars"][0]["close"] == whole["close"][200]
    assert list(request["bars"][0]) == ["date", "open", "high", "low", "close", "volume"]


def test_gaps_are_told_and_not_filled():
    """A vendor that lost a week must be seen by someone."""
    days = weekdays(300)
    holed = bars(300, days=days).filter(~pl.col("date").is_in(days[100:103]))

    assert gaps(holed, days) == days[100:103]
    assert gaps(holed.clear(), days) == []
