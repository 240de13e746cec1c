"""Train the global LSTM on silver bars and leave a bundle: networks, recipe.json, metrics.json.

One network for all symbols. It learns from rows marked train, stops by those marked validation, and never sees test.
Networks of several seeds are averaged: a single one is lucky or unlucky, their mean hardly. The same bars and
arguments give the same networks, also where the training was cut off in between: each epoch is kept in
--checkpoint_dir, and the next run of the same training goes on after it. On several hosts every batch is shared
between them; only the first host writes.
"""

import argparse
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported: its notes bury our progress lines

import keras
import numpy as np
import tensorflow as tf

from stockcast.forecasting.trusted_medians import trusted_medians
from stockcast.models import bundle, network, shuffled
from stockcast.models.calibration import pooled_factors
from stockcast.models.checkpoints import Checkpoints
from stockcast.models.course import Course, Plan
from stockcast.models.feed import Feed
from stockcast.models.fitting import VALIDATION_BATCH, fit
from stockcast.models.linear_start import linear_start
from stockcast.models.onnx_model import OnnxModel
from stockcast.models.recipe import LOOKBACK, Recipe
from stockcast.models.training_set import TrainingSet, read_bars, training_set
from stockcast.models.windows import gather
from stockcast.models.workers import Workers

LEARNED_WITH = ("epochs", "batch_size", "patience", "units", "dropout", "learning_rate", "lookback")
COMPARED = 512  # validation windows on which the exported network must answer what Keras answers


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit one network per seed, average them, calibrate the average, save the bundle."""
    args = _arguments(arguments)
    workers = Workers.of()
    tf.config.experimental.enable_op_determinism()
    bars, data_sha256 = read_bars(args.bars)
    data = training_set(bars, args.lookback)
    print(f"{len(data.train_ends)} training and {len(data.validation_ends)} validation windows", flush=True)
    recipe = Recipe.fit(
        data.training_rows, trained_until=data.trained_until.isoformat(), symbols=data.symbols,
        data_sha256=data_sha256, model_version=args.model_version, seeds=args.seeds, lookback=args.lookback,
    )  # fmt: skip
    feed = Feed(recipe.scaled(data.rows), data.targets, recipe.lookback)
    fitted = fit_all(data, recipe, feed, args, workers)
    if workers.is_first:
        leave_bundle(args, data, recipe, feed, fitted)
    workers.wait_for_all()


def fit_all(
    data: TrainingSet, recipe: Recipe, feed: Feed, args: argparse.Namespace, workers: Workers
) -> list[tuple[keras.Model, Course]]:
    """One network per seed, each from its own start, or from where an earlier run of this training was cut off."""
    checkpoints = Checkpoints(args.checkpoint_dir, _made_from(recipe, args, workers), writes=workers.is_first)
    fitted = []
    start = linear_start(recipe.scaled(data.rows)[data.train_ends], data.targets[data.train_ends])
    for seed in args.seeds:
        keras.utils.set_random_seed(seed)
        model = network.build(
            recipe.lookback, data.rows.shape[1],
            units=args.units, dropout=args.dropout, learning_rate=args.learning_rate, start=start,
        )  # fmt: skip
        plan = Plan(seed, args.epochs, args.batch_size, args.patience)
        course = fit(model, feed, (data.train_ends, data.validation_ends), plan, checkpoints, workers)
        fitted.append((model, course))
    return fitted


def leave_bundle(
    args: argparse.Namespace, data: TrainingSet, recipe: Recipe, feed: Feed, fitted: list[tuple[keras.Model, Course]]
) -> None:
    """The average of the networks and what is to be known about it; its loss comes last, for SageMaker to read."""
    models, courses = [model for model, _ in fitted], [course for _, course in fitted]
    model = network.average(models)
    val_loss = float(model.evaluate(feed.batches(data.validation_ends, VALIDATION_BATCH), verbose=0))
    save(args.model_dir, model, recipe, data)
    save_members(args.model_dir, recipe, models)
    metrics = {
        "val_loss": val_loss,
        "val_loss_by_seed": {str(seed): course.best_loss for seed, course in zip(args.seeds, courses, strict=True)},
        **measure(args.model_dir, model, recipe, data),
        "parameters": model.count_params(),
        "commit": os.environ.get("STOCKCAST_COMMIT", "unknown"),
        "hyperparameters": _hyperparameters(args),
        "seconds": round(sum(course.seconds for course in courses), 1),  # of learning, also before it was cut off
    }
    (args.model_dir / bundle.METRICS).write_text(json.dumps(metrics, indent=2) + "\n")
    print(f"seeds: {','.join(map(str, args.seeds))} val_loss: {val_loss:.6f}", flush=True)


def save(model_dir: Path, model: keras.Model, recipe: Recipe, data: TrainingSet) -> None:
    """Export the network, then calibrate the exported file: what serves is what was measured."""
    model_dir.mkdir(parents=True, exist_ok=True)
    model.export(str(model_dir / bundle.NETWORK), format="onnx", verbose=False)
    exported = OnnxModel(model_dir / bundle.NETWORK)
    recipe = recipe.with_trust(trusted_medians(data, recipe, exported))
    factors = pooled_factors(data, recipe, exported)
    (model_dir / bundle.RECIPE).write_text(recipe.with_factors(factors).to_json())


def save_members(model_dir: Path, recipe: Recipe, models: Sequence[keras.Model]) -> None:
    """Each network alone, for the question whether the average owes everything to one of them."""
    (model_dir / bundle.MEMBERS).mkdir(exist_ok=True)
    for seed, model in zip(recipe.seeds, models, strict=True):
        model.export(str(model_dir / bundle.member(seed)), format="onnx", verbose=False)


def measure(model_dir: Path, model: keras.Model, recipe: Recipe, data: TrainingSet) -> dict[str, float]:
    """What the gate wants to know and only training can tell: is the export faithful, do shuffled labels gain?"""
    windows = gather(recipe.scaled(data.rows), data.validation_ends[:COMPARED], recipe.lookback)
    told = model.predict(windows, verbose=0)
    exported = OnnxModel(model_dir / bundle.NETWORK).predict(windows)
    return {"onnx_difference": float(np.abs(told - exported).max()), "shuffled_gain": shuffled.gain(data, recipe)}


def _hyperparameters(args: argparse.Namespace) -> dict[str, float | list[int]]:
    return {name: getattr(args, name) for name in LEARNED_WITH} | {"seeds": list(args.seeds)}


def _made_from(recipe: Recipe, args: argparse.Namespace, workers: Workers) -> str:
    """All that decides what the next epoch does; seeds have files of their own."""
    told = {name: getattr(args, name) for name in LEARNED_WITH} | {"hosts": workers.count}
    told |= {"bars": recipe.data_sha256, "features": recipe.feature_version, "keras": keras.__version__}
    told |= {path.name: path.read_text() for path in sorted(Path(network.__file__).parent.glob("*.py"))}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Underscores in names, because SageMaker hands hyperparameters over as they are called."""
    parser = argparse.ArgumentParser(description=__doc__)
    environ = os.environ
    add = parser.add_argument
    add("--bars", type=Path, default=environ.get("SM_CHANNEL_BARS"), help="folder with silver bars")
    add("--model_dir", type=Path, default=environ.get("SM_MODEL_DIR"), help="folder for the bundle")
    add(
        "--checkpoint_dir", type=Path, default=environ.get("SM_CHECKPOINT_DIR"), help="folder to go on from; none: anew"
    )
    add("--model_version", default=environ.get("TRAINING_JOB_NAME", "untracked"), help="the job's name")
    add("--epochs", type=int, default=30, help="at most; patience ends it after 7 to 9 on 12,000 windows")
    add("--batch_size", type=int, default=128, help="over all hosts; small: larger gives too few updates on such data")
    add("--patience", type=int, default=3, help="epochs without a better validation loss, 280 updates")
    add("--seeds", type=_seeds, default="0,1,2", help="comma separated; one network each, averaged")
    add("--units", type=int, default=network.UNITS, help="of the LSTM; 32 is 6,440 parameters in all")
    add("--dropout", type=float, default=network.DROPOUT, help="share of the LSTM's outputs left out while learning")
    add("--learning_rate", type=float, default=network.LEARNING_RATE, help="Adam's")
    add("--lookback", type=int, default=LOOKBACK, help="trading days that the network sees")
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
