"""What the model is trained to tell: the return and the volatility of the days after t."""

import math

import polars as pl

from stockcast.contracts.records import HORIZONS

CLIP = 6.0  # standard deviations: one crash must not steer a batch


def with_targets(featured: pl.DataFrame) -> pl.DataFrame:
    """Add per horizon h, from rows t+1..t+h: `y{h}`, `v{h}` and the scaled `y{h}_target`, `v{h}_target`.

    y is the log return, v the log of the mean daily variance. Rows whose outcome is not known yet are null, never
    filled. Targets look forward by nature; they stand in their own file so that no feature does so by accident.
    """
    outcomes = featured.with_columns(
        expression for h in HORIZONS for expression in (_log_return(h).alias(f"y{h}"), _log_variance(h).alias(f"v{h}"))
    )
    return outcomes.with_columns(
        expression
        for h in HORIZONS
        for expression in (
            (pl.col(f"y{h}") / (pl.col("sd63") * math.sqrt(h))).clip(-CLIP, CLIP).alias(f"y{h}_target"),
            (pl.col(f"v{h}") - pl.col("lv21")).alias(f"v{h}_target"),
        )
    )


def target_names() -> list[str]:
    """Columns the network learns: returns of all horizons, then volatilities of all."""
    return [f"y{h}_target" for h in HORIZONS] + [f"v{h}_target" for h in HORIZONS]


def _log_return(h: int) -> pl.Expr:
    return (pl.col("close").shift(-h) / pl.col("close")).log()


def _log_variance(h: int) -> pl.Expr:
    return pl.col("rv").rolling_mean(h).shift(-h).log()
