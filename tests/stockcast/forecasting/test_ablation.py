"""The verdict on inputs that may be of no use."""

import math

import numpy as np
import polars as pl
import pytest
from tests.stockcast.generated import weekdays

from stockcast.contracts.records import HORIZONS
from stockcast.forecasting.ablation import Arm, losses, pinball, verdict

DAYS = weekdays(600)


def frame(seed: int, qlike: float = 0.3, pinball: float = 0.2) -> pl.DataFrame:
    """Losses of two symbols around a level; the noise is the seed's."""
    random = np.random.default_rng(seed)
    rows = pl.DataFrame({"symbol": ["A"] * 600 + ["B"] * 600, "date": DAYS * 2})
    levels = {"qlike": qlike, "pinball": pinball}
    return rows.with_columns(
        pl.Series(f"{name}{h}", level + 0.02 * random.standard_normal(1200)) for name, level in levels.items()
        for h in HORIZONS
    )  # fmt: skip


def arm(seed: int, seeds: int = 3, **levels: float) -> Arm:
    frames = [frame(100 * seed + number, **levels) for number in range(seeds)]
    mean = frames[0].with_columns(
        sum((one[name] for one in frames[1:]), frames[0][name]) / seeds for name in frames[0].columns[2:]
    )
    return Arm(mean, frames)


WITHOUT, PLACEBO = arm(2), arm(3)


def test_a_clear_gain_of_one_loss_is_enough():
    found = verdict(arm(1, qlike=0.28), WITHOUT, PLACEBO)

    assert found["kept"] is True
    assert found["chance_of_order"] == pytest.approx(1 / 84)
    beside = found["qlike"]["beside"]["without"]
    assert beside["all"]["ratio"] == pytest.approx(0.28 / 0.3, rel=0.01)
    assert beside["5"]["dm_t"] < -1.65
    assert found["qlike"]["every_seed_is_better"] is True


def test_a_gain_by_luck_is_not():
    """Arms alike: of sixty, next to none may be kept."""
    assert sum(verdict(arm(10 + n), arm(100 + n), arm(200 + n))["kept"] for n in range(60)) <= 2


def test_a_gain_that_random_news_bring_too_is_not():
    """More inputs make another network, and on some years another network is better; the placebo shows it."""
    assert verdict(arm(1, qlike=0.28), WITHOUT, arm(3, qlike=0.28))["kept"] is False


def test_a_gain_smaller_than_the_spread_of_seeds_is_not():
    """Days alone would call this sure: the networks differ by more than the news."""
    lucky = arm(1, qlike=0.28)

    found = verdict(Arm(lucky.mean, [*lucky.seeds[:2], frame(7, qlike=0.31)]), WITHOUT, PLACEBO)

    assert found["qlike"]["beside"]["placebo"]["all"]["dm_t"] < -1.65
    assert found["kept"] is False


def test_two_seeds_are_too_few_to_tell():
    assert verdict(arm(1, 2, qlike=0.28), arm(2, 2), arm(3, 2))["kept"] is False


@pytest.mark.parametrize("other", ["pinball", "qlike"])
def test_a_gain_that_the_other_loss_pays_for_is_not(other):
    """Better volatility at the price of worse quantiles is an exchange, no improvement."""
    levels = {"qlike": 0.28, "pinball": 0.18} | {other: 0.31 if other == "qlike" else 0.21}

    assert verdict(arm(1, **levels), WITHOUT, PLACEBO)["kept"] is False


def test_figures_that_are_not_known_keep_nothing():
    good = arm(1, qlike=0.28)
    empty = good.mean.with_columns(pl.lit(math.nan).alias(f"pinball{h}") for h in HORIZONS)

    assert verdict(Arm(empty, good.seeds), WITHOUT, PLACEBO)["kept"] is False


def test_arms_of_different_days_are_not_compared():
    with pytest.raises(ValueError, match="different rows"):
        verdict(Arm(frame(1).head(1100), [frame(1)]), WITHOUT, PLACEBO)


def test_losses_are_those_of_the_evaluation():
    """Sorted quantiles, variances without their lasting bias, one value per row and horizon."""
    random = np.random.default_rng(2)
    came = {f"v{h}": random.normal(-9, 0.3, 1200) for h in HORIZONS}
    targets = {f"y{h}_target": random.standard_normal(1200) for h in HORIZONS}
    at = pl.DataFrame({"symbol": ["A"] * 600 + ["B"] * 600, "date": DAYS * 2, "lv21": [-9.0] * 1200, **came, **targets})
    told = np.tile([1.3, 0.0, -1.3] * 3 + [0.0] * 3, (1200, 1))  # crossed quantiles

    plain = losses(at, told)
    biased = losses(at, told + np.array([0.0] * 9 + [1.0] * 3))

    assert plain["pinball1"].to_numpy() == pytest.approx(
        pinball(at["y1_target"].to_numpy(), np.tile([-1.3, 0.0, 1.3], (1200, 1)))
    )
    assert plain.filter(pl.col("symbol") == "B")["qlike21"].is_nan().sum() == 60 + 20
    np.testing.assert_allclose(plain["qlike5"], biased["qlike5"], rtol=1e-9)


def test_the_pinball_loss_is_lowest_at_the_true_quantiles():
    came = np.random.default_rng(1).standard_normal(20_000)
    true, narrow, shifted = (np.tile(q, (20_000, 1)) for q in ([-1.28, 0, 1.28], [-0.8, 0, 0.8], [-1, 0.3, 1.6]))

    right, *wrong = (pinball(came, quantiles).mean() for quantiles in (true, narrow, shifted))

    assert all(right < other for other in wrong)
