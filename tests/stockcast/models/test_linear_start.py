"""Where every network starts."""

import numpy as np
import pytest

from stockcast.models.linear_start import linear_start

RANDOM = np.random.default_rng(6)
ROWS = RANDOM.standard_normal((3000, 13)).astype(np.float32)
KERNEL = RANDOM.standard_normal((13, 3))


def targets(noise: float = 0.0) -> np.ndarray:
    """Returns that no feature tells anything about, and variances that follow from the rows."""
    variances = ROWS @ KERNEL + [0.1, 0.2, 0.3] + noise * RANDOM.standard_normal((3000, 3))
    return np.hstack([RANDOM.standard_normal((3000, 3)) + 0.2, variances]).astype(np.float32)


def test_it_recovers_the_line_that_made_the_variances():
    """A worse line would have the LSTM mend what least squares gives away."""
    start = linear_start(ROWS, targets(noise=0.1))

    np.testing.assert_allclose(start.kernel[:, 9:], KERNEL, atol=0.02)
    np.testing.assert_allclose(start.bias[9:], [0.1, 0.2, 0.3], atol=0.02)


def test_quantiles_start_as_they_are_over_all_days():
    """Starting medians that follow the features would be a bet on direction that nobody has tested."""
    made = targets()
    start = linear_start(ROWS, made)

    assert (start.kernel[:, :9] == 0).all()
    assert start.bias[:3] == pytest.approx(np.quantile(made[:, 0], [0.1, 0.5, 0.9]), abs=1e-5)
    assert start.bias[6:9] == pytest.approx(np.quantile(made[:, 2], [0.1, 0.5, 0.9]), abs=1e-5)


def test_features_that_never_move_do_no_harm():
    """An index without volume has a column of zeros; its coefficient must not be infinite."""
    still = ROWS.copy()
    still[:, 7] = 0.0

    start = linear_start(still, targets())

    assert np.isfinite(start.kernel).all()
    np.testing.assert_allclose(start.kernel[7], 0, atol=1e-9)


def test_a_feature_that_is_the_sum_of_two_others_gives_no_huge_kernel():
    """Yesterday's return is the overnight and the intraday one: kernels that cancel differ between processors."""
    bound = ROWS.copy()
    bound[:, 0] = bound[:, 11] + bound[:, 12]

    start = linear_start(bound, targets(noise=0.1))

    exact = bound.astype(np.float64) @ start.kernel.astype(np.float64) + start.bias
    assert np.abs(start.kernel).max() < 10
    np.testing.assert_allclose(bound @ start.kernel + start.bias, exact, atol=1e-5)
