"""Anybody's bars, judged here."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from tests.stockcast.generated import bars
from tests.stockcast.predictors import UnfittedArima
from training import evaluate_bars

from stockcast.cleaning.calendar import trading_days
from stockcast.models.classical import roster

REPOSITORY = Path(__file__).parents[2]

DAYS = trading_days(date(2001, 1, 2), date(2005, 12, 30))
TEST = ["--from", str(DAYS[950]), "--to", str(DAYS[-1])]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("file") / "market.csv"
    frames = [bars(len(DAYS), seed, symbol, DAYS) for seed, symbol in enumerate(("AAA", "BBB"))]
    pl.concat(frames).drop("close_raw", "source").write_csv(file)
    return file


def test_the_table_has_a_line_for_every_model_and_names_what_it_was_made_from(path, capsys):
    """Somebody reads this to check what we claim: parts of time, rows put aside, figures beside the naive ones."""
    evaluate_bars.main(["--bars", str(path), *TEST, "--models", "naive,ewma,har"])

    told = capsys.readouterr().out
    assert "market.csv: 2 symbols" in told
    assert f"test: {2 * (len(DAYS) - 950)} bars, {DAYS[950]} to {DAYS[-1]}" in told
    for horizon in ("1 trading day ahead", "5 trading days ahead", "21 trading days ahead"):
        block = told.split(horizon)[1].split("\n\n")[0].splitlines()
        assert [line.split()[0] for line in block[2:]] == ["naive", "ewma", "har"]
    assert "leakage until proved otherwise" in told
    naive, _, har = (line.split() for line in told.split("1 trading day ahead")[1].splitlines()[2:5])
    assert naive[2] == "1.000"  # persistence beside itself
    assert float(har[8]) < float(naive[8])  # QLIKE: volatility can be foretold on a GARCH market


def test_a_symbol_that_cannot_be_judged_is_named_and_the_others_are(path, tmp_path, capsys):
    """An index without volumes has no whole window; it must neither end the evaluation of all nor vanish unseen."""
    index = bars(len(DAYS), 7, "^VIX", DAYS).drop("close_raw", "source").with_columns(volume=pl.lit(0.0))
    market = pl.read_csv(path, try_parse_dates=True)
    young = market.filter(pl.col("symbol") == "AAA").tail(100).with_columns(symbol=pl.lit("YOUNG"))
    pl.concat([market, index.select(market.columns).cast(market.schema), young]).write_csv(tmp_path / "market.csv")

    evaluate_bars.main(
        ["--bars", str(tmp_path / "market.csv"), *TEST, "--models", "naive", "--out", str(tmp_path / "out")]
    )

    told = capsys.readouterr().out
    file = tmp_path / "out" / "excluded.json"
    reasons = "fewer than 290 bars (1): YOUNG; no complete feature window (1): ^VIX"
    assert [one for one in told.splitlines() if "^VIX" in one or "YOUNG" in one] == [
        f"excluded 2 of 4 symbols: {reasons} (details in {file})"
    ]
    assert [one["detail"] for one in json.loads(file.read_text())] == [
        "YOUNG left out: fewer than 290 bars", "^VIX is not judged: no complete feature window",
    ]  # fmt: skip
    assert "1 trading day ahead" in told


def test_many_symbols_are_judged_without_the_models_that_would_take_long(path, tmp_path, monkeypatch, capsys):
    """Who gives a large file and no models wants a table today, and to know what is missing."""
    monkeypatch.setattr(evaluate_bars, "FEW_SYMBOLS", 1)
    asked = []

    def note(bars, evaluated, args, folder):
        asked.append(args.models)
        raise ValueError("noted")

    monkeypatch.setattr(evaluate_bars, "_frames", note)

    with pytest.raises(SystemExit, match="noted"):
        evaluate_bars.main(["--bars", str(path), *TEST])

    assert asked == [("lstm", "naive", "drift", "ewma", "har", "har_symbol")]
    assert "arima and prophet are left out: they take a minute and more for each of 2" in capsys.readouterr().out


@pytest.mark.integration
def test_arima_runs_beside_the_others_and_its_fault_is_told_in_words(path, monkeypatch, capsys):
    """What a process of its own cannot do must end like everything else that cannot be judged."""
    monkeypatch.setattr(roster, "Arima", UnfittedArima)
    evaluate_bars.main(["--bars", str(path), *TEST, "--models", "naive,arima"])
    told = capsys.readouterr().out

    def broken(*_):
        raise ValueError("no forecast from AAA")

    monkeypatch.setattr(evaluate_bars, "gathered", broken)
    with pytest.raises(SystemExit, match="make evaluate stops: no forecast from AAA"):
        evaluate_bars.main(["--bars", str(path), *TEST, "--models", "naive,arima"])

    block = told.split("1 trading day ahead")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in block[2:]] == ["naive", "arima"]


@pytest.mark.extended
@pytest.mark.xdist_group("tensorflow")
@pytest.mark.usefixtures("without_measures")
def test_the_network_is_trained_before_the_days_it_is_judged_on(path, monkeypatch, capfd):
    """The same script as in a training job, on the days before `--from` and no others."""
    from training import train  # TensorFlow takes seconds to import

    def run(command, env):
        """The training in this process, with a single epoch."""
        assert command[:2] == [sys.executable, str(REPOSITORY / "training/train.py")]
        train.main([*command[2:], "--epochs", "1"])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(evaluate_bars, "subprocess", SimpleNamespace(run=run))
    evaluate_bars.main(["--bars", str(path), *TEST, "--models", "lstm", "--seeds", "0"])

    told = capfd.readouterr().out
    assert "seed: 0 epoch: 1 loss: " in told
    lines = [line for line in told.splitlines() if line.startswith("lstm ")]
    assert len(lines) == 3
    ratio = float(lines[0].split()[9])  # QLIKE beside EWMA's
    assert ratio < 1.1


@pytest.mark.integration
def test_a_training_that_fails_ends_the_judgement(path, tmp_path, monkeypatch):
    """A table without its first line would read as if nobody had asked for the network."""
    (tmp_path / "train.py").write_text("import stockcast\nraise SystemExit(3)")  # 1 where the package is not found
    monkeypatch.setattr(evaluate_bars, "TRAIN", tmp_path / "train.py")

    with pytest.raises(SystemExit, match="training ended with status 3"):
        evaluate_bars.main(["--bars", str(path), *TEST, "--models", "lstm"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from", "2005-01-03", "--to", "2004-01-02"], "it must end after it begins"),
        ([*TEST, "--symbols", "AAA,AMZN"], "holds no AMZN"),
        (["--from", "2001-06-01", "--to", "2005-01-03"], "at least 756 and 63 are needed"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_way_out(path, arguments, told):
    """Before anything is trained: minutes later nobody looks at the arguments any more."""
    with pytest.raises(SystemExit, match=f"make evaluate stops: .*{told}"):
        evaluate_bars.main(["--bars", str(path), *arguments])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--models", "lstm,prophets"], "prophets is no model; choose from lstm, naive, drift"),
        (["--seeds", "0,one"], "'0,one' are no seeds; they are whole numbers such as 0,1,2"),
        (["--from", "01/01/2005"], "'01/01/2005' is no day; write one such as 2015-01-01"),
    ],
)
def test_misspelt_arguments_are_refused_by_name(path, capsys, arguments, told):
    """The mistake is cheapest before the training."""
    with pytest.raises(SystemExit):
        evaluate_bars.main(["--bars", str(path), *TEST, *arguments])

    assert told in capsys.readouterr().err
