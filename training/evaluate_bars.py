"""Train on the days of any bars file before a date, judge on the days from there on, print the whole table.

    make evaluate BARS=path.parquet FROM=2015-01-01 TO=2018-12-31 [SYMBOLS=AAPL,MSFT] [SEEDS=0,1] [MODELS=lstm,har]

The network is trained by train.py as everywhere, from nothing and without a look at the days it is judged on. Every
figure stands beside the naive one. Parquet or CSV; see --help for the columns. Symbols that are not evaluated are named
in one line, and each with its reason in excluded.json in OUT.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from stockcast.evaluation.table import REFERENCES, comparison, rendered
from stockcast.forecasting.walk_forward import begin, find_excluded, gathered, judged, judged_symbols, processes
from stockcast.models import bars_file, bundle
from stockcast.models.classical.roster import CHALLENGERS, CHEAP, COSTLY, challengers
from stockcast.models.exclusions import Exclusion, summarize_exclusions
from stockcast.models.lstm import Lstm
from stockcast.models.recipe import LOOKBACK
from stockcast.models.training_set import training_set

ROOT = Path(__file__).resolve().parents[1]
TRAIN = ROOT / "training" / "train.py"
OUT = ROOT / "build" / "evaluation"
BEFORE_TEST = timedelta(days=3 * 366)  # two years of outcomes calibrate intervals and bias
COSTLY_BEFORE_TEST = timedelta(days=440)  # one year does so well enough, and each costs fits by the dozen
FEW_SYMBOLS = 20
PANEL = 100_000  # training windows: from here on larger batches and fewer epochs do as well
LARGE = ("--batch_size", "1024", "--epochs", "6", "--patience", "2")
DIRECTION = (
    "Direction stands beside \"always up\" because that is what it has to beat: claims of 60 to 75 % next-day hits on "
    "more than 1,000 unseen days should be treated as leakage until proved otherwise."
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, clean, part in time, train, judge."""
    args = _arguments(arguments)
    try:
        bars, evaluated = _bars(args)
    except bars_file.BadFile as fault:
        raise SystemExit(f"make evaluate stops: {fault}") from fault
    args.models = args.models or _affordable(bars["symbol"].n_unique())
    with tempfile.TemporaryDirectory() as folder:
        try:
            frames = _frames(bars, evaluated, args, Path(folder))
        except ValueError as fault:  # too few rows to train or to judge on: its message says what is needed
            raise SystemExit(f"make evaluate stops: {fault}") from fault
    compared = comparison({name: frames[name] for name in (*args.models, *REFERENCES) if name in frames}, (1, 5, 21))
    print("\n" + rendered({name: figures for name, figures in compared.items() if name in args.models}))
    print("\n" + DIRECTION, flush=True)


