"""What a bundle tells about its training, for the gate and for whoever asks months later."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from stockcast.models import bundle
from stockcast.models.training_set import read_bars, training_set

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("tensorflow")]


def test_a_bundle_tells_what_it_was_learned_with(small_model):
    metrics = bundle.load_metrics(small_model)

    assert metrics["hyperparameters"] == {
        "epochs": 3, "batch_size": 32, "patience": 3, "units": 32, "dropout": 0.2, "learning_rate": 0.001,
        "lookback": 40, "seeds": [0, 1],
    }  # fmt: skip
    assert metrics["onnx_difference"] <= 1e-5
    assert set(metrics["val_loss_by_seed"]) == {"0", "1"}
    assert metrics["parameters"] > 2 * 4 * 32 * (13 + 32 + 1)  # two LSTMs and what follows them
    assert metrics["commit"] == "unknown" and metrics["seconds"] > 0
    assert metrics["shuffled_gain"] < 0.01


def test_an_input_that_holds_the_label_gains_even_from_shuffled_labels(small_model, small_bars):
    """Targets that reach the inputs, by whatever road, are what this check is for."""
    from stockcast.models import shuffled

    recipe, _ = bundle.load(small_model)
    data = training_set(read_bars(small_bars)[0], recipe.lookback)
    targets = data.targets.copy()
    random = np.random.default_rng(shuffled.SEED)
    targets[data.train_ends] = targets[random.permutation(data.train_ends)]  # as the check will shuffle them
    rows = data.rows.copy()
    rows[:, :6] = np.nan_to_num(targets, nan=0.0)
    peeking = replace(recipe, means=(0.0,) * 6 + recipe.means[6:], sds=(1.0,) * 6 + recipe.sds[6:])

    assert shuffled.gain(replace(data, rows=rows), peeking) > 0.3


def test_the_model_is_the_mean_of_its_members(small_model):
    """A member that is not in the mean would be judged in vain."""
    recipe, model = bundle.load(small_model)
    windows = np.random.default_rng(1).normal(size=(64, 40, 13)).astype(np.float32)

    told = [member.predict(windows) for member in bundle.load_members(small_model, recipe).values()]

    assert set(bundle.load_members(small_model, recipe)) == {0, 1}
    assert not np.allclose(told[0], told[1])
    np.testing.assert_allclose(np.mean(told, axis=0), model.predict(windows), atol=1e-6)


def test_a_bundle_without_a_member_says_so(small_model, tmp_path):
    """An archive of an older training has none."""
    shutil.copytree(small_model, tmp_path / "copy")
    (tmp_path / "copy" / bundle.member(1)).unlink()
    recipe, _ = bundle.load(tmp_path / "copy")

    with pytest.raises(FileNotFoundError, match=r"lacks members/seed-1\.onnx"):
        bundle.load_members(tmp_path / "copy", recipe)
