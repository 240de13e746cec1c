"""Judge a model on the test days it has never seen, beside every cheaper forecast and beside the model that serves.

Writes evaluation.json with figures and the gate's verdict, and origins.parquet with every model's forecasts of the
test days. A refusal is a result, not a failure: the job succeeds and `verdict.promote` is false.
"""

import argparse
import json
import math
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from stockcast.cleaning.silver import recent_request
from stockcast.evaluation.champion import Contest, contest
from stockcast.evaluation.direction import has_edge
from stockcast.evaluation.gate import Evidence, Verdict, judge
from stockcast.evaluation.leak_rules import Leakage, measured
from stockcast.evaluation.performance import Performance, performance
from stockcast.evaluation.serving_rules import MOST_P99_MS, Serving
from stockcast.evaluation.table import REFERENCES, Comparison, comparison, rendered
from stockcast.forecasting import fitness
from stockcast.forecasting.walk_forward import Pieces, begin, find_excluded, gathered, judged, judged_symbols, processes
from stockcast.models import bundle
from stockcast.models.classical.roster import CHALLENGERS, COSTLY, challengers
from stockcast.models.exclusions import summarize_exclusions
from stockcast.models.lstm import Lstm
from stockcast.models.onnx_model import OnnxModel
from stockcast.models.recipe import Recipe
from stockcast.models.training_set import TrainingSet, read_bars, training_set

WARM_UP = timedelta(days=3 * 366)  # before the first judged day: two years of outcomes calibrate, the third takes bias
COSTLY_WARM_UP = timedelta(days=190)  # the 100 outcomes that an interval of one's own takes, known 21 days later
Frames = dict[str, pl.DataFrame]  # model -> its rows on the test days


@dataclass(frozen=True)
class Model:
    """An unpacked bundle."""

    folder: Path
    recipe: Recipe
    network: OnnxModel
    metrics: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path) -> "Model":
        return cls(folder, *bundle.load(folder), bundle.load_metrics(folder))

    @classmethod
    def load_older(cls, folder: Path) -> "Model":
        """One that serves may come from a training that measured nothing: it is compared all the same."""
        if (folder / bundle.METRICS).is_file():
            return cls.load(folder)
        return cls(folder, *bundle.load(folder), metrics={})

    def figure(self, name: str) -> float:
        """Of metrics.json; NaN if the training did not tell it, and NaN passes no rule."""
        value = self.metrics.get(name)
        return math.nan if value is None else float(value)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all models over every symbol's history, keep the test days, judge."""
    args = _arguments(arguments)
    with tempfile.TemporaryDirectory() as folder:
        model = Model.load(_unpacked(args.model, Path(folder) / "model"))
        everything, data_sha256 = read_bars(args.bars)
        _refuse_seen_days(everything, model.recipe)
        bars, data = judged_symbols(everything), training_set(everything, model.recipe.lookback)
        if excluded := find_excluded(everything, bars):
            print(summarize_exclusions(excluded, everything["symbol"].n_unique()), flush=True)
        serving = _serving(bars, model, args.model)  # first: a latency beside other work would be another's
        with processes() as pool:
            costly = _begun(bars, data, args, pool)
            frames = {Lstm.name: _judged(bars, model.recipe, model.network)} | _cheap(bars, data, args)
            evidence = Evidence(
                leakage=_leakage(bars, data if data_sha256 == model.recipe.data_sha256 else None, model),
                average=performance(frames[Lstm.name], model.recipe.horizons, _references(frames)),
                seeds=_seeds(bars, model, _references(frames)),
                serving=serving,
                champion=_champion(bars, model, frames[Lstm.name], args.champion, Path(folder) / "champion"),
                tries=args.tries,
                most_p99_ms=args.most_p99_ms,
            )
            frames |= {name: gathered(pieces) for name, pieces in costly.items()}
    frames = {name: frames[name] for name in (Lstm.name, *args.challengers)}
    verdict, compared = judge(evidence), comparison(frames, model.recipe.horizons)
    args.out.mkdir(parents=True, exist_ok=True)
    evaluation = _evaluation(model, frames[Lstm.name], evidence, verdict, compared)
    (args.out / "evaluation.json").write_text(json.dumps(_plain(evaluation), indent=2, allow_nan=False) + "\n")
    pl.concat(frames.values()).write_parquet(args.out / "origins.parquet", compression="zstd")
    _tell(verdict, compared, evidence.champion)


