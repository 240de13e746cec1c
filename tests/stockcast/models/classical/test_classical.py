"""The challengers, one by one and under their common contract."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from tests.stockcast.generated import bars, silver

from stockcast.evaluation.baselines import ewma_variance
from stockcast.features.indicators import features
from stockcast.features.targets import with_targets
from stockcast.models.classical.arima import Arima
from stockcast.models.classical.ewma import Ewma
from stockcast.models.classical.har import LEVELS, PooledHar, SymbolHar
from stockcast.models.classical.naive import Drift, Naive
from stockcast.models.classical.prophet import Prophet
from stockcast.models.classical.roster import CHEAP, COSTLY, challengers
from stockcast.models.contract import Forecaster
from stockcast.models.outlook import Unforecastable
from stockcast.models.training_set import training_set

WHOLE = bars(900, seed=3)
TRAINING_ROWS = with_targets(features(bars(800, seed=8))).drop_nulls()


def forecaster(name: str, since: date | None = None) -> Forecaster:
    return challengers([name], TRAINING_ROWS, since, costly_since=since)[0]


@pytest.mark.parametrize("name", [*CHEAP, *(pytest.param(name, marks=pytest.mark.extended) for name in COSTLY)])
def test_later_bars_change_no_earlier_forecast(name):
    """A challenger that peeks would make every honest model look poor."""
    since = WHOLE["date"][760] if name in COSTLY else None
    model = forecaster(name, since)
    if isinstance(model, Arima | Prophet):
        model = replace(model, refit_every=35)  # two fits before the cut, the second cut short by it

    whole, cut = (model.outlook(WHOLE.head(length)) for length in (900, 810))

    known = len(cut.dates)
    assert known > 40
    assert whole.dates[:known] == cut.dates
    np.testing.assert_allclose(whole.median[:known], cut.median, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(whole.log_variance[:known], cut.log_variance, rtol=1e-9)


@pytest.mark.parametrize("name", CHEAP)
def test_outcomes_stand_beside_the_forecasts_of_their_own_day(name):
    """Shifted by one row, every score would be another model's."""
    seen = forecaster(name).outlook(WHOLE)
    closes = dict(zip(WHOLE["date"], WHOLE["close"], strict=True))
    days = WHOLE["date"].to_list()

    for origin in (0, len(seen.dates) // 2):
        today = seen.dates[origin]
        week_later = days[days.index(today) + 5]
        assert seen.close[origin] == closes[today]
        assert seen.came_return[origin, 1] == pytest.approx(math.log(closes[week_later] / closes[today]))
    assert np.isnan(seen.came_return[-1]).all()
    assert seen.dates[-1] == days[-1]


def test_the_naive_forecast_is_no_change_with_last_quarters_spread():
    """Everybody's baseline: if it were off, every ratio would be."""
    seen = Naive().outlook(WHOLE)
    moves = WHOLE["close"].log().diff().to_numpy()

    assert (seen.median == 0).all()
    assert seen.log_variance[-1] == pytest.approx([math.log(moves[-63:].var(ddof=1))] * 3)


def test_drift_goes_on_with_the_mean_of_two_years():
    """Over a month the drift of stocks is what persistence misses."""
    seen = Drift().outlook(WHOLE)
    closes = WHOLE["close"].log().to_numpy()

    daily = (closes[-1] - closes[-505]) / 504
    assert seen.median[-1] == pytest.approx([daily, 5 * daily, 21 * daily])
    first = len(closes) - len(seen.dates)
    assert seen.median[0, 0] == pytest.approx((closes[first] - closes[0]) / first)


def test_ewma_is_the_one_that_evaluation_compares_with():
    """Two EWMAs that differ would make the table contradict the gate."""
    seen = Ewma().outlook(WHOLE)

    np.testing.assert_allclose(np.exp(seen.log_variance[:, 2]), ewma_variance(seen.daily_variance)[seen.rows])


def planted(count: int, coefficients: list[float]) -> pl.DataFrame:
    """Rows whose outcomes are exactly what HAR with these coefficients says."""
    levels = np.random.default_rng(5).normal(-9, 1, (count, 4))
    frame = pl.DataFrame(levels, schema=list(LEVELS))
    outcome = coefficients[0] + levels @ np.array(coefficients[1:])
    return frame.with_columns(pl.Series(f"v{h}", outcome) for h in (1, 5, 21))


def test_pooled_har_recovers_the_coefficients_that_made_its_rows():
    """It is the bar that the network has to pass: it must be as good as least squares can make it."""
    coefficients = [-0.5, 0.1, 0.2, 0.3, 0.35]

    fitted = PooledHar.fit(planted(400, coefficients))

    for place in range(3):
        assert fitted.coefficients[:, place] == pytest.approx(coefficients, abs=1e-9)


def test_pooled_har_refuses_a_handful_of_rows():
    """Five coefficients fit anything, if there are few enough rows."""
    with pytest.raises(ValueError, match="10 training rows; 250 are needed"):
        PooledHar.fit(planted(10, [0.0] * 5))


def test_har_of_a_symbol_learns_only_from_outcomes_known_at_its_refits():
    """The last rows before a fit have outcomes that lie after it: with them it would know the coming month."""
    known = with_targets(features(WHOLE))
    seen = SymbolHar().outlook(WHOLE)
    start = 250 + 21 - 1  # first fit for 21 days: 250 rows whose outcomes are known

    rows = known[: start - 21 + 1]
    inputs = np.column_stack([np.ones(rows.height), rows.select(LEVELS).to_numpy()])
    beta = np.linalg.lstsq(inputs, rows["v21"].to_numpy(), rcond=None)[0]

    assert rows.height == 250
    at = known.select(LEVELS).to_numpy()[start]
    assert seen.log_variance[start, 2] == pytest.approx(beta[0] + at @ beta[1:])


def test_har_of_a_newly_listed_symbol_says_that_volatility_stays():
    """One young company in the market must not end the judgement of all others."""
    seen = SymbolHar().outlook(WHOLE.head(320))

    assert len(seen.dates) == 70
    assert seen.log_variance[-1] == pytest.approx([math.log(seen.daily_variance[-63:].mean())] * 3)


def test_har_sees_volatility_where_there_are_clusters():
    """A check of the whole road: on a GARCH market HAR must beat the mean level clearly."""
    table = silver(["AAA", "BBB", "CCC"], 1500)
    data = training_set(table, 40)
    har = PooledHar.fit(data.frame[data.train_ends])
    seen = har.outlook(table.filter(pl.col("symbol") == "AAA"))

    came = np.log(seen.came_variance[-300:-21, 1])
    mean_level = np.log(seen.daily_variance[: -300 + 21]).mean()
    assert np.square(came - seen.log_variance[-300:-21, 1]).mean() < 0.8 * np.square(came - mean_level).mean()


@pytest.mark.integration
def test_arima_follows_a_trend_and_moves_its_origin_between_fits():
    """A forecast from last month's close would be last month's forecast."""
    days = np.arange(700)
    wiggle = 0.002 * np.random.default_rng(1).standard_normal(700)
    trend = 30 * np.exp(0.001 * days + wiggle)
    rising = bars(700).with_columns(pl.Series(name, trend) for name in ("open", "high", "low", "close"))

    seen = Arima(since=rising["date"][670]).outlook(rising)

    expected = np.log(30) + 0.001 * (days[670:, None] + [1, 5, 21])
    assert seen.median.shape == (30, 3)
    np.testing.assert_allclose(np.log(seen.close)[:, None] + seen.median, expected, atol=0.006)


@pytest.mark.integration
def test_prophet_reads_its_curve_at_the_right_days_between_fits():
    """An offset by the days since the fit would shift every forecast but the first."""
    days = np.arange(900)
    trend = 30 * np.exp(0.001 * days)
    rising = bars(900).with_columns(pl.Series(name, trend) for name in ("open", "high", "low", "close"))

    seen = Prophet(since=rising["date"][870], refit_every=30).outlook(rising)

    np.testing.assert_allclose(seen.median, np.tile([0.001, 0.005, 0.021], (30, 1)), atol=0.002)


def test_a_name_that_is_no_challenger_is_refused_with_all_that_are():
    """`MODELS=prophets` must not print a table without Prophet."""
    with pytest.raises(ValueError, match="prophets is no challenger; choose from naive, drift, ewma"):
        challengers(["naive", "prophets"], TRAINING_ROWS)


def test_bars_that_end_in_the_warm_up_are_unforecastable():
    """250 bars have no feature row at all."""
    with pytest.raises(Unforecastable, match="0 rows after the warm-up hold none with sd63, rv; one is needed"):
        Naive().outlook(bars(250))


def test_years_before_since_are_left_out():
    """Prophet over thirteen years takes minutes."""
    since = WHOLE["date"][700]

    assert Naive(since).outlook(WHOLE).dates == WHOLE["date"].to_list()[700:]
