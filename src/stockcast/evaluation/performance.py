"""All figures of one model that the gate asks about: by horizon, and by symbol and horizon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from stockcast.evaluation.report import NOTHING, Figures, horizon_figures


@dataclass(frozen=True)
class Performance:
    """`symbols` holds only horizons of which an outcome is known: a new listing has none yet."""

    horizons: Mapping[int, Figures]
    symbols: Mapping[str, Mapping[int, Figures]]


def performance(
    origins: pl.DataFrame, horizons: Sequence[int], against: Mapping[str, pl.DataFrame] = NOTHING
) -> Performance:
    """Figures of one model's test rows, beside the other models' in `against`."""
    by_symbol = {
        str(one["symbol"][0]): one for one in origins.sort("symbol").partition_by("symbol", maintain_order=True)
    }
    return Performance(
        horizons={h: horizon_figures(origins, h, against) for h in horizons},
        symbols={symbol: _of_symbol(one, horizons, against) for symbol, one in by_symbol.items()},
    )


def _of_symbol(
    origins: pl.DataFrame, horizons: Sequence[int], against: Mapping[str, pl.DataFrame]
) -> dict[int, Figures]:
    known = origins.filter(pl.col("came").is_finite())
    return {h: horizon_figures(known, h, against) for h in horizons if (known["horizon"] == h).any()}
