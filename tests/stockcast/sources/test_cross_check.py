"""Two sources' returns side by side."""

import math
from datetime import date, timedelta

import pytest

from stockcast.contracts.bars import Bar
from stockcast.sources.cross_check import compared

START = date(2012, 10, 1)


def bars(closes: list[float], source: str = "yahoo") -> list[Bar]:
    return [
        Bar("AAPL", START + timedelta(i), close, close, close, close, 1.0, close, source)
        for i, close in enumerate(closes)
    ]


CLOSES = [100 * math.exp(0.02 * math.sin(i) + 0.001 * i) for i in range(60)]


def test_another_scale_is_no_difference() -> None:
    """Vendors adjust by different dividends and splits; only returns can be compared."""
    finding = compared("AAPL", bars(CLOSES), bars([close * 3 for close in CLOSES], "stooq"))

    assert (finding["verdict"], finding["differing_days"], finding["common_days"]) == ("agree", 0, 60)
    assert finding["sources"] == ["yahoo", "stooq"]


@pytest.mark.parametrize(("error", "verdict"), [(1.9e-4, "agree"), (2.2e-4, "differ")])
def test_two_hundredths_of_a_percent_are_the_border(error: float, verdict: str) -> None:
    """Vendors that agree were seen to stay below; what lies above somebody may want to look at."""
    other = [*CLOSES[:30], *(close * math.exp(error) for close in CLOSES[30:])]

    assert compared("AAPL", bars(CLOSES), bars(other))["verdict"] == verdict


@pytest.mark.parametrize("ratio", [1.5, 2, 3, 10, 20, 1 / 5])
def test_a_missing_split_is_found_either_way_round(ratio: float) -> None:
    """Unadjusted by one of the two it is the largest return of the history, and none at all."""
    other = [*(close * ratio for close in CLOSES[:30]), *CLOSES[30:]]

    for pair in ((CLOSES, other), (other, CLOSES)):
        finding = compared("AAPL", bars(pair[0]), bars(pair[1]))
        assert finding["verdict"] == "missing_split"
        assert "on 2012-10-31 one moves by" in finding["reason"]
        assert finding["correlation"] == pytest.approx(1, abs=1e-3)


def test_a_crash_that_both_tell_is_no_split() -> None:
    """Apple lost half its price in one night in 2000."""
    crashed = [*CLOSES[:30], *(close * 0.48 for close in CLOSES[30:])]

    assert compared("AAPL", bars(crashed), bars(crashed))["verdict"] == "agree"


def test_another_symbol_is_found_by_its_correlation() -> None:
    """Its returns differ on every day, but none of them looks strange by itself."""
    other = [100 * math.exp(0.02 * math.cos(1.7 * i)) for i in range(60)]

    finding = compared("AAPL", bars(CLOSES), bars(other))

    assert finding["verdict"] == "another_symbol"
    assert len(finding["differences"]) == 20
    assert [day["date"] for day in finding["differences"]] == sorted(day["date"] for day in finding["differences"])


def test_a_price_that_stands_still_is_another_symbols() -> None:
    """A correlation with a constant is no number; it must not pass for agreement."""
    assert compared("AAPL", bars(CLOSES), bars([5.0] * 60))["verdict"] == "another_symbol"


@pytest.mark.parametrize(("common", "verdict"), [(0, "not_checkable"), (19, "not_checkable"), (20, "agree")])
def test_fewer_than_twenty_common_days_are_no_check(common: int, verdict: str) -> None:
    """Agreement on a week proves nothing."""
    assert compared("AAPL", bars(CLOSES), bars(CLOSES[:common]))["verdict"] == verdict
