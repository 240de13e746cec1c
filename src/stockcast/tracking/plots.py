"""Pictures of a model's test days: the fan beside what came, calibration, volatility loss over time, the table.

Figures are made without pyplot, which keeps every figure alive in a global list.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stockcast.contracts.keys import slug
from stockcast.contracts.records import HORIZONS
from stockcast.evaluation.losses import inside, qlike
from stockcast.forecasting.term_structure import TRADING_DAYS, DayAhead, fan
from stockcast.tracking import honest
from stockcast.tracking.outcome import OURS

TRUTH, BAND, LINE, QUIET, WARN = "#1b1b1b", "#2f6db3", "#1d4f8c", "#8a8f98", "#c2542d"
OF_MODEL = {OURS: LINE, "ewma": WARN, "har": "#3c8d5a", "har_symbol": "#7b5ea7"}
PROMISES = {"reach_80": 0.80, "reach_95": 0.95}
LONGEST = max(HORIZONS)
LEAST_FOR_FAN = LONGEST + 2  # test days: an origin and the days that have come since
BEFORE = 60  # trading days shown before the fan
QUARTER = 63  # dates of a rolling mean
LEAST_IN_QUARTER = 30  # dates: the ends of a test part are no quarters
FARTHEST = 1.25  # of a ratio that is drawn to scale


def fan_chart(origins: pl.DataFrame, symbol: str, months: int = 12) -> Figure:
    """Left the newest forecast whose 21 days have come; right one forecast a month, none left out.

    A single fan can be picked so that it looks good. A year of them, each made without knowing what came, cannot.
    """
    rows = _of(origins, OURS, symbol)
    closes = rows.filter(pl.col("horizon") == 1).sort("date")
    days, prices = closes["date"].to_list(), closes["last_close"].to_numpy()
    if len(days) < LEAST_FOR_FAN:
        raise ValueError(
            f"{symbol} has {len(days)} test days; a fan and what came take at least {LEAST_FOR_FAN}. "
            "Judge on a longer test part."
        )
    newest = len(days) - 1 - LONGEST
    figure = Figure(figsize=(13, 4.8), layout="constrained")
    one, year = figure.subplots(1, 2, width_ratios=(1, 1.5))
    _draw_prices(one, days, prices, max(0, newest - BEFORE), len(days))
    _draw_fan(one, rows, days, newest, labelled=True)
    one.axvline(newest, color=QUIET, linewidth=0.8)
    one.set_title(f"{symbol}: forecast on {days[newest]}, and what came", loc="left", fontsize=11)
    one.legend(loc="best", fontsize=8, frameon=False)
    starts = [start for start in range(newest, 0, -LONGEST) if start > newest - LONGEST * months]
    _draw_prices(year, days, prices, starts[-1], len(days))
    for start in starts:
        _draw_fan(year, rows, days, start, labelled=False)
    held = _held(rows, [days[start] for start in starts])
    year.set_title(f"One forecast every {LONGEST} trading days, none left out: {held}", loc="left", fontsize=11)
    for axes in (one, year):
        axes.set_ylabel("adjusted close, USD")
        _tidy(axes)
    return figure


def calibration(origins: pl.DataFrame) -> Figure:
    """How many outcomes the intervals held: above by quarter, below by symbol, a column per horizon."""
    figure = Figure(figsize=(13, 6.4), layout="constrained")
    grid = figure.subplots(2, len(HORIZONS), sharey=True)
    ours = origins.filter(pl.col("model") == OURS)
    for column, h in enumerate(HORIZONS):
        known = _with_coverage(ours.filter(pl.col("horizon") == h))
        _draw_quarters(grid[0][column], known)
        _draw_symbols(grid[1][column], known)
        grid[0][column].set_title(f"{_ahead(h)}, by quarter", loc="left", fontsize=11)
        grid[1][column].set_title(f"{_ahead(h)}, by symbol", loc="left", fontsize=11)
    grid[0][0].set_ylabel("outcomes inside the interval")
    grid[1][0].set_ylabel("outcomes inside the interval")
    grid[0][0].legend(loc="lower left", fontsize=8, frameon=False)
    return figure


def qlike_over_time(origins: pl.DataFrame) -> Figure:
    """Volatility loss as a rolling quarter's mean, ours beside the classical ones: lower is better."""
    figure = Figure(figsize=(13, 3.8), layout="constrained")
    told = set(origins["model"].unique())
    for axes, h in zip(figure.subplots(1, len(HORIZONS)), HORIZONS, strict=True):
        at = origins.filter(pl.col("horizon") == h)
        for name, colour in OF_MODEL.items():
            if name in told:
                loss = _loss_by_date(at.filter(pl.col("model") == name))
                axes.plot(loss["date"], loss["loss"], color=colour, label=name, linewidth=2 if name == OURS else 1.1)
        axes.set_title(_ahead(h), loc="left", fontsize=11)
        axes.tick_params(axis="x", rotation=30)
        _tidy(axes)
    figure.axes[0].set_ylabel(f"QLIKE, mean of {QUARTER} dates")
    figure.axes[0].legend(fontsize=8, frameon=False)
    return figure


