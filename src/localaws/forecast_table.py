"""What `make up` shows at its end: the newest forecasts, where each number lies, and where to look."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from localaws import airflow, pipelines, remote
from localaws.stack import ACCOUNT_ID, PREFIX, Stack
from stockcast.contracts.keys import slug

HEADINGS = ("symbol", "as of", "close", "days", "median", "80 % interval", "volatility", "MAE ours / persistence")


def bucket(kind: str) -> str:
    return f"{PREFIX}-{ACCOUNT_ID}-{kind}"


def records(s3: Any, keys: list[str]) -> list[dict[str, Any]]:
    """The gold records under these keys, by symbol and horizon."""
    found = [json.loads(s3.get_object(Bucket=bucket("gold"), Key=key)["Body"].read()) for key in keys]
    return sorted(found, key=lambda record: (record["symbol"].startswith("^"), record["symbol"], record["horizon"]))


def newest_keys(s3: Any, until: str = "", symbols: Collection[str] = ()) -> list[str]:
    """Keys of each symbol's and horizon's newest record; a key's day is ISO text, so the last in order is newest.

    With `until` none newer than that day, with `symbols` none but theirs: what an earlier `make up` asked for stays
    in the lake, but is not this one's answer.
    """
    slugs = {f"symbol={slug(symbol)}" for symbol in symbols}
    newest: dict[str, str] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket("gold"), Prefix="forecasts/"):
        for entry in page.get("Contents", []):
            _, day, symbol, horizon = entry["Key"].split("/")
            if (not until or day <= f"day={until}") and (not slugs or symbol in slugs):
                newest[f"{symbol}/{horizon}"] = entry["Key"]
    return sorted(newest.values())


def table(found: list[dict[str, Any]]) -> str:
    """Rows of text, the first one the headings."""
    rows = [HEADINGS, *(_row(record) for record in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    mae, naive = record["mae"], record["mae_persistence"]
    errors = f"{mae:.4f} / {naive:.4f}" if mae is not None and naive is not None else "too few outcomes known"
    return (
        record["symbol"],
        record["as_of"] + ("*" if record["stale"] else ""),
        f"{record['last_close']:.2f}",
        str(record["horizon"]),
        f"{record['median']:.2f}",
        f"{record['q10']:.2f} - {record['q90']:.2f}",
        f"{record['volatility']:.1%}",
        errors,
    )


def places(stack: Stack) -> str:
    """Where each number lies, and the addresses to look at."""
    lines = [
        ("raw answers", f"s3://{bucket('bronze')}/bars/"),
        ("clean bars", f"s3://{bucket('silver')}/bars/"),
        ("model, evaluation", f"s3://{bucket('models')}/training/, evaluation/"),
        ("forecasts", f"s3://{bucket('gold')}/forecasts/day=<as of>/symbol=<symbol>/horizon=<days>.json"),
        ("endpoint", f"{PREFIX}-forecasts at {stack.endpoint_url}"),
        ("Airflow", f"{stack.airflow_url}  (user {airflow.USER}, password {airflow.password(stack)})"),
        ("logs", str(stack.logs)),
        *([("pipelines", pipelines.page(stack))] if remote.is_open(stack) else []),
    ]
    width = max(len(name) for name, _ in lines)
    shown = "\n".join(f"{name:<{width}}  {place}" for name, place in lines)
    commands = 'eval "$(make -s env)" points aws and boto3 here; `make status` shows what runs; `make down` ends it.'
    return f"{shown}\n\n{commands}"


LEGEND = (
    "MAE: mean absolute error in log return over the last 252 origins whose outcome is known, ours beside "
    '"nothing changes".\nNo model here beats that on price, and none is promised to; volatility and the interval are '
    "what is forecast.\n* stale: the source has no bar for the day asked for."
)
