"""The network: one LSTM beside one linear layer for all symbols; quantiles of returns and log variances by horizon.

Imported by training only; everything else runs the exported ONNX file.
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from stockcast.contracts.records import HORIZONS
from stockcast.models.linear_start import LinearStart
from stockcast.models.recipe import QUANTILES

RETURN_OUTPUTS = len(HORIZONS) * len(QUANTILES)  # horizon by horizon, quantiles ascending inside
OUTPUTS = RETURN_OUTPUTS + len(HORIZONS)
UNITS = 32
DROPOUT = 0.2
VARIANCE_WEIGHT = 0.1  # squared errors of log variance are about ten times a pinball loss
LEARNING_RATE = 1e-3


def build(
    lookback: int,
    n_features: int,
    *,
    units: int = UNITS,
    dropout: float = DROPOUT,
    learning_rate: float = LEARNING_RATE,
    start: LinearStart | None = None,
) -> keras.Model:
    """Input (batch, lookback, features), output (batch, 12): nine return quantiles, three log-variance offsets.

    A linear answer to the newest day plus what the LSTM makes of all days; the latter begins at zero, so that a
    network with a `start` answers as that does before its first step.
    """
    days = keras.Input((lookback, n_features), name="windows")
    summary = keras.layers.Dropout(dropout)(keras.layers.LSTM(units)(days))
    from_all_days = keras.layers.Dense(OUTPUTS, use_bias=False, kernel_initializer="zeros", name="all_days")(summary)
    newest_day = keras.layers.Dense(OUTPUTS, kernel_initializer="zeros", name="newest_day")
    model = keras.Model(days, keras.layers.Add(name="outlook")([newest_day(days[:, -1, :]), from_all_days]))
    if start is not None:
        newest_day.set_weights(list(start))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss=loss, jit_compile=False)
    return model


def average(models: Sequence[keras.Model]) -> keras.Model:
    """One network that answers the mean of several; the mean errs less than most of them, on other years too."""
    days = keras.Input(models[0].input_shape[1:], name="windows")
    told = [model(days) for model in models]
    mean = keras.Model(days, keras.layers.Average()(told) if len(told) > 1 else told[0])
    mean.compile(loss=loss, jit_compile=False)
    return mean


def loss(targets: keras.KerasTensor, outlook: keras.KerasTensor) -> keras.KerasTensor:
    """Mean pinball loss of the quantiles plus a weighted squared error of the log variances.

    `targets` is (batch, 6): scaled returns of all horizons, then log-variance offsets of all.
    """
    shape = (-1, len(HORIZONS), len(QUANTILES))
    told = ops.reshape(outlook[:, :RETURN_OUTPUTS], shape)
    miss = ops.expand_dims(targets[:, : len(HORIZONS)], -1) - told
    levels = np.array(QUANTILES, dtype="float32")
    pinball = ops.mean(ops.maximum(levels * miss, (levels - 1) * miss), axis=(1, 2))
    squared = ops.mean(ops.square(targets[:, len(HORIZONS) :] - outlook[:, RETURN_OUTPUTS:]), axis=1)
    return pinball + VARIANCE_WEIGHT * squared
