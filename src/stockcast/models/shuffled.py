"""What can be learned from labels that belong to other days: nothing, or something has leaked.

Imported by training only.
"""

import keras
import numpy as np
from numpy.typing import NDArray

from stockcast.contracts.records import HORIZONS
from stockcast.models import network
from stockcast.models.feed import Feed
from stockcast.models.recipe import QUANTILES, Recipe
from stockcast.models.training_set import TrainingSet

UNITS = 8  # small and quick, yet it finds at once what holds the label
UPDATES = 100  # however few windows there are
BATCH_SIZE = 128
LEARNING_RATE = 1e-2
JUDGED = 4096  # windows at most
SEED = 0


def gain(data: TrainingSet, recipe: Recipe, *, shuffled: bool = True) -> float:
    """How much less a small network loses on validation days than the best constant, as a share of the latter's loss.

    It learns from training windows whose labels were shuffled across days and symbols: a gain far above 0 means that
    inputs or validation know what they must not. `shuffled=False` tells what the same network makes of true labels.
    """
    keras.utils.set_random_seed(SEED)
    random = np.random.default_rng(SEED)
    targets = data.targets.copy()
    if shuffled:
        targets[data.train_ends] = data.targets[random.permutation(data.train_ends)]
    constant = _best_constant(targets[data.train_ends])
    feed = Feed(recipe.scaled(data.rows), targets, recipe.lookback)
    judged = feed.batches(random.permutation(data.validation_ends)[:JUDGED], 1024)
    model = _small(recipe.lookback, data.rows.shape[1], constant)
    before = float(model.evaluate(judged, verbose=0))  # it still answers the constant, whatever it is asked
    learned = feed.batches(random.choice(data.train_ends, UPDATES * BATCH_SIZE), BATCH_SIZE)
    model.fit(learned, epochs=1, shuffle=False, verbose=0)
    return 1 - float(model.evaluate(judged, verbose=0)) / before


def _best_constant(targets: NDArray[np.float32]) -> NDArray[np.float32]:
    """The twelve outputs that lose least when they may not depend on anything."""
    returns, variances = targets[:, : len(HORIZONS)], targets[:, len(HORIZONS) :]
    quantiles = np.quantile(returns, QUANTILES, axis=0).T.reshape(-1)  # horizon by horizon
    return np.concatenate([quantiles, variances.mean(axis=0)]).astype(np.float32)


def _small(lookback: int, n_features: int, constant: NDArray[np.float32]) -> keras.Model:
    days = keras.Input((lookback, n_features))
    answer = keras.layers.Dense(
        len(constant), kernel_initializer="zeros", bias_initializer=keras.initializers.Constant(constant)
    )
    model = keras.Model(days, answer(keras.layers.LSTM(UNITS)(days)))
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=network.loss, jit_compile=False)
    return model