def _judged(bars: pl.DataFrame, recipe: Recipe, network: OnnxModel) -> pl.DataFrame:
    return judged(bars, Lstm(recipe, network), recipe.factors)


def _cheap(bars: pl.DataFrame, data: TrainingSet, args: argparse.Namespace) -> Frames:
    """Test rows of the models to beat; the pooled HAR learns from the rows that the network learned from."""
    names = [name for name in args.challengers if name not in COSTLY]
    since = _test_days(bars)[0] - WARM_UP
    return {other.name: judged(bars, other) for other in challengers(names, data.frame[data.train_ends], since)}


def _begun(bars: pl.DataFrame, data: TrainingSet, args: argparse.Namespace, pool: Executor) -> dict[str, Pieces]:
    """Test rows of ARIMA and Prophet, on their way in other processes.

    They fit by the hundred, so they are judged on the last days only; their line of the table says how many.
    """
    days = _test_days(bars)
    first = days[-min(len(days), args.costly_days)]
    last_days = pl.when(pl.col("date") < first).then(pl.lit("before")).otherwise(pl.col("split")).alias("split")
    traded = bars.filter(pl.col("date").max().over("symbol") >= first)  # others left the market before
    names = [name for name in args.challengers if name in COSTLY]
    models = challengers(names, data.frame[data.train_ends], costly_since=first - COSTLY_WARM_UP)
    return {model.name: begin(traded.with_columns(last_days), model, pool) for model in models}


def _test_days(bars: pl.DataFrame) -> pl.Series:
    return bars.filter(pl.col("split") == "test")["date"].unique().sort()


def _references(frames: Frames) -> Frames:
    """What volatility is compared with; the gate refuses where pooled HAR is not among them."""
    return {name: frames[name] for name in REFERENCES if name in frames}


def _leakage(bars: pl.DataFrame, data: TrainingSet | None, model: Model) -> Leakage:
    """`data` is None where the bars are not those of the training: its scaler cannot be checked then."""
    fitted_on = None if data is None else data.training_rows
    return measured(bars, model.recipe, model.figure("shuffled_gain"), fitted_on)


def _seeds(bars: pl.DataFrame, model: Model, references: Frames) -> dict[str, Performance]:
    """Each network of the average by itself, on the same days and judged the same way."""
    members = bundle.load_members(model.folder, model.recipe)
    horizons = model.recipe.horizons
    return {
        str(seed): performance(_judged(bars, model.recipe, member), horizons, references)
        for seed, member in members.items()
    }


def _serving(bars: pl.DataFrame, model: Model, given: Path) -> Serving:
    """One stored request, answered as the server does; the size is that of the archive where there is one."""
    one = bars.filter(pl.col("symbol") == bars["symbol"][0])
    body = json.dumps(recent_request(str(one["symbol"][0]), one)).encode()
    answered = fitness.answered(body, model.recipe, model.network)
    found = fitness.schema(model.folder / bundle.NETWORK, answered.answer)
    archive = given / "model.tar.gz"
    files = [archive] if archive.is_file() else [path for path in model.folder.rglob("*") if path.is_file()]
    return Serving(
        onnx_difference=model.figure("onnx_difference"),
        p99_ms=answered.p99_ms,
        megabytes=fitness.megabytes(files),
        schema_faults=fitness.differences(found, fitness.pinned_schema(model.recipe)),
        schema_sha256=fitness.fingerprint(found),
    )


