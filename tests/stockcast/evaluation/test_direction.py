"""Direction is hard to judge and easy to boast of."""

import numpy as np
import polars as pl
import pytest
from tests.stockcast.generated import weekdays

from stockcast.evaluation.direction import direction_figures, has_edge, volatility_direction


def rising(medians: np.ndarray, came: np.ndarray, symbols: int = 1) -> pl.DataFrame:
    """The same market for each of `symbols`."""
    one = pl.DataFrame({"date": weekdays(len(came)), "median": medians, "came": came})
    return pl.concat(one.with_columns(pl.lit(f"S{place}").alias("symbol")) for place in range(symbols))


def market(days: int, up: float, seed: int = 3) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.where(random.random(days) < up, 1.0, -1.0) * random.exponential(size=days)


def test_a_model_that_knows_the_sign_two_days_in_three_has_an_edge():
    """The test must be able to say yes."""
    came = market(1000, 0.5)
    median = came * np.where(np.arange(1000) % 3, 1, -1)

    figures = direction_figures(rising(median, came), 1) | {"dates": 1000}

    assert figures["direction"] == pytest.approx(2 / 3, abs=0.01)
    assert figures["direction_p_luck"] < 1e-6
    assert has_edge(figures)
    assert not has_edge(figures | {"dates": 499})  # two years, or it is one mood of the market


def test_in_a_falling_market_always_down_is_what_has_to_be_beaten():
    """Beside "always up" a pessimist would look like a prophet."""
    came = market(1000, 0.4)

    figures = direction_figures(rising(np.full(1000, -0.01), came), 1)

    assert figures["direction"] == figures["majority"] == pytest.approx(1 - figures["always_up"])
    assert figures["direction_p_luck"] == 0.5


def test_a_median_of_zero_takes_no_side():
    """Counted as "down" it would look worse than it is, and as "up" better."""
    assert direction_figures(rising(np.zeros(400), market(400, 0.55)), 1)["direction"] == 0.5


def test_volatility_is_told_against_its_own_month():
    came_variance = np.array([1.0, 3.0, 1.0, 3.0])
    known = pl.DataFrame({"level": [2.0] * 4, "variance": [1.0, 3.0, 3.0, 3.0], "came_variance": came_variance})

    assert volatility_direction(known) == {"volatility_direction": 0.75, "volatility_majority": 0.5}
    assert volatility_direction(known.drop("level")) == {}
