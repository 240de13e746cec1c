"""Training a small model for real."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.training.conftest import skip_measures

from stockcast.contracts.records import HORIZONS
from stockcast.models import bundle
from stockcast.models.training_set import read_bars, training_set
from stockcast.models.windows import gather

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("tensorflow")]

WINDOWS = np.random.default_rng(1).normal(size=(64, 40, 13)).astype(np.float32)


def test_the_recipe_tells_what_the_network_was_made_from(small_model, small_bars):
    """Months later this file is all that is known about a model."""
    bars, data_sha256 = read_bars(small_bars)
    recipe, _ = bundle.load(small_model)

    assert recipe.model_version == "small"
    assert recipe.seeds == (0, 1)
    assert recipe.symbols == ("AAPL", "GOOG")
    assert recipe.data_sha256 == data_sha256
    assert recipe.trained_until < str(bars.filter(pl.col("split") == "test")["date"].min())
    assert all(0.5 < recipe.factor(0.8, h) < recipe.factor(0.95, h) < 5 for h in HORIZONS)


def test_the_scaler_saw_training_rows_only(small_model, small_bars):
    """Test years in a mean are a leak that no later test can see."""
    recipe, _ = bundle.load(small_model)
    data = training_set(read_bars(small_bars)[0], recipe.lookback)

    assert recipe.means == pytest.approx(data.training_rows.mean(axis=0).tolist())


def test_training_beats_a_network_of_zeros(small_model, small_bars):
    """Weights that were never updated export just as well."""
    from stockcast.models import network

    recipe, model = bundle.load(small_model)
    data = training_set(read_bars(small_bars)[0], recipe.lookback)
    ends = data.validation_ends

    told = model.predict(gather(recipe.scaled(data.rows), ends, recipe.lookback))

    came = data.targets[ends]
    loss, loss_of_zeros = (float(np.mean(network.loss(came, outlook))) for outlook in (told, 0 * told))
    assert loss < 0.9 * loss_of_zeros
    below = (came[:, :3] < told[:, 0:9:3]).mean(axis=0), (came[:, :3] < told[:, 2:9:3]).mean(axis=0)
    assert (below[0] < 0.45).all(), below  # the 10 % quantiles are on their way down,
    assert (below[1] > 0.55).all(), below  # the 90 % quantiles up


def train_briefly(bars, folder):
    """Leave a bundle of one network after one epoch, and no more than serves; what the training printed."""
    from training import train

    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        skip_measures(patch)
        patch.setattr(train, "save_members", lambda *_: None)
        arguments = ["--model_dir", str(folder), "--epochs", "1", "--batch_size", "32", "--seeds", "3"]
        train.main(["--bars", str(bars), *arguments])
    return printed.getvalue()


@pytest.fixture(scope="module")
def brief(small_bars, tmp_path_factory):
    """The bundle of a brief training, and what the training printed."""
    folder = tmp_path_factory.mktemp("brief")
    return folder, train_briefly(small_bars, folder)


@pytest.mark.extended
def test_progress_ends_in_the_figure_that_sagemaker_reads(brief):
    """The metric regex takes the last match: it must be the bundle's own loss."""
    folder, printed = brief

    lines = [line for line in printed.splitlines() if "val_loss: " in line]
    metrics = json.loads((folder / bundle.METRICS).read_text())
    assert lines[0].startswith("seed: 3 epoch: 1 loss: ")
    assert lines[-1] == f"seeds: 3 val_loss: {metrics['val_loss']:.6f}"
    assert metrics["val_loss_by_seed"] == {"3": pytest.approx(metrics["val_loss"], rel=1e-3)}


@pytest.mark.extended
def test_two_runs_on_the_same_bars_give_the_same_network(brief, small_bars, tmp_path):
    """A figure that cannot be had again cannot be checked."""
    train_briefly(small_bars, tmp_path)

    (first_recipe, first), (second_recipe, second) = (bundle.load(folder) for folder in (brief[0], tmp_path))

    np.testing.assert_array_equal(first.predict(WINDOWS), second.predict(WINDOWS))
    assert first_recipe == second_recipe


def test_the_exported_file_answers_what_keras_answers(tmp_path: Path):
    """Serving never runs Keras: an export that reorders a gate would be a different model."""
    import keras

    from stockcast.models import network
    from stockcast.models.onnx_model import OnnxModel

    keras.utils.set_random_seed(7)
    model = network.average([network.build(40, 13), network.build(40, 13)])
    random = np.random.default_rng(7)  # a new network's last layers are zeros and would agree whatever became of them
    model.set_weights([0.3 * random.standard_normal(one.shape) for one in model.get_weights()])
    told = model.predict(WINDOWS, verbose=0)
    model.export(str(tmp_path / "model.onnx"), format="onnx", verbose=False)

    exported = OnnxModel(tmp_path / "model.onnx").predict(WINDOWS)

    assert exported.shape == (64, 12)
    np.testing.assert_allclose(exported, told, atol=1e-5)
    assert told.std(axis=0).min() > 0.01


def test_the_loss_is_pinball_plus_a_tenth_of_squared_error():
    """A wrong sign in the pinball loss swaps the interval's ends and still converges."""
    from stockcast.models import network

    targets = np.array([[1.0, -1.0, 0.0, 0.5, 0.0, -0.5]], dtype=np.float32)
    outlook = np.zeros((1, 12), dtype=np.float32)

    pinball = ((0.1 + 0.5 + 0.9) * 1.0 + (0.9 + 0.5 + 0.1) * 1.0) / 9
    assert float(network.loss(targets, outlook)[0]) == pytest.approx(pinball + 0.1 * (0.25 + 0.25) / 3, rel=1e-5)
    low = outlook.copy()
    low[0, 0] = -1.0  # the 10 % quantile of horizon 1, far below the outcome: a cheap mistake
    high = outlook.copy()
    high[0, 2] = -1.0  # the 90 % quantile there: an expensive one
    assert float(network.loss(targets, low)[0]) < float(network.loss(targets, high)[0])


def test_a_call_without_folders_says_which_are_missing(monkeypatch, capsys):
    """Outside SageMaker the environment variables are not there."""
    from training import train

    monkeypatch.delenv("SM_CHANNEL_BARS", raising=False)

    with pytest.raises(SystemExit):
        train.main(["--model_dir", "x"])

    assert "--bars or --model_dir is missing" in capsys.readouterr().err
