"""The feature table: what `stockcast.features` makes of each symbol's bars, one symbol after the other.

This is the transform. A Lambda function, Glue and EMR Serverless all call it and nothing else, so that what they write
is equal to the last bit.
"""

import polars as pl

from stockcast.features.fingerprint import feature_version
from stockcast.features.indicators import INPUTS, NAMES, features

BAR_COLUMNS = ("symbol", *INPUTS)  # what it reads of a bar; the rest may be missing
KEPT = ("date", "close", "sd63", "rv", *NAMES)
SCHEMA = pl.Schema(
    {
        "symbol": pl.String(),
        "date": pl.Date(),
        **{name: pl.Float64() for name in KEPT[1:]},
        "feature_version": pl.String(),
    }
)


def feature_table(bars: pl.DataFrame) -> pl.DataFrame:
    """Features of whole symbols, by symbol and date, with the version of the code that made them.

    `bars` holds every bar of each of its symbols: features look back, and a part of a symbol would start anew.
    A symbol shorter than the warm-up has no rows.
    """
    _check(bars)
    version = pl.lit(feature_version()).alias("feature_version")
    parts = [
        features(of_symbol.sort("date")).select(pl.lit(str(name)).alias("symbol"), *KEPT, version)
        for (name,), of_symbol in bars.select(BAR_COLUMNS)
        .sort("symbol", maintain_order=True)
        .group_by("symbol", maintain_order=True)
    ]
    return pl.concat(parts).cast(SCHEMA) if parts else SCHEMA.to_frame()


def _check(bars: pl.DataFrame) -> None:
    missing = [name for name in BAR_COLUMNS if name not in bars.columns]
    if missing:
        raise ValueError(
            f"bars have no column {', '.join(missing)}; the transform reads {', '.join(BAR_COLUMNS)}. "
            "Give it silver's bars, as cleaning writes them."
        )
    if bars["symbol"].null_count():
        raise ValueError(
            f"{bars['symbol'].null_count()} bars name no symbol; each must. Run the cleaning of that day again."
        )
