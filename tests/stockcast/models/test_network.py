"""The network's shape. Its training is tested in tests/training."""

import numpy as np
import pytest

from stockcast.models.linear_start import LinearStart

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("tensorflow")]

WINDOWS = np.random.default_rng(1).standard_normal((16, 40, 13)).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    from stockcast.models import network  # TensorFlow takes seconds to import

    return network


def start() -> LinearStart:
    random = np.random.default_rng(2)
    return LinearStart(random.standard_normal((13, 12)).astype(np.float32), np.arange(12, dtype=np.float32))


def test_before_its_first_step_it_answers_the_linear_start_to_the_newest_day(network):
    """Any other day of the window, and it would start as a forecast made weeks ago."""
    model = network.build(40, 13, start=start())

    told = model.predict(WINDOWS, verbose=0)

    np.testing.assert_allclose(told, WINDOWS[:, -1] @ start().kernel + start().bias, atol=1e-5)


def test_days_behind_the_newest_count_once_it_has_learned(network):
    """With the LSTM cut off it would be a linear model under another name."""
    import keras

    keras.utils.set_random_seed(0)
    model = network.build(40, 13, start=start())
    targets = np.random.default_rng(3).standard_normal((16, 6)).astype(np.float32)
    model.fit(WINDOWS, targets, epochs=2, verbose=0)
    other = WINDOWS.copy()
    other[:, :-1] = 0.0

    assert np.abs(model.predict(WINDOWS, verbose=0) - model.predict(other, verbose=0)).max() > 1e-4


def test_it_keeps_its_size(network):
    """The page and the gate tell the number of parameters."""
    assert network.build(40, 13).count_params() == 6440
