"""Train the network with and without the news, and say whether the news is worth keeping.

Three arms see the same bars, windows, seeds and days: without the news, with them, and with them dealt out to other
days, for four inputs more make another network even where they tell nothing. Each is trained on the days before a part
of the test, judged on that part, then trained anew with more days for the next. Writes ablation.json. The network that
serves has no news: see docs/decisions/0022-sentiment.md.
"""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import polars as pl
import tensorflow as tf
from numpy.typing import NDArray

from stockcast.cleaning.calendar import early_closes
from stockcast.contracts.keys import unslug
from stockcast.forecasting.ablation import Arm, losses, verdict
from stockcast.models import network
from stockcast.models.checkpoints import Checkpoints
from stockcast.models.course import Plan
from stockcast.models.feed import Feed
from stockcast.models.fitting import fit
from stockcast.models.linear_start import linear_start
from stockcast.models.recipe import CLIP, LOOKBACK
from stockcast.models.training_set import TrainingSet, read_bars, training_set
from stockcast.models.windows import window_ends
from stockcast.models.workers import Workers
from stockcast.sentiment.daily import NAMES, daily_news
from stockcast.sentiment.scorers import SCORERS, SentimentScorer
from stockcast.sources.news import Article, parse

Rows = NDArray[np.float64]
Ends = NDArray[np.int64]  # last rows of windows


class Fold(NamedTuple):
    """Windows to learn from, to stop by, and to be judged on, each after the one before and its outcomes."""

    train: Ends
    validation: Ends
    judged: Ends


def main(arguments: Sequence[str] | None = None) -> None:
    """Read bars and news, run all arms, write and print the verdict."""
    args = _arguments(arguments)
    tf.config.experimental.enable_op_determinism()
    bars, data_sha256 = read_bars(args.bars)
    data = training_set(bars, args.lookback)
    scorer = SCORERS[args.scorer]()
    news = news_rows(data.frame, articles_in(args.news), scorer)
    folds = list(walk(data, args.lookback, args.folds))
    judged = data.frame[np.sort(np.concatenate([fold.judged for fold in folds]))]
    more = {"with": [news], "without": [], "placebo": [dealt_out(news, data.frame)]}
    arms = [arm(judged, run(name, np.hstack([data.rows, *inputs]), data, folds, args)) for name, inputs in more.items()]
    found = verdict(*arms)
    about = {
        "group": "news", "inputs": list(NAMES), "scorer": scorer.name, "data_sha256": data_sha256,
        "symbols": judged["symbol"].unique().sort().to_list(), "seeds": list(args.seeds), "folds": args.folds,
        "from": str(judged["date"].min()), "to": str(judged["date"].max()),
        "days_with_news": round(float(news[:, NAMES.index("has_news")].mean()), 4),
    }  # fmt: skip
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "ablation.json").write_text(json.dumps(_plain(about | found), indent=2, allow_nan=False) + "\n")
    _tell(found)


def articles_in(folder: Path) -> dict[str, list[Article]]:
    """Articles by symbol from raw answers of the source, `symbol=<name>` somewhere in each file's path."""
    articles: dict[str, list[Article]] = {}
    for path in sorted(folder.rglob("*.json")):
        named = [part for part in path.relative_to(folder).parts if part.startswith("symbol=")]
        if named:
            symbol = unslug(named[-1].removeprefix("symbol=").removesuffix(".json"))
            articles.setdefault(symbol, []).extend(parse(path.read_bytes(), symbol).articles)
    if not any(articles.values()):
        raise SystemExit(
            f"{folder} holds no article; it must hold the source's answers, such as symbol=AAPL/2013-03.json. "
            'Fetch them with the ingestion function, {"day": ..., "since": ..., "news": true}, and copy news/ over.'
        )
    return articles


def news_rows(frame: pl.DataFrame, articles: dict[str, list[Article]], scorer: SentimentScorer) -> Rows:
    """NAMES for each row of a TrainingSet's frame; missing where nobody wrote."""
    closes = early_closes(frame["date"].min(), frame["date"].max())  # type: ignore[arg-type]
    parts = []
    for one in frame.partition_by("symbol", maintain_order=True):
        days = one["date"].to_list()
        made = daily_news(articles.get(str(one["symbol"][0]), []), scorer, days, closes)
        parts.append(made.select(NAMES).to_numpy())
    return np.concatenate(parts)


def walk(data: TrainingSet, lookback: int, folds: int) -> Iterator[Fold]:
    """Growing pasts: the test days in `folds` parts, before each as many validation days as the marks give."""
    frame, ends = data.frame, _all_ends(data, lookback)
    dates, until = frame["date"].to_numpy(), frame["target_until"].to_numpy()
    test = np.unique(dates[(frame["split"] == "test").to_numpy()])
    before = np.unique(dates[dates < test[0]])
    n_validation = len(np.unique(dates[(frame["split"] == "validation").to_numpy()]))
    days = np.concatenate([before, test])
    for part in np.array_split(test, folds):
        first = int(np.searchsorted(days, part[0]))
        validation_from = days[first - n_validation]

        def within(start: Any, end: Any) -> Ends:
            """Windows that end from `start` on, and whose outcomes came before `end`."""
            return ends[(dates[ends] >= start) & (until[ends] < end)]

        judged = ends[(dates[ends] >= part[0]) & (dates[ends] <= part[-1])]
        yield Fold(within(days[0], validation_from), within(validation_from, part[0]), judged)


