"""Naive forecasts."""

import numpy as np
import pytest

from stockcast.evaluation.baselines import ewma_variance, gaussian_reach


def test_ewma_forgets_six_percent_a_day():
    """A weak baseline makes any model look good."""
    assert ewma_variance(np.array([1.0, 1.0, 2.0, 1.0])) == pytest.approx([1.0, 1.0, 1.06, 1.0564])


def test_the_gaussian_interval_uses_only_returns_that_were_known():
    """The baseline may no more look ahead than the model."""
    came = np.random.default_rng(7).standard_normal(600)

    reach = gaussian_reach(came, 5, 0.8)

    assert reach[400] == pytest.approx(1.2815515655 * came[:396].std(ddof=1))
    assert np.isnan(reach[:104]).all()
    assert np.isfinite(reach[104:]).all()
