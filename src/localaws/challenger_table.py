"""What `make up` shows below the forecasts: the model that serves beside the ones that do not, on the last year."""

from __future__ import annotations

import json
from collections.abc import Sequence
from statistics import mean
from typing import Any

from localaws.forecast_table import bucket

MODELS = ("lstm", "naive", "drift", "ewma", "har", "arima", "prophet")
FIGURES = {
    "MAE / persistence": ("baseline_mae_ratio", "{:.3f}"),
    "inside the 80 % interval": ("coverage_last_252", "{:.0%}"),
    "QLIKE / EWMA, 63 days": ("qlike_ratio_ewma_63", "{:.2f}"),
}
LEGEND = (
    "Means over symbols of what each forecast's record tells of its own last year, at 1/5/21 days. Below 1 is better "
    "than\nnothing changes (MAE) and than EWMA (QLIKE). ARIMA and Prophet were fitted every two months of that year,\n"
    "which is hard on Prophet; evaluation.json judges all models on the same test days, Prophet fitted every week."
)


def records(s3: Any, served: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The challengers' records of the same days and symbols as the served ones."""
    wanted = {(record["as_of"], record["symbol"]) for record in served}
    found = []
    for day in sorted({day for day, _ in wanted}):
        for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket("gold"), Prefix=f"challengers/day={day}/"
        ):
            found += [_record(s3, entry["Key"]) for entry in page.get("Contents", [])]
    return [record for record in found if (record["as_of"], record["symbol"]) in wanted]


def table(found: Sequence[dict[str, Any]]) -> str:
    """One row for each model, one column for each figure, its horizons between slashes."""
    horizons = sorted({record["horizon"] for record in found})
    models = [model for model in MODELS if any(record["model_type"] == model for record in found)]
    rows = [("model", *FIGURES)]
    for model in models:
        ours = [record for record in found if record["model_type"] == model]
        rows.append((model, *("/".join(_told(ours, h, *figure) for h in horizons) for figure in FIGURES.values())))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _record(s3: Any, key: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket("gold"), Key=key)["Body"].read())
    return record


def _told(records: Sequence[dict[str, Any]], horizon: int, name: str, form: str) -> str:
    """The mean over symbols that know the figure; a dash where none does."""
    values = [record[name] for record in records if record["horizon"] == horizon and record[name] is not None]
    return form.format(mean(values)) if values else "-"
