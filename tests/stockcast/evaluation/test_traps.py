"""Ways to fool oneself with forecasts of prices. Each test shows the trap open, then our figures standing beside it."""

import math

import numpy as np
import polars as pl
import pytest
from tests.stockcast.evaluation import panels
from tests.stockcast.evaluation.evidence import failed, shown, verdict
from tests.stockcast.evaluation.test_direction import market, rising
from tests.stockcast.generated import bars, silver, variances

from stockcast.evaluation.diebold_mariano import diebold_mariano
from stockcast.evaluation.direction import direction_figures, has_edge, volatility_direction
from stockcast.evaluation.leak_rules import measured
from stockcast.evaluation.report import horizon_figures
from stockcast.features.indicators import NAMES, features
from stockcast.models.recipe import Recipe
from stockcast.models.training_set import training_set


def chance(z: float) -> float:
    """That a bell curve gives more than z."""
    return math.erfc(z / math.sqrt(2)) / 2


def fitted(rows: np.ndarray) -> Recipe:
    return Recipe.fit(
        rows, trained_until="2002-01-01", symbols=("AAPL",), data_sha256="ab", model_version="m", seeds=(0,)
    )


def test_trap_1_always_up_is_significant_against_a_coin_and_worth_nothing():
    came = market(2000, 0.55)
    up = (came > 0).mean()

    against_a_coin = chance((up - 0.5) / math.sqrt(0.25 / 2000))
    figures = direction_figures(rising(np.full(2000, 0.001), came), 1) | {"dates": 2000}

    assert against_a_coin < 1e-4
    assert figures["direction"] == figures["always_up"] == up
    assert figures["direction_p_luck"] == 0.5
    assert not has_edge(figures)


def test_trap_2_ten_symbols_that_move_together_are_not_ten_times_the_evidence():
    """By chance right 53.6 % of 500 days: one draw in twenty, said ten times over."""
    random = np.random.default_rng(2)
    came, guess = random.standard_normal(500), random.standard_normal(500)
    right = np.zeros(500, dtype=bool)
    right[:268] = True
    median = np.abs(guess) * np.sign(came) * np.where(random.permutation(right), 1, -1)
    ten = rising(median, came, symbols=10)

    hits = (ten["median"].to_numpy() > 0) == (ten["came"].to_numpy() > 0)
    pooled = chance((hits.mean() - 0.5) / math.sqrt(0.25 / len(hits)))
    clustered, one = direction_figures(ten, 1), direction_figures(rising(median, came), 1)

    assert pooled < 1e-6
    assert clustered["direction_p_luck"] > 0.01
    assert clustered["direction_p_luck"] == pytest.approx(one["direction_p_luck"])


def test_trap_3_a_copy_of_yesterday_explains_the_price_and_not_the_return():
    close = bars(1000)["close"].to_numpy()
    level_r2 = 1 - np.square(close[1:] - close[:-1]).sum() / np.square(close[1:] - close[1:].mean()).sum()

    figures = horizon_figures(panels.random_walk_like(), 1)

    assert level_r2 > 0.95
    assert figures["r2_os"] < -0.5
    assert ("G1", "point_error_beside_persistence", 1) in failed(verdict(average=shown(panels.random_walk_like())))


def test_trap_4_a_scaler_that_has_seen_the_test_years_is_caught():
    table = silver(["AAPL", "GOOG"], 700)
    data = training_set(table, 40)

    found = {
        name: measured(table, fitted(rows), -0.001, data.training_rows)
        for name, rows in (("honest", data.training_rows), ("peeking", data.rows))
    }

    assert found["honest"].scaler_difference < 1e-12
    assert failed(verdict(leakage=found["honest"])) == set()
    assert failed(verdict(leakage=found["peeking"])) == {("G0", "scaler_was_fitted_on_training_rows", None)}


def test_trap_4_a_feature_that_knows_tomorrow_is_caught_twice():
    """By code that looks ahead: cutting the future off changes the past. By what it tells: nobody knows that much."""

    def peeking(one: pl.DataFrame) -> pl.DataFrame:
        return features(one).with_columns(pl.col("ret1").shift(-1).fill_null(0).alias("ret1"))

    table = silver(["AAPL", "GOOG"], 900)
    data = training_set(table, 40)

    found = measured(table, fitted(data.training_rows), -0.001, data.training_rows, features_fn=peeking)

    assert found.truncation_difference > 0.1
    assert found.shift_gain > 0.5
    assert {("G0", "features_do_not_know_later_bars", None), ("G0", "features_do_not_tell_tomorrow", None)} <= failed(
        verdict(leakage=found)
    )


def test_trap_4_data_that_knows_tomorrow_is_caught_where_the_code_is_innocent():
    """News of tomorrow stamped with today's date: no shift anywhere, and cutting the future off changes nothing."""

    def with_news(one: pl.DataFrame) -> pl.DataFrame:
        return features(one).join(one.select("date", "news"), on="date", maintain_order="left")

    table = silver(["AAPL", "GOOG"], 900).with_columns(
        pl.col("close").log().diff().shift(-1).over("symbol").fill_null(0).alias("news")
    )
    data = training_set(table, 40)

    found = measured(table, fitted(data.training_rows), -0.001, data.training_rows, with_news, (*NAMES, "news"))

    assert found.truncation_difference == 0
    assert ("G0", "features_do_not_tell_tomorrow", None) in failed(verdict(leakage=found))
    assert ("G0", "features_do_not_tell_the_return_to_come", 1) in failed(verdict(leakage=found))


def test_trap_5_overlapping_months_look_significant_unless_their_likeness_is_counted():
    """Equally good forecasters: six of ten told apart without the correction, at most one of ten with it."""
    random = np.random.default_rng(5)

    def errors() -> np.ndarray:
        return np.convolve(random.standard_normal(1020), np.ones(21), mode="valid") ** 2

    apart = [errors() - errors() for _ in range(300)]
    plain = [abs(d.mean() / math.sqrt(d.var() / len(d))) > 1.96 for d in apart]
    ours = [abs(diebold_mariano(d, 21).t) > 1.96 for d in apart]

    assert np.mean(plain) > 0.5
    assert np.mean(ours) < 0.13


def test_trap_6_higher_volatility_than_today_is_told_by_nobody_s_skill():
    """A constant is right 70 % of the time about a day that is only noisy; about the month's level it is not."""
    random = np.random.default_rng(6)
    variance, _ = variances(4000, random)
    proxy = variance * random.chisquare(2, 4000) / 2
    month = pl.Series(proxy).rolling_mean(21).to_numpy()
    rows = {"came_variance": proxy[1:], "variance": np.full(3999, proxy.mean())}

    beside_today = volatility_direction(pl.DataFrame(rows | {"level": proxy[:-1]}))
    beside_month = volatility_direction(pl.DataFrame(rows | {"level": month[:-1]}))

    assert beside_today["volatility_direction"] > 0.68
    assert beside_month["volatility_direction"] < beside_month["volatility_majority"] + 0.01
