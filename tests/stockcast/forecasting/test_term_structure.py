"""Days between the horizons."""

import math

import pytest
from tests.stockcast.generated import bars
from tests.stockcast.predictors import Level, recipe

from stockcast.forecasting.forecaster import forecast
from stockcast.forecasting.term_structure import fan, term_structure

QUANTILES = ("q025", "q10", "q50", "q90", "q975")


def forecasts(**changes):
    """Three records of one model: medians and volatilities that differ by horizon."""
    return [
        {
            "symbol": "GENX", "as_of": "2013-03-01", "model_type": "lstm", "model_version": "m", "horizon": h,
            "last_close": 100.0, "median": 100 * math.exp(median), "volatility": volatility,
            **{name: 100 * math.exp(median + factor * volatility * math.sqrt(h / 252))
               for name, factor in zip(QUANTILES, (-2.2, -1.3, 0, 1.3, 2.2), strict=True)},
        } | changes
        for h, median, volatility in ((1, 0.001, 0.40), (5, 0.003, 0.35), (21, 0.011, 0.30))
    ]  # fmt: skip


@pytest.mark.parametrize("place", [0, 1, 2])
def test_at_a_horizon_the_record_itself_is_answered(place):
    """Two numbers for the same day would be one too many."""
    record = forecasts()[place]

    day = term_structure(forecasts(), record["horizon"])

    assert {name: day[name] for name in (*QUANTILES, "median", "volatility")} == pytest.approx(
        {**{name: record[name] for name in QUANTILES}, "median": record["median"], "volatility": record["volatility"]}
    )


def test_between_horizons_variance_and_median_lie_on_the_line():
    """Volatility drawn linearly in time would be too wide at first and too narrow later."""
    day = term_structure(forecasts(), 13)  # halfway from 5 to 21

    variance = (0.35**2 * 5 / 252 + 0.30**2 * 21 / 252) / 2
    assert math.log(day["median"] / 100) == pytest.approx((0.003 + 0.011) / 2)
    assert day["volatility"] == pytest.approx(math.sqrt(variance * 252 / 13))
    assert math.log(day["q90"] / day["median"]) == pytest.approx(1.3 * math.sqrt(variance))
    assert day["q50"] == day["median"]


def test_unequal_interval_factors_are_mixed_as_well():
    """Calibration differs by horizon: jumping from one to the other would show as a kink."""
    wide = forecasts()
    wide[2]["q90"] = 100 * math.exp(0.011 + 1.5 * 0.30 * math.sqrt(21 / 252))

    day = term_structure(wide, 13)

    sd = day["volatility"] * math.sqrt(13 / 252)
    assert math.log(day["q90"] / day["median"]) == pytest.approx((1.3 + 1.5) / 2 * sd)
    assert math.log(day["q10"] / day["median"]) == pytest.approx(-1.3 * sd)


def test_the_fan_has_every_day_and_opens():
    """What the picture draws: 21 days, each as wide as the one before or wider, quantiles in their order."""
    records = forecast("GENX", bars(1000), recipe(), Level(median=0.1))["forecasts"]

    days = fan(records)

    assert [day["days_ahead"] for day in days] == list(range(1, 22))
    widths = [day["q90"] / day["q10"] for day in days]
    assert widths == sorted(widths)
    assert all(day["q025"] < day["q10"] < day["median"] < day["q90"] < day["q975"] for day in days)


@pytest.mark.parametrize("days_ahead", [0, -1, 22, 2.5, True])
def test_days_that_no_model_is_judged_on_are_refused(days_ahead):
    """An extrapolated month looks just like a judged one."""
    with pytest.raises(ValueError, match="from 1 to 21"):
        term_structure(forecasts(), days_ahead)


@pytest.mark.parametrize(
    "records",
    [
        forecasts()[:2],
        [*forecasts()[:2], *forecasts(as_of="2013-02-28")[2:]],
        [*forecasts()[:2], *forecasts(model_type="har")[2:]],
    ],
)
def test_records_that_do_not_belong_together_are_refused(records):
    """A line between two models, or two days, is nobody's forecast."""
    with pytest.raises(ValueError, match="of one symbol, day and model"):
        term_structure(records, 3)
