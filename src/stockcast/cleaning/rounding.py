"""Adjusted prices that were rounded: years of dividends make early prices small, and three decimals too few."""

import polars as pl

from stockcast.cleaning.findings import Finding

STEP = 1e-3
COARSE = 0.1  # of a usual day's move: a rounding step above this shows in the returns
FEWEST_ROWS = 21
NORMAL = 1.4826


def rounded_prices(bars: pl.DataFrame) -> list[Finding]:
    """A warning: such returns are coarse but not wrong, and nothing better may exist."""
    move = NORMAL * pl.col("close").log().diff().abs().median()
    is_adjusted = (pl.col("close") - pl.col("close_raw")).abs() > STEP * pl.col("close_raw")
    adjusted = bars.filter(is_adjusted & (STEP / pl.col("close") > COARSE * move))
    is_round = ((pl.col("close") / STEP).round() * STEP - pl.col("close")).abs() < 1e-9
    rounded = adjusted.filter(is_round)
    if rounded.height < max(FEWEST_ROWS, 0.9 * adjusted.height):
        return []
    symbol, first, last = rounded["symbol"][0], rounded["date"][0], rounded["date"][-1]
    return [
        Finding(
            symbol, "rounded_prices", first, f"{rounded.height} rows until {last}",
            f"{symbol} has closes rounded to {STEP:g} from {first} to {last}, where that is more than {COARSE:g} of a "
            "usual day's move.",
        )
    ]  # fmt: skip
