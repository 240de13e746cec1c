"""Train the global LSTM on silver bars and leave a bundle: model.onnx, recipe.json, metrics.json.

One network for all symbols. It learns from rows marked train, stops by those marked validation, and never sees test.
Networks of several seeds are averaged: a single one is lucky or unlucky, their mean hardly. The same bars and
arguments give the same bundle.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported: its notes bury our progress lines

import keras
import numpy as np
import tensorflow as tf

from stockcast.models import bundle, network
from stockcast.models.calibration import pooled_factors
from stockcast.models.onnx_model import OnnxModel
from stockcast.models.recipe import LOOKBACK, Recipe
from stockcast.models.training_set import TrainingSet, read_bars, training_set


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit one network per seed, average them, calibrate the average, save the bundle."""
    args = _arguments(arguments)
    tf.config.experimental.enable_op_determinism()
    bars, data_sha256 = read_bars(args.bars)
    data = training_set(bars, LOOKBACK)
    print(f"{len(data.train_ends)} training and {len(data.validation_ends)} validation windows", flush=True)
    recipe = Recipe.fit(
        data.training_rows, trained_until=data.trained_until.isoformat(), symbols=data.symbols,
        data_sha256=data_sha256, model_version=args.model_version, seeds=args.seeds,
    )  # fmt: skip
    fitted = [fit(seed, data, recipe, args) for seed in args.seeds]
    model = network.average([model for model, _ in fitted])
    val_loss = float(model.evaluate(validation_windows(data, recipe), verbose=0))
    save(args.model_dir, model, recipe, data)
    losses = {str(seed): loss for seed, (_, loss) in zip(args.seeds, fitted, strict=True)}
    metrics = {"val_loss": val_loss, "val_loss_by_seed": losses}
    (args.model_dir / bundle.METRICS).write_text(json.dumps(metrics, indent=2) + "\n")
    print(f"seeds: {','.join(map(str, args.seeds))} val_loss: {val_loss:.4f}", flush=True)


def fit(seed: int, data: TrainingSet, recipe: Recipe, args: argparse.Namespace) -> tuple[keras.Model, float]:
    """Train from one seed until validation stops improving; the best weights come back."""
    keras.utils.set_random_seed(seed)
    started = monotonic()
    train = _windows(data, recipe, data.train_ends, args.batch_size, seed)
    model = network.build(recipe.lookback, data.rows.shape[1])
    patience = keras.callbacks.EarlyStopping(patience=args.patience, restore_best_weights=True)
    progress = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: print(
            f"seed: {seed} epoch: {epoch + 1} loss: {logs['loss']:.4f} val_loss: {logs['val_loss']:.4f} "
            f"seconds: {monotonic() - started:.1f}",
            flush=True,
        )
    )
    past = model.fit(
        train, validation_data=validation_windows(data, recipe), epochs=args.epochs,
        callbacks=[patience, progress], shuffle=False, verbose=0,
    )  # fmt: skip
    return model, min(past.history["val_loss"])


def validation_windows(data: TrainingSet, recipe: Recipe) -> tf.data.Dataset:
    """In order and in large batches: nothing is learned from them."""
    return _windows(data, recipe, data.validation_ends, batch_size=1024, seed=None)


def _windows(data: TrainingSet, recipe: Recipe, ends: np.ndarray, batch_size: int, seed: int | None) -> tf.data.Dataset:
    """Batches of windows, cut out of the flat (rows, features) matrix as they are needed: a fraction of the memory."""
    matrix, targets = tf.constant(recipe.scaled(data.rows)), tf.constant(data.targets)
    reach = tf.range(1 - recipe.lookback, 1)
    rows = tf.data.Dataset.from_tensor_slices(ends.astype(np.int32))
    if seed is not None:
        rows = rows.shuffle(len(ends), seed=seed)

    def cut(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.gather(matrix, batch[:, None] + reach), tf.gather(targets, batch)

    return rows.batch(batch_size).map(cut).prefetch(2)


def save(model_dir: Path, model: keras.Model, recipe: Recipe, data: TrainingSet) -> None:
    """Export the network, then calibrate the exported file: what serves is what was measured."""
    model_dir.mkdir(parents=True, exist_ok=True)
    model.export(str(model_dir / bundle.NETWORK), format="onnx", verbose=False)
    factors = pooled_factors(data, recipe, OnnxModel(model_dir / bundle.NETWORK))
    (model_dir / bundle.RECIPE).write_text(recipe.with_factors(factors).to_json())


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Underscores in names, because SageMaker hands hyperparameters over as they are called."""
    parser = argparse.ArgumentParser(description=__doc__)
    environ = os.environ
    parser.add_argument("--bars", type=Path, default=environ.get("SM_CHANNEL_BARS"), help="folder with silver bars")
    parser.add_argument("--model_dir", type=Path, default=environ.get("SM_MODEL_DIR"), help="folder for the bundle")
    parser.add_argument("--model_version", default=environ.get("TRAINING_JOB_NAME", "untracked"), help="the job's name")
    parser.add_argument(
        "--epochs", type=int, default=30, help="at most; patience ends it after 7 to 9 on 12,000 windows"
    )
    parser.add_argument("--batch_size", type=int, default=128, help="small: larger gives too few updates on such data")
    parser.add_argument("--patience", type=int, default=3, help="epochs without a better validation loss, 280 updates")
    parser.add_argument("--seeds", type=_seeds, default="0,1,2", help="comma separated; one network each, averaged")
    args = parser.parse_args(arguments)
    if args.bars is None or args.model_dir is None:
        parser.error(
            "--bars or --model_dir is missing; both must name a folder (SM_CHANNEL_BARS, SM_MODEL_DIR do too)."
        )
    return args


def _seeds(text: str) -> tuple[int, ...]:
    return tuple(int(seed) for seed in text.split(","))


if __name__ == "__main__":
    main()
