"""Where every network starts: least squares on the newest day, before it has learned anything from the days behind it.

The levels of variance over a day to a quarter are among the features, so the start holds pooled HAR. A network that
has to find that by itself finds it late, differently with every seed, and on few bars not at all.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stockcast.contracts.records import HORIZONS
from stockcast.models.recipe import QUANTILES

# Singular values below this share of the largest are rounding errors of float32 features. `ret1` is `co` plus `on`, so
# there is always one; kept, it would give these three kernels of a million that cancel differently on each processor.
MIN_SINGULAR_RATIO = 1e-5


class LinearStart(NamedTuple):
    """Outputs as network.build orders them = features of the newest day @ kernel + bias."""

    kernel: NDArray[np.float32]  # (features, 12)
    bias: NDArray[np.float32]  # (12,)


def linear_start(scaled_rows: NDArray[np.float32], targets: NDArray[np.float32]) -> LinearStart:
    """Fit on the last rows of the training windows, (n, features) and (n, 6), and on no others.

    Log variances by least squares; quantiles of returns as they are over all days, for no day's features tell more.
    """
    returns, variances = targets[:, : len(HORIZONS)], targets[:, len(HORIZONS) :]
    inputs = np.column_stack([np.ones(len(scaled_rows)), scaled_rows]).astype(np.float64)
    fitted = np.linalg.lstsq(inputs, variances.astype(np.float64), rcond=MIN_SINGULAR_RATIO)[0]
    quantiles = np.quantile(returns, QUANTILES, axis=0).T.reshape(-1)  # horizon by horizon
    kernel = np.hstack([np.zeros((scaled_rows.shape[1], len(quantiles))), fitted[1:]])
    return LinearStart(kernel.astype(np.float32), np.concatenate([quantiles, fitted[0]]).astype(np.float32))
