"""Keeping a training as the job does it: folders in, folders out."""

import json
import shutil

import pytest
from tests.stockcast.tracking.conftest import JOB, evaluation_folder, model_folder  # noqa: F401  fixtures

pytestmark = [pytest.mark.extended, pytest.mark.xdist_group("mlflow")]


def open_store(folder):
    from stockcast.tracking.store import FolderStore  # MLflow takes seconds to import

    return FolderStore(folder)


def run_job(evaluation, model, before, out):
    from training import track

    track.main(
        ["--evaluation", str(evaluation), "--model", str(model), "--mlflow", str(before), "--server", "none",
         "--out", str(out)]
    )  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def without_pictures():
    """Pictures take seconds to draw; tests/stockcast/tracking looks at them."""
    from stockcast.tracking import keeping

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "pictures", lambda *_: ())
        yield


@pytest.fixture(scope="module")
def folders(evaluation_folder, model_folder, tmp_path_factory):  # noqa: F811
    """A job's input with the run of an earlier job and a copy of it from before the job, and the job's output."""
    folder = tmp_path_factory.mktemp("job")
    earlier = open_store(folder / "in")
    earlier.client.create_run(earlier.experiment(), run_name="earlier", tags={"training_job": "earlier"})
    shutil.copytree(folder / "in", folder / "copy")
    run_job(evaluation_folder, model_folder, folder / "in" / "db", folder / "out")
    return folder


def test_runs_gather_in_one_file_that_comes_in_and_goes_out(folders):
    """The job's input and output are one place in S3: what it does not carry over is lost."""
    store = open_store(folders / "out")
    names = {run.info.run_name for run in store.client.search_runs([store.experiment()])}
    assert names == {"earlier", JOB}


def test_what_came_in_is_left_as_it_was(folders):
    """A job that dies half way must not have spoiled what it was given."""
    from stockcast.tracking.store import DATABASE

    assert (folders / "in" / DATABASE).read_bytes() == (folders / "copy" / DATABASE).read_bytes()


def test_the_registry_finds_the_run_by_the_training_job(evaluation_folder, model_folder, tmp_path):  # noqa: F811
    """The DAG and `make explain` read this file and nothing else of MLflow's."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "README.md").write_text("no run yet")  # what Terraform puts there

    run_job(evaluation_folder, model_folder, tmp_path / "in", tmp_path / "out")

    told = json.loads((tmp_path / "out" / "runs" / f"{JOB}.json").read_text())
    run = open_store(tmp_path / "out").client.get_run(told["run_id"])
    assert run.data.tags["training_job"] == told["training_job"] == JOB
    assert told["commit"] == "3fa9c1d2"
    assert told["server"] == "none"
    assert (tmp_path / "out" / "artifacts" / told["artifacts"] / "model_card.md").is_file()


def test_an_evaluation_without_origins_leaves_no_run(evaluation_folder, model_folder, tmp_path):  # noqa: F811
    shutil.copytree(evaluation_folder, tmp_path / "half")
    (tmp_path / "half" / "origins.parquet").unlink()

    with pytest.raises(FileNotFoundError, match=r"lacks origins\.parquet"):
        run_job(tmp_path / "half", model_folder, tmp_path / "none", tmp_path / "out")
    assert not (tmp_path / "out").exists()
