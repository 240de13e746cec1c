"""Models over symbols and days, by the functions that judge the real ones."""

from time import monotonic, sleep

import numpy as np
import polars as pl
import pytest
from tests.stockcast.generated import silver
from tests.stockcast.predictors import Level, recipe

from stockcast.evaluation.model_rules import model_rules
from stockcast.evaluation.performance import performance
from stockcast.forecasting.walk_forward import find_excluded, judged_symbols, on_test_days, processes, walk_forward
from stockcast.models.classical.har import PooledHar
from stockcast.models.classical.naive import Naive
from stockcast.models.lstm import Lstm
from stockcast.models.training_set import training_set

HORIZONS = (1, 5, 21)
PRICES = ("open", "high", "low", "close")


def stormy(one: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The same bars with moves up to several times larger, in storms that pass within a week or two."""
    random = np.random.default_rng(seed)
    storm = np.zeros(one.height)
    for day in range(1, one.height):
        storm[day] = 0.85 * storm[day - 1] + 0.35 * random.standard_normal()
    before = np.log(np.concatenate([[50.0], one["close"].to_numpy()[:-1]]))
    moves = {name: (np.log(one[name].to_numpy()) - before) * np.exp(storm) for name in PRICES}
    start = np.log(50) + np.concatenate([[0.0], np.cumsum(moves["close"])[:-1]])
    return one.with_columns(pl.Series(name, np.exp(start + moves[name])) for name in PRICES)


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    """Three symbols whose volatility dies away faster than EWMA believes: a signal that a linear model can learn."""
    calm = silver(["AAPL", "GOOG", "MSFT"], 2400, train=0.4, validation=0.1)
    return pl.concat(stormy(one, seed) for seed, one in enumerate(calm.partition_by("symbol", maintain_order=True)))


@pytest.fixture(scope="module")
def har(table) -> pl.DataFrame:
    data = training_set(table, 40)
    return on_test_days(walk_forward(table, PooledHar.fit(data.frame[data.train_ends])), table)


def test_a_linear_model_that_learned_the_planted_signal_passes_g1_to_g4(table, har):
    """From bars to verdict on one road; what fails here on an honest model would fail on every model."""
    shown = performance(har, HORIZONS, {"har": har})

    assert [str(rule) for rule in model_rules(shown) if not rule.passed] == []
    assert shown.horizons[1]["dates"] > 1000


def test_a_model_that_repeats_the_last_quarter_s_volatility_is_refused(table, har):
    """It is persistence, and has to lose where there is something to know."""
    naive = on_test_days(walk_forward(table, Naive()), table)

    failed = {(r.rule, r.horizon) for r in model_rules(performance(naive, HORIZONS, {"har": har})) if not r.passed}

    assert {("volatility_loss_beside_ewma", h) for h in (1, 5)} <= failed
    assert {("volatility_not_significantly_worse_than_har", h) for h in (1, 5)} <= failed


def test_only_test_days_are_judged_each_with_its_month_s_volatility(table):
    origins = on_test_days(walk_forward(table, Lstm(recipe(), Level()), recipe().factors), table)

    test = table.filter(pl.col("split") == "test")
    assert origins["date"].unique().sort().to_list() == test["date"].unique().sort().to_list()
    assert origins["level"].is_finite().all()
    assert origins["level"].to_numpy() == pytest.approx(
        origins["variance"].to_numpy(), rel=1e-5
    )  # Level says: no change


def test_symbols_without_a_test_day_or_with_too_few_bars_are_left_out(table):
    """A new listing, or one that is gone, must not stop the judgement of all others."""
    aapl = table.filter(pl.col("symbol") == "AAPL")
    young = aapl.tail(100).with_columns(pl.lit("YOUNG").alias("symbol"))
    gone = aapl.filter(pl.col("split") == "train").with_columns(pl.lit("GONE").alias("symbol"))

    everything = pl.concat([aapl, young, gone])
    judged = judged_symbols(everything)

    assert judged["symbol"].unique().to_list() == ["AAPL"]
    assert [(one.symbol, one.reason) for one in find_excluded(everything, judged)] == [
        ("GONE", "no test day"), ("YOUNG", "fewer than 290 bars"),
    ]  # fmt: skip


def test_an_index_without_volume_is_left_out(table):
    """Training passes it over, for one of its inputs is never a number; judging it failed for all symbols."""
    aapl = table.filter(pl.col("symbol") == "AAPL")
    index = aapl.with_columns(pl.lit("^VIX").alias("symbol"), pl.lit(0.0).alias("volume"))

    judged = judged_symbols(pl.concat([aapl, index]))

    assert judged["symbol"].unique().to_list() == ["AAPL"]
    assert [one.detail for one in find_excluded(pl.concat([aapl, index]), judged)] == [
        "^VIX is not judged: no complete feature window"
    ]


def test_whoever_fails_does_not_wait_for_the_models_beside_it():
    """A training that broke is told at once, not when Prophet has ended an hour later."""
    started = monotonic()

    with pytest.raises(ValueError, match="broken"), processes() as pool:
        begun = pool.submit(sleep, 600)
        while not begun.running():
            sleep(0.05)
        raise ValueError("broken")

    assert monotonic() - started < 300
