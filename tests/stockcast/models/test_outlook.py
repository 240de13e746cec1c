"""Running a model at every origin."""

import math

import numpy as np
import pytest
from tests.stockcast.generated import bars
from tests.stockcast.predictors import LastRow, Level, recipe

from stockcast.models.outlook import Unforecastable, outlook


def test_outputs_are_carried_back_to_returns_and_variances():
    """Half a standard deviation over 21 days is not half over one."""
    seen = outlook(bars(400), recipe(), Level(median=0.5, log_variance=0.3))
    closes = bars(400)["close"].to_numpy()
    sd63 = np.diff(np.log(closes))[-63:].std(ddof=1)

    assert seen.median[-1] == pytest.approx([0.5 * sd63 * math.sqrt(h) for h in (1, 5, 21)], rel=1e-5)
    lv21 = math.log(seen.daily_variance[-21:].mean())
    assert seen.log_variance[-1] == pytest.approx([lv21 + 0.3] * 3, rel=1e-5)


def test_the_first_origin_comes_after_warm_up_and_lookback():
    """290 bars are what clients are told to send."""
    seen = outlook(bars(290), recipe(), Level())

    assert seen.dates == [bars(290)["date"][-1]]
    assert np.isnan(seen.came_return).all()


def test_later_bars_change_no_earlier_forecast():
    """Judging with later bars in sight would be judging another model."""
    whole, cut = (outlook(bars(600).head(length), recipe(), LastRow()) for length in (600, 450))

    known = len(cut.dates)
    np.testing.assert_array_equal(whole.median[:known], cut.median)
    np.testing.assert_array_equal(whole.log_variance[:known], cut.log_variance)


def test_crossed_quantiles_are_put_in_order():
    """A 'median' above the 90 % quantile would be published as a price."""

    class Crossed:
        def predict(self, windows):
            return np.tile(np.array([3.0, 1.0, 2.0] * 3 + [0.0] * 3, dtype=np.float32), (len(windows), 1))

    crossed, level = (outlook(bars(300), recipe(), model) for model in (Crossed(), Level(median=2.0)))

    np.testing.assert_array_equal(crossed.median, level.median)


def test_bars_without_a_whole_window_say_so():
    """An index without volume has no volume feature, hence no forecast; the message must tell."""
    with pytest.raises(Unforecastable, match="289 bars hold no whole window"):
        outlook(bars(289), recipe(), Level())