def _champion(
    bars: pl.DataFrame, model: Model, ours: pl.DataFrame, given: Path | None, unpacked: Path
) -> Contest | None:
    """The model that serves, on the days that neither has seen. One that this code cannot read can serve no longer."""
    if given is None:
        return None
    folder = _unpacked(given, unpacked)
    try:
        champion = Model.load_older(folder)
    except ValueError as fault:
        version = json.loads((folder / bundle.RECIPE).read_text()).get("model_version", "unknown")
        return Contest(model_version=version, obstacle=str(fault))
    recipe = champion.recipe
    return contest(
        recipe.model_version, ours, _judged(bars, recipe, champion.network), model.recipe.horizons,
        unseen_after=date.fromisoformat(max(model.recipe.trained_until, recipe.trained_until)),
        parameters_ratio=model.figure("parameters") / champion.figure("parameters"),
    )  # fmt: skip


def _evaluation(
    model: Model, test: pl.DataFrame, evidence: Evidence, verdict: Verdict, compared: Comparison
) -> dict[str, Any]:
    """The content of evaluation.json."""
    recipe, average = model.recipe, evidence.average
    return {
        "model_version": recipe.model_version,
        "feature_version": recipe.feature_version,
        "data_sha256": recipe.data_sha256,
        "schema_sha256": evidence.serving.schema_sha256,
        "commit": model.metrics.get("commit", "unknown"),
        "test": {
            "from": str(test["date"].min()),
            "to": str(test["date"].max()),
            "dates": test["date"].n_unique(),
            "symbols": test["symbol"].unique().sort().to_list(),
        },
        "horizons": {h: {**figures, "direction_edge": has_edge(figures)} for h, figures in average.horizons.items()},
        "champion": None if evidence.champion is None else asdict(evidence.champion),
        **verdict.told(),
        "models": compared,
        "by_symbol": average.symbols,
        "by_seed": {seed: alone.horizons for seed, alone in evidence.seeds.items()},
        "serving": asdict(evidence.serving),
        "leakage": asdict(evidence.leakage),
    }


def _plain(value: Any) -> Any:
    """JSON has text for keys and no NaN: what cannot be told is null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _unpacked(model: Path, folder: Path) -> Path:
    """The bundle's folder: SageMaker hands an archive over, a person a folder."""
    archive = model / "model.tar.gz"
    if not archive.is_file():
        return model
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def _refuse_seen_days(bars: pl.DataFrame, recipe: Recipe) -> None:
    """A model judged on days it was trained on looks better than it is."""
    first = str(bars.filter(pl.col("split") == "test")["date"].min())
    if recipe.trained_until >= first:
        raise SystemExit(
            f"{recipe.model_version} was trained until {recipe.trained_until} and the test starts on {first}; it must "
            "start later. Evaluate on the bars that the model was trained with, or train again on these."
        )


def _tell(verdict: Verdict, compared: Comparison, champion: Contest | None) -> None:
    print(rendered(compared) + "\n", flush=True)
    if champion is None:
        print("champion: none serves yet")
    else:
        print(
            f"champion: {champion.model_version}" + f", not comparable: {champion.obstacle}" * bool(champion.obstacle)
        )
    for rule in verdict.broken:
        print(f"refused by {rule}")
    print(f"promote: {verdict.promote}", flush=True)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=Path, required=True, help="folder with silver bars")
    parser.add_argument("--model", type=Path, required=True, help="folder with model.tar.gz, or with its content")
    parser.add_argument("--champion", type=Path, help="the same of the model that serves; left out while none does")
    parser.add_argument("--out", type=Path, required=True, help="folder for evaluation.json and origins.parquet")
    parser.add_argument(
        "--challengers", type=_names, default=",".join(CHALLENGERS), help="models to beat; without har G3 refuses"
    )
    parser.add_argument("--costly-days", type=int, default=126, help="last test days that ARIMA and Prophet forecast")
    parser.add_argument("--tries", type=int, default=1, help="candidates for one place, judged on these same days")
    parser.add_argument("--most-p99-ms", type=float, default=MOST_P99_MS, help="for one answer of the server's code")
    return parser.parse_args(arguments)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


if __name__ == "__main__":
    main()
