"""Silver bars as the rows, windows and targets that a network is trained on."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.cleaning import training_door
from stockcast.contracts.records import HORIZONS
from stockcast.features.indicators import NAMES, features
from stockcast.features.targets import target_names, with_targets
from stockcast.models.windows import window_ends


@dataclass(frozen=True)
class TrainingSet:
    """All symbols' rows in one matrix; windows are named by their last row."""

    rows: NDArray[np.float64]  # (rows, features), unscaled
    targets: NDArray[np.float32]  # (rows, 6) as network.loss reads them
    frame: pl.DataFrame  # the same rows: symbol, date, split, close, sd63, features, outcomes
    train_ends: NDArray[np.int64]
    validation_ends: NDArray[np.int64]

    @property
    def training_rows(self) -> NDArray[np.float64]:
        """Rows of the training part: all that a recipe may be fitted on."""
        return self.rows[(self.frame["split"] == "train").to_numpy()]

    @property
    def trained_until(self) -> date:
        """The last day that any target saw, those that stopped the training and set the intervals included."""
        ends = np.concatenate([self.train_ends, self.validation_ends])
        return max(self.frame["target_until"].gather(ends).to_list())

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols with at least one training window."""
        return tuple(self.frame["symbol"].gather(self.train_ends).unique().sort().to_list())


def read_bars(folder: Path, today: date | None = None) -> tuple[pl.DataFrame, str]:
    """All silver bars under a folder, by symbol and date, and a hash of the files; refuses what is no training data.

    `today` is the last day that can be known where the files do not tell their run's day; default: today in UTC.
    """
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        raise FileNotFoundError(f"{folder} holds no Parquet file; it must hold silver bars. Run build_silver first.")
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return training_door.read(files, today or datetime.now(UTC).date()), digest.hexdigest()


def training_set(bars: pl.DataFrame, lookback: int) -> TrainingSet:
    """Features and targets of every symbol; windows end where all inputs and outcomes are known."""
    parts = [_one_symbol(one) for one in bars.partition_by("symbol", maintain_order=True)]
    frame = pl.concat(parts)
    starts = np.cumsum([0, *(part.height for part in parts)])
    ends = np.concatenate([_ends(part, lookback) + start for part, start in zip(parts, starts, strict=False)])
    data = TrainingSet(
        rows=frame.select(NAMES).to_numpy().astype(np.float64),
        targets=frame.select(target_names()).to_numpy().astype(np.float32),
        frame=frame,
        train_ends=_of_part(frame, ends, "train", before="validation"),
        validation_ends=_of_part(frame, ends, "validation", before="test"),
    )
    if len(data.train_ends) == 0 or len(data.validation_ends) == 0:
        raise ValueError(
            f"{len(data.train_ends)} training and {len(data.validation_ends)} validation windows; both must be above "
            "0. Each symbol loses its first 250 rows: ingest a longer history (history_start)."
        )
    return data


def _one_symbol(bars: pl.DataFrame) -> pl.DataFrame:
    made = with_targets(features(bars)).join(bars.select("date", "split"), on="date", maintain_order="left")
    target_until = pl.col("date").shift(-max(HORIZONS)).alias("target_until")
    return made.with_columns(pl.lit(bars["symbol"][0]).alias("symbol"), target_until)


def _of_part(frame: pl.DataFrame, ends: NDArray[np.int64], part: str, before: str) -> NDArray[np.int64]:
    """Windows of one part whose outcomes came before the next part.

    The purged days see to that, except where a symbol lacks bars and its 21 rows span more than 21 trading days.
    """
    at = frame[ends]
    next_part = frame.filter(pl.col("split") == before)["date"].min()
    in_part = at["split"] == part
    if next_part is not None:  # None: all symbols are so short that the next part has no features yet
        in_part &= at["target_until"] < next_part
    return ends[in_part.fill_null(False).to_numpy()]


def _ends(part: pl.DataFrame, lookback: int) -> NDArray[np.int64]:
    ends = window_ends(part.select(NAMES).to_numpy().astype(np.float64), lookback)
    known = np.isfinite(part.select(target_names()).to_numpy().astype(np.float64)).all(axis=1)
    return ends[known[ends]]
