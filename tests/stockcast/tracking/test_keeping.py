"""Runs in MLflow: kept in a file, kept again, and shown by a real server wherever the file went."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from shipping.mlflow_ui import QUIET, command

pytestmark = [pytest.mark.extended, pytest.mark.xdist_group("mlflow")]

ARN = "arn:aws:sagemaker:us-east-1:111111111111:mlflow-tracking-server/stockcast-dev-runs"


@pytest.fixture(scope="module")
def kept(judged, tmp_path_factory):
    """A folder with one run, and that run."""
    from stockcast.tracking.keeping import keep  # MLflow takes seconds to import
    from stockcast.tracking.store import FolderStore

    folder = tmp_path_factory.mktemp("mlflow")
    run = keep(judged, FolderStore(folder), tmp_path_factory.mktemp("files"))
    return folder, run


@pytest.fixture
def without_pictures(monkeypatch):
    """Pictures take seconds to draw; one run of this file has them."""
    from stockcast.tracking import keeping

    monkeypatch.setattr(keeping, "pictures", lambda *_: ())


@pytest.fixture(scope="module")
def server(kept, tmp_path_factory):
    """`make mlflow` over a copy in another place, as on another machine. Its address."""
    there = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(kept[0], there)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    argv = command(Path(sys.executable), there / "db" / "mlflow.db", str(there / "artifacts"), port)
    with (there / "log.txt").open("w") as log:
        process = subprocess.Popen(argv, env={"PATH": "/usr/bin:/bin", **QUIET}, cwd=there, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                assert process.poll() is None, (there / "log.txt").read_text()
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def test_a_run_has_the_job_s_name_its_figures_and_its_card(kept, judged):
    folder, run = kept

    assert run.info.run_name == judged.training_job
    assert run.info.status == "FINISHED"
    assert run.data.params["data_sha256"] == "ab" * 32
    assert run.data.metrics["h1/qlike"] == judged.evaluation["horizons"]["1"]["qlike"]
    assert run.data.tags["gate"] == "refused"
    files = {file.relative_to(folder).as_posix() for file in (folder / "artifacts").rglob("*.*")}
    place = f"artifacts/stockcast/{run.info.run_id}/artifacts"
    assert {f"{place}/model_card.md", f"{place}/plots/calibration.png", f"{place}/plots/fan-AAPL.png"} <= files


def test_every_picture_is_written_and_is_not_blank(kept):
    from matplotlib.image import imread

    folder, run = kept

    drawn = list((folder / "artifacts/stockcast" / run.info.run_id / "artifacts/plots").iterdir())

    assert {file.stem for file in drawn} == {
        "fan-AAPL", "fan-index-GSPC", "calibration", "qlike_over_time", "comparison", "table"
    }  # fmt: skip
    for file in drawn:
        assert imread(file)[:, :, :3].std() > 0.02, file.stem


@pytest.mark.usefixtures("without_pictures")
def test_the_same_job_again_brings_its_run_up_to_date_and_makes_no_second(kept, judged, tmp_path):
    """A cleared task or a retry would otherwise show one training as two."""
    from stockcast.tracking.keeping import keep
    from stockcast.tracking.store import FolderStore

    folder, first = kept

    again = keep(judged, FolderStore(folder), tmp_path)

    client = FolderStore(folder).client
    assert again.info.run_id == first.info.run_id
    assert len(client.search_runs([first.info.experiment_id])) == 1
    assert again.data.metrics == first.data.metrics
    assert again.data.params == first.data.params


def test_the_file_names_no_folder_of_the_machine_that_wrote_it(kept):
    """It goes through S3 to other machines; a path in it would lead nowhere there."""
    folder, _ = kept

    assert str(folder).encode() not in (folder / "db" / "mlflow.db").read_bytes()


@pytest.mark.extended
def test_the_pages_show_the_run_and_its_card_wherever_the_file_went(kept, server):
    _, run = kept

    with urllib.request.urlopen(f"{server}/api/2.0/mlflow/runs/get?run_id={run.info.run_id}") as answer:
        told = json.load(answer)["run"]
    with urllib.request.urlopen(f"{server}/get-artifact?path=model_card.md&run_uuid={run.info.run_id}") as answer:
        card = answer.read().decode()

    assert told["info"]["run_name"] == run.info.run_name
    assert card.startswith(f"# {run.info.run_name}")


@pytest.mark.extended
@pytest.mark.usefixtures("without_pictures")
def test_a_server_by_its_arn_gets_the_same_run(judged, server, tmp_path, monkeypatch):
    """What SageMaker manages is reached through the plugin, which signs; here a server of ours answers it."""
    from stockcast.tracking import store
    from stockcast.tracking.keeping import keep

    monkeypatch.setenv("SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr(store, "EXPERIMENT", "managed")
    store.MlflowClient(server).create_experiment(
        "managed", (tmp_path / "bucket").as_uri()
    )  # in place of the server's bucket

    try:
        run = keep(judged, store.ServerStore(ARN), tmp_path / "files")
    finally:
        store.mlflow.set_tracking_uri(None)

    assert store.MlflowClient(server).get_run(run.info.run_id).data.metrics["gate/G1"] == 1.0
    assert list((tmp_path / "bucket").rglob("model_card.md"))


def test_a_server_that_is_no_arn_is_refused():
    from stockcast.tracking.store import ServerStore

    with pytest.raises(ValueError, match="it must be the ARN"):
        ServerStore("stockcast-dev-runs")