def _bars(args: argparse.Namespace) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The bars to train on, and of these the ones of the symbols that can be evaluated."""
    found = bars_file.read(args.bars, args.symbols)
    bars, notes, excluded = bars_file.cleaned(found, args.last)
    marked = bars_file.marked(bars, args.first, args.last)
    evaluated = judged_symbols(marked)
    for note in notes:
        print(note)
    _report_excluded([*excluded, *find_excluded(marked, evaluated)], found["symbol"].n_unique(), args.out)
    parts = marked.group_by("split").agg(
        pl.len().alias("rows"), pl.col("date").min().alias("from"), pl.col("date").max().alias("to")
    )
    print(f"{args.bars}: {marked['symbol'].n_unique()} symbols")
    for row in parts.sort("from").iter_rows(named=True):
        print(f"  {row['split']}: {row['rows']} bars, {row['from']} to {row['to']}", flush=True)
    return marked, evaluated


def _report_excluded(excluded: Sequence[Exclusion], total: int, out: Path) -> None:
    """Name them in one line, and write why each of them is excluded into a file."""
    file = out / "excluded.json"
    file.unlink(missing_ok=True)  # an earlier evaluation's
    if excluded:
        out.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([one._asdict() for one in excluded], indent=2) + "\n")
        place = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
        print(summarize_exclusions(excluded, total, str(place)))


def _affordable(symbols: int) -> tuple[str, ...]:
    """All models, or all but the costly ones where those would take a quarter of an hour and more."""
    if symbols <= FEW_SYMBOLS:
        return (Lstm.name, *CHALLENGERS)
    print(
        f"{' and '.join(COSTLY)} are left out: they take a minute and more for each of {symbols} symbols. "
        f"MODELS={','.join((Lstm.name, *CHALLENGERS))} has them too.",
        flush=True,
    )
    return (Lstm.name, *CHEAP)


def _frames(
    everything: pl.DataFrame, bars: pl.DataFrame, args: argparse.Namespace, folder: Path
) -> dict[str, pl.DataFrame]:
    """Test rows by model, the models that others are compared with among them."""
    data = training_set(everything, LOOKBACK)
    others = [name for name in CHALLENGERS if name in args.models or name in REFERENCES]
    since, costly_since = args.first - BEFORE_TEST, args.first - COSTLY_BEFORE_TEST
    models = challengers(others, data.frame[data.train_ends], since=since, costly_since=costly_since)
    frames = {}
    with processes() as pool:
        begun = {model.name: begin(bars, model, pool) for model in models if model.name in COSTLY}
        if Lstm.name in args.models:
            options = LARGE if len(data.train_ends) >= PANEL else ()
            recipe, model = bundle.load(_trained(everything, args, options, folder))
            frames[Lstm.name] = judged(bars, Lstm(recipe, model), recipe.factors)
        for other in models:
            print(f"{other.name} ...", flush=True)
            frames[other.name] = gathered(begun[other.name]) if other.name in begun else judged(bars, other)
    return frames


def _trained(bars: pl.DataFrame, args: argparse.Namespace, options: Sequence[str], folder: Path) -> Path:
    """The bundle of a training in a process of its own, as a training job runs it."""
    silver, model = folder / "silver", folder / "model"
    silver.mkdir()
    bars.write_parquet(silver / "part.parquet")
    named = ["--bars", str(silver), "--model_dir", str(model), "--seeds", args.seeds, "--model_version", "evaluate"]
    paths = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    done = subprocess.run([sys.executable, str(TRAIN), *named, *options], env={**os.environ, "PYTHONPATH": paths})
    if done.returncode != 0:
        raise SystemExit(f"training ended with status {done.returncode}; see its last lines above.")
    return model


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add(
        "--bars", type=Path, required=True,
        help="columns symbol, date, open, high, low, close, volume; with adjusted_close unless prices are adjusted; "
        "case, blanks and underscores do not matter",
    )  # fmt: skip
    add("--from", dest="first", type=_day, required=True, help="first day to judge on")
    add("--to", dest="last", type=_day, required=True, help="last day to judge on; later bars are left")
    add("--symbols", type=_names, default=(), help="comma separated; default: all in the file")
    add("--seeds", type=_seeds, default="0,1,2", help="comma separated; one network each, averaged")
    add(
        "--models", type=_models,
        help=f"comma separated; default: all, but {' and '.join(COSTLY)} only for up to {FEW_SYMBOLS} symbols",
    )  # fmt: skip
    add("--out", type=Path, default=OUT, help="folder for excluded.json; default: build/evaluation")
    return parser.parse_args(arguments)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write one such as 2015-01-01.") from fault


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _seeds(text: str) -> str:
    if not text or not all(seed.strip().isdecimal() for seed in text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} are no seeds; they are whole numbers such as 0,1,2.")
    return text


def _models(text: str) -> tuple[str, ...]:
    names = _names(text)
    unknown = sorted(set(names) - {Lstm.name, *CHALLENGERS})
    if unknown or not names:
        raise argparse.ArgumentTypeError(
            f"{', '.join(unknown) or 'nothing'} is no model; choose from {Lstm.name}, {', '.join(CHALLENGERS)}."
        )
    return names


if __name__ == "__main__":
    main()