def dealt_out(news: Rows, frame: pl.DataFrame) -> Rows:
    """The same rows of news, each on another day of its symbol."""
    random, dealt = np.random.default_rng(0), news.copy()
    symbols = frame["symbol"].to_numpy()
    for symbol in dict.fromkeys(symbols):
        rows = np.flatnonzero(symbols == symbol)
        dealt[rows] = news[random.permutation(rows)]
    return dealt


def arm(judged: pl.DataFrame, told: Rows) -> Arm:
    """Losses of (seeds, rows, 12) answers: of their mean, which is what serves, and of each seed."""
    return Arm(losses(judged, told.mean(axis=0)), [losses(judged, one) for one in told])


def run(name: str, rows: Rows, data: TrainingSet, folds: Sequence[Fold], args: argparse.Namespace) -> Rows:
    """One arm's answers at all judged windows, ascending by row: (seeds, rows, 12)."""
    told = {seed: np.full((len(rows), network.OUTPUTS), np.nan) for seed in args.seeds}
    for number, fold in enumerate(folds):
        print(f"arm: {name} fold: {number + 1} of {len(folds)} windows: {len(fold.train)}", flush=True)
        seen = scaled(rows, rows[fold.train])
        feed = Feed(seen, data.targets, args.lookback)
        start = linear_start(seen[fold.train], data.targets[fold.train])
        for seed in args.seeds if args.epochs else args.seeds[:1]:
            keras.utils.set_random_seed(seed)
            model = network.build(args.lookback, rows.shape[1], start=start)
            plan = Plan(seed, args.epochs, args.batch_size, args.patience)
            if args.epochs:
                fit(model, feed, (fold.train, fold.validation), plan, Checkpoints(None, ""), Workers())
            told[seed][fold.judged] = model.predict(feed.batches(fold.judged, 1024), verbose=0)
    if not args.epochs:  # nothing was left to chance, so all seeds say the same
        told = dict.fromkeys(args.seeds, told[args.seeds[0]])
    judged = np.sort(np.concatenate([fold.judged for fold in folds]))
    return np.stack([answers[judged] for answers in told.values()])


def scaled(rows: Rows, training_rows: Rows) -> NDArray[np.float32]:
    """Centred and scaled by training rows; a day without news gets their mean, and the flag beside it tells so.

    Prices that miss are filled as well, but no window reaches there.
    """
    known = np.isfinite(training_rows)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, training_rows, 0).sum(axis=0) / count
    sd = np.sqrt(np.where(known, (training_rows - mean) ** 2, 0).sum(axis=0) / count)
    centred = np.clip((rows - mean) / np.where(sd > 0, sd, 1.0), -CLIP, CLIP)
    return np.nan_to_num(centred, nan=0.0).astype(np.float32)


def _all_ends(data: TrainingSet, lookback: int) -> Ends:
    """Windows of all parts without a missing price feature, whose outcomes are known."""
    symbols = data.frame["symbol"].to_numpy()
    starts = [0, *(np.flatnonzero(symbols[1:] != symbols[:-1]) + 1).tolist(), len(symbols)]
    whole = np.concatenate([window_ends(data.rows[one:other], lookback) + one for one, other in pairwise(starts)])
    return whole[np.isfinite(data.targets[whole]).all(axis=1)]


def _plain(value: Any) -> Any:
    """NaN as null, which JSON knows."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _tell(found: dict[str, Any]) -> None:
    for name in ("qlike", "pinball"):
        for other, horizons in found[name]["beside"].items():
            for label, figures in horizons.items():
                shown = " ".join(f"{key}: {value:.4f}" for key, value in figures.items())
                print(f"{name} beside {other} horizon: {label} {shown}", flush=True)
        for label, values in found[name]["by_seed"].items():
            print(f"{name} seeds {label}: " + " ".join(f"{value:.4f}" for value in values), flush=True)
    print(f"kept: {found['kept']} ({found['rule']})", flush=True)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=Path, required=True, help="folder with silver bars")
    parser.add_argument("--news", type=Path, required=True, help="folder with the source's answers, by symbol")
    parser.add_argument("--out", type=Path, required=True, help="folder for ablation.json")
    parser.add_argument("--scorer", choices=sorted(SCORERS), default="alpha_vantage", help="who scores the articles")
    parser.add_argument("--folds", type=int, default=2, help="parts of the test; each trains both arms anew")
    parser.add_argument(
        "--seeds", type=_seeds, default="0,1,2", help="networks of each arm and fold; fewer than three keep nothing"
    )
    parser.add_argument("--epochs", type=int, default=15, help="at most; 0 asks the linear start alone, in seconds")
    parser.add_argument("--batch_size", type=int, default=128, help="as train.py has it")
    parser.add_argument("--patience", type=int, default=3, help="epochs without a better validation loss")
    parser.add_argument("--lookback", type=int, default=LOOKBACK, help="days that the network sees")
    return parser.parse_args(arguments)


def _seeds(text: str) -> tuple[int, ...]:
    return tuple(int(seed) for seed in text.split(","))


if __name__ == "__main__":
    main()
