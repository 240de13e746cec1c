"""Windows of consecutive rows, as the network reads them."""

import numpy as np
from numpy.typing import NDArray


def window_ends(matrix: NDArray[np.float64], lookback: int) -> NDArray[np.int64]:
    """Last row of every window of `lookback` rows without a missing value.

    `matrix` is (rows, features) of one symbol: a window never crosses into another.
    """
    finite = np.isfinite(matrix).all(axis=1)
    run_before = np.concatenate([[0], np.cumsum(finite)])
    whole = run_before[lookback:] - run_before[:-lookback] == lookback
    return np.flatnonzero(whole) + lookback - 1


def gather(matrix: NDArray[np.float32], ends: NDArray[np.int64], lookback: int) -> NDArray[np.float32]:
    """The windows that end at `ends`: (windows, lookback, features)."""
    return matrix[ends[:, None] + np.arange(1 - lookback, 1)]
