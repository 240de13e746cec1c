"""The exported network, run by onnxruntime on one thread."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

BATCH = 512  # windows at a time: bounds memory, and larger is no faster


class OnnxModel:
    """One thread: a network this small loses more by handing work over than it gains."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, lookback, features) -> (n, 12), as network.build describes."""
        parts = [windows[start : start + BATCH] for start in range(0, max(1, len(windows)), BATCH)]
        return np.concatenate([self._session.run(None, {self._input: part})[0] for part in parts])
