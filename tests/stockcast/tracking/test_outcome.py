"""Reading what a training and its judgement left behind."""

import json
import shutil
import tarfile

import pytest

from stockcast.tracking import outcome


def test_a_bundle_is_read_as_an_archive_and_as_a_folder(evaluation_folder, model_folder, tmp_path):
    """SageMaker hands the archive over; a person has a folder."""
    with tarfile.open(tmp_path / outcome.ARCHIVE, "w:gz") as packed:
        packed.add(model_folder, arcname=".")

    from_archive = outcome.read(evaluation_folder, tmp_path)

    assert from_archive.recipe == outcome.read(evaluation_folder, model_folder).recipe
    assert from_archive.metrics["parameters"] == 6284
    assert from_archive.commit == "3fa9c1d2"


def test_the_evaluation_of_another_training_is_refused(evaluation_folder, model_folder, tmp_path):
    """The run would show one model's figures under another's name for ever."""
    shutil.copytree(model_folder, tmp_path, dirs_exist_ok=True)
    recipe = json.loads((tmp_path / "recipe.json").read_text()) | {"model_version": "another"}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))

    with pytest.raises(ValueError, match="the bundle is another; they must be of one training"):
        outcome.read(evaluation_folder, tmp_path)


@pytest.mark.parametrize("name", [outcome.EVALUATION, outcome.ORIGINS])
def test_half_an_evaluation_is_refused_by_name(evaluation_folder, model_folder, tmp_path, name):
    shutil.copytree(evaluation_folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).unlink()

    with pytest.raises(FileNotFoundError, match=f"lacks {name}"):
        outcome.read(tmp_path, model_folder)


def test_a_folder_without_a_bundle_says_what_it_lacks(evaluation_folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no recipe\.json"):
        outcome.read(evaluation_folder, tmp_path)
