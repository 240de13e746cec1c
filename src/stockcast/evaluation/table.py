"""All models side by side on the same test days: for evaluation.json and for people."""

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import polars as pl

from stockcast.evaluation.report import Figures, horizon_figures

REFERENCES = ("har", "har_symbol")  # pooled and frozen; per symbol and refitted
Comparison = dict[str, dict[int, Figures]]  # model -> horizon -> figures

COLUMNS = (  # heading, figure, format
    ("dates", "dates", "{:.0f}"),
    ("relMAE", "mae_ratio", "{:.3f}"),
    ("p worse", "mae_p_worse", "{:.3f}"),
    ("R2os %", "r2_os", "{:+.1%}"),
    ("direction", "direction", "{:.1%}"),
    ("always up", "always_up", "{:.1%}"),
    ("p luck", "direction_p_luck", "{:.3f}"),
    ("QLIKE", "qlike", "{:.3f}"),
    ("/ EWMA", "qlike_ratio", "{:.3f}"),
    ("t EWMA", "qlike_dm_t", "{:+.1f}"),
    ("t HAR", "qlike_dm_t_har", "{:+.1f}"),
    ("t HAR each", "qlike_dm_t_har_symbol", "{:+.1f}"),
    ("80 %", "coverage_80", "{:.1%}"),
    ("worst quarter", "coverage_80_worst_quarter", "{:.1%}"),
    ("95 %", "coverage_95", "{:.1%}"),
    ("Winkler", "winkler_80_ratio", "{:.3f}"),
)


def comparison(
    frames: Mapping[str, pl.DataFrame], horizons: Sequence[int], references: Sequence[str] = REFERENCES
) -> Comparison:
    """Figures by model and horizon from each model's test rows (columns of forecasting.history).

    Every model is also compared with those of `references` that are in `frames`.
    """
    return {
        name: {
            h: horizon_figures(
                frame, h, {other: frames[other] for other in references if other in frames and other != name}
            )
            for h in horizons
        }
        for name, frame in frames.items()
    }


def rendered(compared: Comparison) -> str:
    """One block of text per horizon, one line per model; a figure that cannot be told is a dash.

    A star marks a t that is no luck even though several models were tried: 5 % are shared out among them.
    """
    horizons = sorted({h for figures in compared.values() for h in figures})
    challengers = max(1, len(compared) - 1)
    needed = NormalDist().inv_cdf(1 - 0.025 / challengers)
    legend = f"* no luck: |t| above {needed:.2f}, 5 % shared out among {challengers} challengers"
    return "\n\n".join([*(_block(compared, h, needed) for h in horizons), legend])


def _block(compared: Comparison, horizon: int, needed: float) -> str:
    rows = [["model", *(heading for heading, _, _ in COLUMNS)]]
    for name, by_horizon in compared.items():
        if horizon in by_horizon:
            rows.append([name, *(_cell(by_horizon[horizon], figure, form, needed) for _, figure, form in COLUMNS)])
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
    return "\n".join([f"{horizon} trading day{'s' if horizon > 1 else ''} ahead", *lines])


def _cell(figures: Figures, name: str, form: str, needed: float) -> str:
    value = figures.get(name, float("nan"))
    if value != value:
        return "-"
    return form.format(value) + "*" * ("_dm_t" in name and abs(value) > needed)
