"""Judging a small model for real."""

import json
import shutil
import tarfile
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.stockcast.generated import silver
from training import evaluate

from stockcast.features import leakage
from stockcast.models import bundle

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("tensorflow")]

QUICK = ["--challengers", "ewma,har", "--most-p99-ms", "10000"]  # machines of tests are slow at times


def packed(model: Path, folder: Path) -> Path:
    """The bundle as SageMaker hands it over."""
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        for path in model.iterdir():
            archive.add(path, arcname=path.name)
    return folder


def judged(bars: Path, model: Path, out: Path, *more: str) -> dict[str, Any]:
    """evaluation.json, read by a reader that knows no NaN."""
    evaluate.main(["--bars", str(bars), "--model", str(model), "--out", str(out), *QUICK, *more])
    return json.loads((out / "evaluation.json").read_text(), parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


def rules(evaluation: dict[str, Any], gate: str) -> dict[str, bool]:
    """Whether each rule of a gate was passed; one with several horizons only if at all of them."""
    asked = evaluation["gates"][gate]["rules"]
    return {rule["rule"]: all(r["passed"] for r in asked if r["rule"] == rule["rule"]) for rule in asked}


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def evaluation(small_model, small_bars, out) -> dict[str, Any]:
    """Of a model beside its own twin; test_train.py shows that a second training makes one."""
    model, champion = packed(small_model, out / "model"), packed(small_model, out / "champion")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate.fitness, "answered", partial(evaluate.fitness.answered, requests=20))
        return judged(small_bars, model, out, "--champion", str(champion))


def test_an_evaluation_names_model_days_figures_and_verdict(evaluation, small_model):
    """The gate, the registry and the model card read this file and nothing else."""
    recipe, _ = bundle.load(small_model)

    assert evaluation["model_version"] == "small"
    assert evaluation["feature_version"] == recipe.feature_version
    assert evaluation["data_sha256"] == recipe.data_sha256
    assert evaluation["test"]["symbols"] == ["AAPL", "GOOG"]
    assert recipe.trained_until < evaluation["test"]["from"] < evaluation["test"]["to"]
    assert list(evaluation["horizons"]) == ["1", "5", "21"]
    assert 0.6 < evaluation["horizons"]["1"]["coverage_80"] < 0.95
    assert evaluation["horizons"]["21"]["dates"] == evaluation["test"]["dates"] - 21
    assert evaluation["horizons"]["1"]["direction_edge"] is False
    failed = [rule for rule in evaluation["verdict"]["rules"] if not rule["passed"]]
    assert evaluation["verdict"]["promote"] == (not failed)
    assert list(evaluation["gates"]) == ["G0", "G1", "G2", "G3", "G4", "G5", "G6"]
    assert all(gate["rules"] for gate in evaluation["gates"].values())


def test_every_model_every_symbol_and_every_seed_has_its_figures(evaluation):
    """A table without the cheap models flatters the dear one."""
    assert list(evaluation["models"]) == ["lstm", "ewma", "har"]
    assert evaluation["models"]["lstm"]["5"]["qlike_dm_t_har"] == evaluation["horizons"]["5"]["qlike_dm_t_har"]
    assert list(evaluation["by_symbol"]) == ["AAPL", "GOOG"]
    assert list(evaluation["by_seed"]) == ["0", "1"]
    assert evaluation["by_seed"]["0"]["1"]["qlike"] != evaluation["by_seed"]["1"]["1"]["qlike"]


def test_an_honest_training_shows_no_leak_and_serves_as_it_was_judged(evaluation):
    """Measured on the real bundle: features, probe, shuffled labels, scaler, export, latency, schema."""
    leaks, fitness = rules(evaluation, "G0"), rules(evaluation, "G6")

    assert leaks == dict.fromkeys(
        ["features_do_not_know_later_bars", "features_do_not_tell_tomorrow", "features_do_not_tell_tomorrows_range",
         "features_do_not_tell_the_return_to_come", "features_do_not_tell_the_variance_to_come",
         "features_tell_today", "shuffled_labels_gain_nothing", "scaler_was_fitted_on_training_rows"], True,
    )  # fmt: skip
    assert fitness == dict.fromkeys(
        ["onnx_beside_keras", "milliseconds_of_the_slowest_percent", "megabytes", "differences_from_the_pinned_schema"],
        True,
    )
    assert evaluation["serving"]["p99_ms"] > 1
    assert evaluation["serving"]["schema_sha256"] == evaluation["schema_sha256"]


def test_two_seeds_are_not_enough(evaluation):
    assert rules(evaluation, "G5")["enough_seeds"] is False


def test_a_champion_is_not_replaced_by_its_own_twin(evaluation):
    """Two trainings on the same bars give the same networks: nothing would be gained."""
    assert evaluation["champion"]["model_version"] == "small"
    assert evaluation["champion"]["loss_ratios"] == {"1": 1.0, "5": 1.0, "21": 1.0}
    assert rules(evaluation, "G3")["a_reason_to_replace_the_champion"] is False
    assert evaluation["verdict"]["promote"] is False


def test_every_forecast_of_the_test_days_is_kept(evaluation, out):
    """Plots and the model card are made of them."""
    origins = pl.read_parquet(out / "origins.parquet")

    assert origins["model"].unique().sort().to_list() == ["ewma", "har", "lstm"]
    assert origins["date"].min().isoformat() == evaluation["test"]["from"]
    assert {"symbol", "horizon", "median", "reach_80", "reach_95", "came", "variance_scaled"} <= set(origins.columns)


