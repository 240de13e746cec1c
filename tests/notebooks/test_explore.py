"""The notebook runs from top to bottom, and is kept without what it once showed."""

import shutil
from pathlib import Path
from unittest.mock import Mock

import nbformat
import polars as pl
import pytest
from tests.stockcast.generated import silver
from tests.stockcast.tracking.conftest import JOB, evaluation_folder  # noqa: F401  a fixture

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"


def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    """The notebook after its run, in this very interpreter's environment."""
    from nbclient import NotebookClient

    monkeypatch.setenv("STOCKCAST_EXPLORE", str(folder))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    return NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()


@pytest.mark.extended
def test_it_runs_from_top_to_bottom_and_shows_data_forecasts_and_table(
    evaluation_folder,  # noqa: F811
    tmp_path,
    monkeypatch,
):
    (tmp_path / "bars").mkdir()
    silver(["AAPL", "^GSPC"], 1100, train=0.45, validation=0.2).write_parquet(tmp_path / "bars" / "part.parquet")
    shutil.copytree(evaluation_folder, tmp_path / "evaluation")

    done = run(tmp_path, monkeypatch)

    code = [cell for cell in done.cells if cell.cell_type == "code"]
    shown = [output for cell in code for output in cell.outputs]
    assert all(cell.outputs for cell in code), "a cell shows nothing"
    assert not [output for output in shown if output.output_type == "error" or output.get("name") == "stderr"]
    text = "".join(str(output) for output in shown)
    assert JOB in text
    assert "| ewma | 21 |" in text
    assert "51-55 %" in text
    assert sum("image/png" in output.get("data", {}) for output in shown) == 5  # two fans, calibration, two comparisons


def test_without_its_files_it_says_so(tmp_path, monkeypatch):
    """An empty page that looks finished would be worse than none."""
    from IPython.core.inputtransformer2 import TransformerManager

    monkeypatch.setenv("STOCKCAST_EXPLORE", str(tmp_path))
    code = [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    names = {"get_ipython": Mock()}  # of `%matplotlib`: the cells run in this process, without a kernel

    with pytest.raises(FileNotFoundError, match="holds no Parquet file"), pl.Config():
        for source in code:
            exec(TransformerManager().transform_cell(source), names)  # noqa: S102  our own notebook


def test_it_is_kept_without_outputs():
    """They would show the numbers of some day on one person's machine, in every difference of every commit."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)

    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
