"""The verdict on a day."""

from datetime import date

import polars as pl
import pytest
from tests.stockcast.generated import bars

from stockcast.cleaning.calendar import trading_days
from stockcast.cleaning.findings import Finding
from stockcast.cleaning.report import Looked, quality_report
from stockcast.contracts.bars import Rejected

SESSIONS = trading_days(date(2011, 1, 3), date(2013, 3, 1))[-300:]
DAY = SESSIONS[-1]
NAMES = ("AAPL", "GOOG", "IBM", "MSFT", "^GSPC", "^IXIC")
SPLIT = Finding("AAPL", "split_jump", None, "log return -0.693", "AAPL halves.")


def report(late: int = 0, held: int = 0, **more) -> dict:
    """Six symbols, of which the last ones lack the newest bar and the first ones were held back."""
    frames = {name: bars(300, seed, name, SESSIONS) for seed, name in enumerate(NAMES)}
    going = dict(list(frames.items())[held:])
    for name in NAMES[len(NAMES) - late :] if late else ():
        going[name] = going[name].filter(pl.col("date") < DAY)
    findings = [SPLIT._replace(symbol=name) for name in NAMES[:held]]
    seen = Looked(DAY, SESSIONS, going, more.get("rejected", []), findings, [], NAMES, dict.fromkeys(NAMES, "yahoo"))
    return quality_report(seen, most_missing=1 / 3)


def test_a_whole_day_goes_on():
    good = report()

    assert (good["verdict"], good["reasons"], good["missing_symbols"]) == ("go", [], [])
    assert (good["rows"], good["missing_sessions"], good["oldest_bar_days"]) == (1800, 0, 0)
    assert good["newest_session"] == DAY.isoformat()


@pytest.mark.parametrize(("late", "held"), [(2, 0), (0, 2), (1, 1)])
def test_a_third_of_the_symbols_may_be_missing(late, held):
    """One bad symbol must not cost all others their forecast."""
    told = report(late, held)

    assert told["verdict"] == "go"
    assert len(told["missing_symbols"]) == 2


@pytest.mark.parametrize(("late", "held"), [(3, 0), (0, 3), (2, 1), (6, 0), (0, 6)])
def test_a_day_with_more_missing_stops_and_says_who(late, held):
    """Half a market is no market: the source is down, or the day is not over."""
    told = report(late, held)

    assert told["verdict"] == "stop"
    assert f"{late + held} of 6 symbols are missing" in told["reasons"][0]
    assert len(told["missing_symbols"]) == late + held
    assert ("Without a bar of" in " ".join(told["reasons"])) == (late > 0)
    assert (" split_jump" in " ".join(told["reasons"])) == (held > 0)


def test_a_session_that_was_still_running_is_not_missed():
    """Asked before the close, sources give an unfinished row; yesterday's bar is the newest there can be."""
    running = [Rejected({"symbol": name, "date": DAY.isoformat()}, "is_finished", "", "") for name in NAMES]

    told = report(late=6, rejected=running)

    assert told["verdict"] == "go"
    assert told["newest_session"] == SESSIONS[-2].isoformat()


def test_a_session_that_is_over_for_one_source_only_makes_nobody_late():
    """Five symbols with the newest bar were called late, and the day was stopped, because the sixth was asked early."""
    running = [Rejected({"symbol": NAMES[-1], "date": DAY.isoformat()}, "is_finished", "", "")]

    told = report(late=1, rejected=running)

    assert (told["verdict"], told["missing_symbols"]) == ("go", [])


def test_a_symbol_tells_its_state_its_gaps_and_its_source():
    holed = bars(300, 1, "AAPL", SESSIONS).filter(~pl.col("date").is_in(SESSIONS[100:107]))
    seen = Looked(DAY, SESSIONS, {"AAPL": holed}, [], [], [], ["AAPL"], {"AAPL": "alpha_vantage"})

    told = quality_report(seen, 1 / 3)

    assert told["symbols"]["AAPL"] == {
        "state": "ok", "source": "alpha_vantage", "bars": 293, "from": SESSIONS[0].isoformat(),
        "to": DAY.isoformat(), "rejected": 0, "missing_trading_days": 7,
        "first_missing": [day.isoformat() for day in SESSIONS[100:105]],
    }  # fmt: skip
    assert told["missing_sessions"] == 7


def test_a_day_without_any_bar_stops():
    seen = Looked(DAY, (), {}, [], [], [], NAMES, {})

    told = quality_report(seen, 1 / 3)

    assert (told["verdict"], told["rows"], told["oldest_bar_days"]) == ("stop", 0, None)
