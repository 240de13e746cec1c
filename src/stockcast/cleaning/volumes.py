"""Volumes counted in another unit: hundreds of shares instead of shares, for one day or from some day on."""

import polars as pl

from stockcast.cleaning.bar_schema import INDEX, BrokenRow, RowRule
from stockcast.cleaning.findings import Finding

LARGEST_CHANGE = 20.0  # of the median volume between a quarter and the month after it
LOW = RowRule(
    "volume_unit", ("volume",), f"the volume is below 1/{LARGEST_CHANGE:g} of the month's median: another unit"
)


def low_volume_rows(bars: pl.DataFrame) -> list[BrokenRow]:
    """Single days in another unit. Only low ones: a very high volume is what news looks like."""
    volume, usual = pl.col("volume"), pl.col("volume").rolling_median(21, min_samples=21).shift(1)
    is_low = (volume * LARGEST_CHANGE < usual) & ~pl.col("symbol").str.starts_with(INDEX)
    return [BrokenRow(place, LOW) for place in bars.select(is_low.fill_null(False).arg_true()).to_series()]


def unit_change(bars: pl.DataFrame) -> list[Finding]:
    """A change of the volume's size that stays: from a quarter's median to the next month's."""
    before, after = (
        pl.col("volume").rolling_median(63, min_samples=63).shift(1),
        pl.col("volume").rolling_median(21, min_samples=21).shift(-20),
    )
    ratios = (
        bars.select("symbol", "date", (after / before).alias("ratio")).drop_nulls().filter(pl.col("ratio").is_finite())
    )
    size = pl.col("ratio").log().abs()
    worst = ratios.filter(size > pl.lit(LARGEST_CHANGE).log()).sort(size, descending=True).head(1)
    return [
        Finding(
            symbol, "volume_unit", day, f"ratio {ratio:.3g}",
            f"{symbol} trades {ratio:.3g} times as many shares from {day} on as in the quarter before; a month's "
            f"median must stay within a factor of {LARGEST_CHANGE:g}, else the unit has changed.",
        )
        for symbol, day, ratio in worst.iter_rows()
    ]  # fmt: skip
