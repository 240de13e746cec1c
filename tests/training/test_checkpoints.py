"""A training that is cut off and started again ends with the very same networks."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stockcast.models import bundle

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("tensorflow")]

REPOSITORY = Path(__file__).parents[2]
WINDOWS = np.random.default_rng(1).normal(size=(64, 40, 13)).astype(np.float32)


@pytest.mark.extended
@pytest.mark.usefixtures("without_measures")
def test_a_training_killed_in_the_middle_goes_on_to_the_same_networks(
    small_bars, small_arguments, small_model, tmp_path, capfd
):
    """Spot machines are taken away at any moment; what they had done must neither be lost nor change the model."""
    from training import train

    folders = ["--model_dir", str(tmp_path / "model"), "--checkpoint_dir", str(tmp_path / "checkpoints")]
    arguments = ["--bars", str(small_bars), *folders, *small_arguments]
    _run_until("seed: 1 epoch: 2 ", arguments)
    assert not (tmp_path / "model").exists()
    capfd.readouterr()

    train.main(arguments)

    told = capfd.readouterr().out
    assert "seed: 0 goes on after epoch 3" in told  # it was over: nothing of it is trained again
    assert "seed: 1 goes on after epoch 2" in told
    assert [line[:16] for line in told.splitlines() if " epoch: " in line] == ["seed: 1 epoch: 3"]
    resumed, whole = tmp_path / "model", small_model
    assert (resumed / bundle.RECIPE).read_bytes() == (whole / bundle.RECIPE).read_bytes()
    for one, other in zip(_networks(resumed), _networks(whole), strict=True):
        np.testing.assert_array_equal(one.predict(WINDOWS), other.predict(WINDOWS))


def _networks(folder: Path) -> list:
    recipe, model = bundle.load(folder)
    return [model, *bundle.load_members(folder, recipe).values()]


def _run_until(line: str, arguments: list[str]) -> None:
    """Run train.py and kill it as soon as it prints this."""
    command = [sys.executable, str(REPOSITORY / "training/train.py"), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = []
        for told in process.stdout:
            printed.append(told)
            if told.startswith(line):
                process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, printed


@pytest.fixture(scope="module")
def trained():
    """A model of one number after one step, and its course; training a real one would take seconds. Do not change."""
    import keras

    from stockcast.models.course import Course

    keras.utils.set_random_seed(3)
    days = keras.Input((1,))
    model = keras.Model(days, keras.layers.Dropout(0.5)(keras.layers.Dense(1)(days)))
    model.compile(optimizer=keras.optimizers.Adam(0.1), loss="mse", jit_compile=False)
    model.train_on_batch(np.ones((2, 1)), np.ones((2, 1)))
    course = Course()
    course.note(0.5, model.get_weights(), seconds=2.0)
    model.train_on_batch(np.ones((2, 1)), np.ones((2, 1)))
    course.note(0.7, model.get_weights(), seconds=2.0)
    return model, course


def test_weights_optimizer_randomness_and_patience_come_back(trained, tmp_path):
    """Whatever is forgotten changes the epochs after it."""
    import keras

    from stockcast.models.checkpoints import Checkpoints

    model, course = trained
    Checkpoints(tmp_path, "same").save(0, model, course)
    fresh = keras.models.clone_model(model)
    fresh.compile(optimizer=keras.optimizers.Adam(0.1), loss="mse", jit_compile=False)

    again = Checkpoints(tmp_path, "same").restore(0, fresh)

    assert (again.epoch, again.waited, again.best_loss, again.seconds) == (2, 1, 0.5, 4.0)
    for best, kept in zip(again.best_weights, course.best_weights, strict=True):
        np.testing.assert_array_equal(best, kept)
    states = [[np.asarray(v) for v in (*m.variables, *m.optimizer.variables)] for m in (model, fresh)]
    assert any("seed_generator" in variable.path for variable in model.variables)  # dropout's: among the states
    for one, other in zip(*states, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_checkpoint_of_another_training_is_not_continued(trained, tmp_path, capsys):
    """Weights learned on other bars or at another rate would make a model that no arguments can make again."""
    from stockcast.models.checkpoints import Checkpoints

    model, course = trained
    Checkpoints(tmp_path, "these bars").save(0, model, course)
    before = model.get_weights()

    assert Checkpoints(tmp_path, "other bars").restore(0, model).epoch == 0

    assert "seed: 0 begins anew: " in (told := capsys.readouterr().out)
    assert "made from other bars, arguments or code" in told
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


@pytest.mark.parametrize("kept", [b"", b"PK\x03\x04 half a file", b"no archive at all"])
def test_a_damaged_checkpoint_costs_its_epochs_and_no_more(trained, tmp_path, capsys, kept):
    """Half a file in the bucket must not end the training."""
    from stockcast.models.checkpoints import Checkpoints

    (tmp_path / "seed-0.npz").write_bytes(kept)

    assert Checkpoints(tmp_path, "same").restore(0, trained[0]).epoch == 0
    assert "seed: 0 begins anew: " in capsys.readouterr().out


def test_who_copies_the_folder_never_finds_half_a_file(trained, tmp_path, monkeypatch):
    """SageMaker copies it while we write; a training that dies while writing leaves the epoch before."""
    from stockcast.models import checkpoints

    model, course = trained
    keep = checkpoints.Checkpoints(tmp_path, "same")
    keep.save(0, model, course)
    whole = (tmp_path / "seed-0.npz").read_bytes()

    def dies(file, **arrays):
        file.write(b"PK")
        raise OSError("no space left on device")

    monkeypatch.setattr(checkpoints.np, "savez", dies)
    with pytest.raises(OSError, match="no space left"):
        keep.save(0, model, course)

    assert (tmp_path / "seed-0.npz").read_bytes() == whole


def test_hosts_that_are_not_the_first_write_nothing(trained, tmp_path):
    """Two hosts that write one file in the bucket would tear it."""
    from stockcast.models.checkpoints import Checkpoints

    Checkpoints(tmp_path / "x", "same", writes=False).save(0, *trained)
    Checkpoints(None, "same").save(0, *trained)

    assert not (tmp_path / "x").exists()
