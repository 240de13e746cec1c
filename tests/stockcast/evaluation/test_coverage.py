"""The intervals' recipe on a market whose truth is known: GARCH(1,1) with fat tails."""

import numpy as np
import pytest

from stockcast.evaluation.baselines import ewma_variance
from stockcast.evaluation.losses import inside
from stockcast.models.conformal import rolling_factors, scores_of, sigma

OMEGA, ALPHA, BETA, NU = 0.02, 0.08, 0.90, 8
DAYS = 4000


def garch_t(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    shocks = random.standard_t(NU, DAYS) * np.sqrt((NU - 2) / NU)
    returns, variance = np.empty(DAYS), OMEGA / (1 - ALPHA - BETA)
    for day in range(DAYS):
        returns[day] = np.sqrt(variance) * shocks[day]
        variance = OMEGA + ALPHA * returns[day] ** 2 + BETA * variance
    return returns


def covered(h: int, seed: int) -> np.ndarray:
    """Shares of outcomes inside the 80 % and the 95 % interval of an EWMA with rolling conformal factors."""
    returns = garch_t(seed)
    log_variance = np.log(ewma_variance(np.square(returns)))
    came = np.full(DAYS, np.nan)
    came[: DAYS - h] = np.convolve(returns, np.ones(h), mode="valid")[1:]
    scores = scores_of(came, np.zeros(DAYS), log_variance, h)
    factors, own = rolling_factors(scores, h, (0.8, 0.95), (np.nan, np.nan))
    reach = factors * sigma(log_variance, h)[:, None]
    known = own & np.isfinite(came)
    return np.array([inside(came, -reach[:, place], reach[:, place])[known].mean() for place in (0, 1)])


@pytest.mark.parametrize("h", [1, 5])
def test_intervals_hold_what_they_promise_whatever_the_tails(h):
    """EWMA knows neither the tails nor the mean reversion; the past misses teach both."""
    shares = np.mean([covered(h, seed) for seed in range(6)], axis=0)

    assert shares == pytest.approx([0.80, 0.95], abs=0.006)