def measure_less(patch: pytest.MonkeyPatch) -> None:
    """Latency over 2 requests and leaks at 4 cuts, for evaluations of which neither is looked at."""
    patch.setattr(evaluate.fitness, "answered", partial(evaluate.fitness.answered, requests=2))
    patch.setattr(leakage, "EDGES", 1)


@pytest.fixture
def quick(monkeypatch) -> None:
    measure_less(monkeypatch)


def bars_of(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "year=2001" / "part.parquet", hive_partitioning=False)


def with_other_features(model: Path, folder: Path) -> Path:
    shutil.copytree(model, folder)
    recipe = json.loads((folder / "recipe.json").read_text())
    (folder / "recipe.json").write_text(json.dumps(recipe | {"feature_version": "other", "model_version": "older"}))
    return folder


@pytest.mark.usefixtures("quick")
def test_a_champion_that_this_code_cannot_read_is_no_obstacle(small_model, small_bars, tmp_path, capsys):
    """The next image could not serve it either; without this rule a new feature could never be brought in."""
    older = with_other_features(small_model, tmp_path / "older")

    evaluation = judged(small_bars, small_model, tmp_path / "out", "--champion", str(older))

    assert evaluation["champion"]["model_version"] == "older"
    assert "trained on feature version other" in evaluation["champion"]["obstacle"]
    assert "a_reason_to_replace_the_champion" not in rules(evaluation, "G3")
    assert "champion: older, not comparable" in capsys.readouterr().out


@pytest.mark.extended
@pytest.mark.usefixtures("quick")
def test_arima_is_judged_in_processes_of_its_own_on_the_last_days_only(
    small_model, small_bars, tmp_path, monkeypatch, capsys
):
    """It takes a fit per month and symbol; its line says how many days it was judged on."""
    monkeypatch.setattr(evaluate, "COSTLY_WARM_UP", timedelta(days=30))
    names = ["--challengers", "arima,ewma,har", "--costly-days", "30"]
    bars = bars_of(small_bars)
    left = (pl.col("symbol") == "GOOG") & (pl.col("date") > bars["date"].max() - timedelta(days=60))
    bars.filter(~left).write_parquet(tmp_path / "bars.parquet")  # one symbol is left to fit, so one process

    judged(tmp_path, small_model, tmp_path / "out", *names)

    rows = pl.read_parquet(tmp_path / "out" / "origins.parquet").group_by("model").agg(pl.col("date").n_unique())
    days = dict(rows.iter_rows())
    assert set(days) == {"lstm", "arima", "ewma", "har"}
    assert days["arima"] == 30 < days["ewma"]
    table = capsys.readouterr().out.split("1 trading day ahead")[1].split("\n\n")[0].splitlines()[2:]
    assert [line.split()[0] for line in table] == ["lstm", "arima", "ewma", "har"]


@pytest.mark.usefixtures("quick")
def test_a_champion_that_was_not_measured_is_compared_but_makes_nobody_cheaper(small_model, small_bars, tmp_path):
    """A bundle from before metrics.json: its figures count, and its size is not guessed."""
    older = tmp_path / "older"
    shutil.copytree(small_model, older)
    (older / "metrics.json").unlink()

    evaluation = judged(small_bars, small_model, tmp_path / "out", "--champion", str(older))

    assert evaluation["champion"]["obstacle"] == ""
    assert evaluation["champion"]["dates"] > 0
    assert evaluation["champion"]["parameters_ratio"] is None


def test_a_model_is_not_judged_on_days_it_has_seen(small_model, tmp_path):
    """Silver of an older day puts the test into the model's training time: it would look brilliant."""
    older = silver(["AAPL", "GOOG"], 700, train=0.3, validation=0.1)
    older.write_parquet(tmp_path / "bars.parquet")

    with pytest.raises(SystemExit, match="small was trained until"):
        judged(tmp_path, small_model, tmp_path)


@pytest.fixture(scope="module")
def elsewhere(small_model, small_bars, tmp_path_factory) -> dict[str, Any]:
    """Judged on bars that are not those of the training, without HAR: a new listing has joined them."""
    folder = tmp_path_factory.mktemp("elsewhere")
    table = bars_of(small_bars)
    young = table.filter(pl.col("symbol") == "AAPL").tail(100).with_columns(pl.lit("YOUNG").alias("symbol"))
    pl.concat([table, young]).write_parquet(folder / "bars.parquet")
    with pytest.MonkeyPatch.context() as patch:
        measure_less(patch)
        return judged(folder, small_model, folder, "--challengers", "ewma")


def test_a_symbol_too_young_to_forecast_does_not_stop_the_judgement(elsewhere):
    """A new listing must not block every deployment for a year."""
    assert elsewhere["test"]["symbols"] == ["AAPL", "GOOG"]


def test_what_could_not_be_measured_is_null_and_refuses(elsewhere):
    """The scaler cannot be checked without the rows it was fitted on, and an empty check is no passed one."""
    asked = {rule["rule"]: rule for gate in ("G0", "G3") for rule in elsewhere["gates"][gate]["rules"]}

    for rule in ("scaler_was_fitted_on_training_rows", "volatility_not_significantly_worse_than_har"):
        assert asked[rule]["value"] is None
        assert asked[rule]["passed"] is False


def test_a_folder_without_a_bundle_says_what_it_lacks(small_bars, tmp_path):
    """A wrong prefix gives an empty folder, not an error."""
    with pytest.raises(FileNotFoundError, match=r"lacks model\.onnx, recipe\.json"):
        evaluate.main(["--bars", str(small_bars), "--model", str(tmp_path), "--out", str(tmp_path)])
