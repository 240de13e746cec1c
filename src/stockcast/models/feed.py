"""Windows for TensorFlow, cut out of the flat (rows, features) matrix as they are needed.

Imported by training only. The windows themselves would take forty times the memory of the matrix.
"""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


class Feed:
    """Holds all rows and targets once; batches name windows by their last row."""

    def __init__(self, rows: NDArray[np.float32], targets: NDArray[np.float32], lookback: int) -> None:
        self._rows, self._targets = tf.constant(rows), tf.constant(targets)
        self._reach = tf.range(1 - lookback, 1)

    def batches(self, ends: NDArray[np.int64], batch_size: int) -> tf.data.Dataset:
        """(windows, targets) in the order of `ends`."""
        return tf.data.Dataset.from_tensor_slices(ends.astype(np.int32)).batch(batch_size).map(self._cut).prefetch(2)

    def _cut(self, ends: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.gather(self._rows, ends[:, None] + self._reach), tf.gather(self._targets, ends)