def comparison(models: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Figure:
    """Every model's price error beside persistence and volatility loss beside EWMA; left of 1 is better."""
    figure = Figure(figsize=(13, 1.6 + 0.36 * len(models)), layout="constrained")
    shown = {"mae_ratio": "error of price / persistence", "qlike_ratio": "QLIKE of volatility / EWMA"}
    for axes, (key, title) in zip(figure.subplots(1, len(shown), sharey=True), shown.items(), strict=True):
        axes.axvline(1, color=QUIET, linewidth=1)
        for h, marker in zip(HORIZONS, "os^", strict=True):
            for place, (name, figures) in enumerate(models.items()):
                told = figures.get(str(h), {}).get(key)
                value = float("nan") if told is None else told
                colour = LINE if name == OURS else QUIET
                axes.scatter(min(value, FARTHEST), place, marker=marker, color=colour, s=36, zorder=3)
                if value > FARTHEST:  # drawn at the edge with its number, or it would press all others together
                    axes.annotate(f"{value:.2f}", (FARTHEST, place), (5, 0), textcoords="offset points", fontsize=8)
            axes.scatter([], [], marker=marker, color=QUIET, label=_ahead(h))
        axes.set_title(title, loc="left", fontsize=11)
        axes.set_yticks(range(len(models)), list(models))
        axes.grid(axis="y", color="#eeeeee")
        _tidy(axes)
    figure.axes[0].invert_yaxis()
    figure.axes[-1].legend(fontsize=8, frameon=False)
    return figure


def table(models: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Figure:
    """The honest table as a picture: all models, all horizons, each figure beside what it has to be compared with."""
    rows = [
        [name if place == 0 else "", _ahead(h), *honest.cells(figures.get(str(h), {}))]
        for name, figures in models.items()
        for place, h in enumerate(HORIZONS)
    ]
    figure = Figure(figsize=(13, 0.6 + 0.27 * (len(rows) + 1)), layout="constrained")
    axes = figure.subplots()
    axes.axis("off")
    drawn = axes.table(
        rows, colLabels=["model", "", *honest.HEADINGS], loc="center", cellLoc="right", edges="horizontal"
    )
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(9)
    drawn.scale(1, 1.25)
    for (row, column), cell in drawn.get_celld().items():
        cell.set_edgecolor("#d8d8d8")
        is_ours = 0 < row <= len(HORIZONS) and next(iter(models)) == OURS
        cell.get_text().set_fontweight("bold" if row == 0 or is_ours else "normal")
        if column < 2:
            cell.get_text().set_horizontalalignment("left")
    drawn.auto_set_column_width(list(range(len(honest.HEADINGS) + 2)))
    return figure


def _draw_prices(axes: Axes, days: Sequence[date], prices: Any, start: int, end: int) -> None:
    axes.plot(range(start, end), prices[start:end], color=TRUTH, linewidth=1.4, label="what came", zorder=4)
    step = max(1, (end - start) // 5)
    ticks = range(start, end, step)
    axes.set_xticks(list(ticks), [days[tick].isoformat() for tick in ticks], rotation=20, fontsize=8)


def _draw_fan(axes: Axes, rows: pl.DataFrame, days: Sequence[date], start: int, *, labelled: bool) -> None:
    told = fan(records(rows.filter(pl.col("date") == days[start])))
    close = rows.filter(pl.col("date") == days[start])["last_close"][0]
    x = [start, *(start + day["days_ahead"] for day in told)]
    outer, inner = ("95 % interval", "80 % interval") if labelled else (None, None)
    axes.fill_between(
        x, _path(close, told, "q025"), _path(close, told, "q975"), color=BAND, alpha=0.18, label=outer, lw=0
    )
    axes.fill_between(
        x, _path(close, told, "q10"), _path(close, told, "q90"), color=BAND, alpha=0.32, label=inner, lw=0
    )
    axes.plot(x, _path(close, told, "median"), color=LINE, linewidth=1.4, label="median" if labelled else None)
    if labelled:
        axes.plot(x, [close] * len(x), color=QUIET, linewidth=1, linestyle=":", label='"nothing changes"')


def _path(close: float, told: Sequence[DayAhead], quantile: str) -> list[float]:
    return [close, *(float(day[quantile]) for day in told)]  # type: ignore[literal-required]


def records(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """One symbol's rows of one day and model, as the records that would have been published."""
    return [_record(row) for row in rows.sort("horizon").iter_rows(named=True)]


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    def price(offset: float) -> float:
        return float(row["last_close"] * np.exp(row["median"] + offset))

    return {
        "symbol": row["symbol"], "as_of": row["date"].isoformat(), "horizon": row["horizon"],
        "model_type": row["model"], "model_version": "", "last_close": row["last_close"], "median": price(0),
        "q025": price(-row["reach_95"]), "q10": price(-row["reach_80"]), "q50": price(0),
        "q90": price(row["reach_80"]), "q975": price(row["reach_95"]),
        "volatility": float(np.sqrt(TRADING_DAYS * row["variance"])),
    }  # fmt: skip


def _held(rows: pl.DataFrame, starts: Sequence[date]) -> str:
    """In words how many of these fans held the price at their end."""
    ends = _with_coverage(rows.filter((pl.col("horizon") == LONGEST) & pl.col("date").is_in(list(starts))))
    return f"the 80 % interval held {int(ends['reach_80_held'].sum())} of {ends.height}"


def _with_coverage(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose outcome is known, with 0 or 1 for each promised interval."""
    known = rows.filter(pl.col("came").is_finite())
    came, median = known["came"].to_numpy(), known["median"].to_numpy()
    return known.with_columns(
        pl.Series(f"{name}_held", inside(came, median - known[name].to_numpy(), median + known[name].to_numpy()))
        for name in PROMISES
    )


def _draw_quarters(axes: Axes, known: pl.DataFrame) -> None:
    quarters = known.group_by(pl.col("date").dt.truncate("1q").alias("quarter")).agg(
        pl.col("date").n_unique().alias("dates"), *(pl.col(f"{name}_held").mean() for name in PROMISES)
    )
    whole = quarters.filter(pl.col("dates") >= LEAST_IN_QUARTER).sort("quarter")
    for name, promise in PROMISES.items():
        axes.axhline(promise, color=QUIET, linewidth=0.9, linestyle=":")
        colour = LINE if name == "reach_80" else "#7aa6d6"
        axes.plot(
            whole["quarter"], whole[f"{name}_held"], marker="o", ms=3.5, color=colour, label=f"{promise:.0%} interval"
        )
    axes.tick_params(axis="x", rotation=30)
    _percent(axes)


def _draw_symbols(axes: Axes, known: pl.DataFrame) -> None:
    shares = known.group_by("symbol").agg(pl.col(f"{name}_held").mean() for name in PROMISES).sort("symbol")
    for name, promise in PROMISES.items():
        axes.axhline(promise, color=QUIET, linewidth=0.9, linestyle=":")
        colour = LINE if name == "reach_80" else "#7aa6d6"
        axes.scatter(range(shares.height), shares[f"{name}_held"], color=colour, s=30)
    axes.set_xticks(range(shares.height), shares["symbol"].to_list(), rotation=30)
    axes.set_xlim(-0.5, shares.height - 0.5)
    _percent(axes)


def _loss_by_date(rows: pl.DataFrame) -> pl.DataFrame:
    """Mean over symbols per date, then over a quarter of dates."""
    known = rows.filter(pl.col("came").is_finite() & pl.col("variance_scaled").is_finite())
    loss = qlike(known["came_variance"].to_numpy(), known["variance_scaled"].to_numpy())
    by_date = known.select("date", pl.Series("loss", loss)).group_by("date").agg(pl.col("loss").mean()).sort("date")
    return by_date.with_columns(pl.col("loss").rolling_mean(QUARTER)).drop_nulls()


def _of(origins: pl.DataFrame, model: str, symbol: str) -> pl.DataFrame:
    rows = origins.filter((pl.col("model") == model) & (pl.col("symbol") == symbol))
    if rows.is_empty():
        known = ", ".join(origins.filter(pl.col("model") == model)["symbol"].unique().sort())
        raise ValueError(f"{symbol!r} has no forecast of {model}; there are {known}. Choose one of these.")
    return rows


def _ahead(horizon: int) -> str:
    return f"{horizon} day{'s' if horizon > 1 else ''} ahead"


def _percent(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _tidy(axes)


def _tidy(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def pictures(origins: pl.DataFrame, evaluation: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    """Name and figure of everything worth keeping beside a run; one fan for each symbol that is old enough for one."""
    for symbol in evaluation["test"]["symbols"]:
        if _of(origins, OURS, symbol)["date"].n_unique() >= LEAST_FOR_FAN:
            yield f"fan-{slug(symbol)}", fan_chart(origins, symbol)
    yield "calibration", calibration(origins)
    yield "qlike_over_time", qlike_over_time(origins)
    yield "comparison", comparison(evaluation["models"])
    yield "table", table(evaluation["models"])
