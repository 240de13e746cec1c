"""Turn one day's raw answers (bronze) into clean adjusted bars (silver).

Reads every symbol=<slug>.json of the bronze folder. Writes under the silver folder: bars/, recent/ with the
body that asks the server for each symbol's forecast, quarantine/ with every refused row, and reports/. The same
bronze gives the same files, so a repeat writes over itself.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from stockcast.cleaning.calendar import trading_days
from stockcast.cleaning.rules import clean
from stockcast.cleaning.silver import recent_request, silver_table, symbol_report
from stockcast.contracts import keys
from stockcast.contracts.bars import MINIMUM_BARS, Rejected
from stockcast.sources import yahoo


def main(arguments: Sequence[str] | None = None) -> None:
    """Clean all symbols of one day, then write what came of it."""
    args = _arguments(arguments)
    answers = _answers(args.bronze)
    bars_by_symbol, rejected = _clean_all(answers, args.day)
    table = silver_table(list(bars_by_symbol.values()), args.train_share, args.validation_share)
    _write_bars(args.silver, table)
    _write_recent(args.silver, args.day, bars_by_symbol)
    _write_quarantine(args.silver, args.day, rejected)
    report = _report(args.day, table, bars_by_symbol, rejected)
    _write(args.silver / keys.silver_report(args.day), json.dumps(report, indent=2) + "\n")
    print(
        json.dumps({"event": "silver_written", "day": str(args.day), "rows": table.height, "rejected": len(rejected)})
    )


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bronze", type=Path, required=True, help="folder with symbol=<slug>.json of one day")
    parser.add_argument("--silver", type=Path, required=True, help="folder to write to")
    parser.add_argument("--day", type=date.fromisoformat, required=True, help="the run's day; later bars are refused")
    parser.add_argument("--train-share", type=float, default=0.67, help="two thirds: the network needs many moods")
    parser.add_argument("--validation-share", type=float, default=0.08, help="about a year of 13: stops training")
    return parser.parse_args(arguments)


def _answers(bronze: Path) -> dict[str, bytes]:
    """Raw answers by symbol."""
    files = sorted(bronze.rglob("symbol=*.json"))
    if not files:
        raise SystemExit(
            f"{bronze} holds no symbol=<slug>.json; at least one raw answer is needed. "
            "Run the ingest function for this day first."
        )
    return {keys.unslug(path.stem.removeprefix("symbol=")): path.read_bytes() for path in files}


def _clean_all(answers: dict[str, bytes], day: date) -> tuple[dict[str, pl.DataFrame], list[Rejected]]:
    """Clean bars by symbol, and every row that was refused while parsing or after."""
    bars_by_symbol: dict[str, pl.DataFrame] = {}
    rejected: list[Rejected] = []
    for symbol, raw in answers.items():
        parsed = yahoo.parse(raw, symbol)
        days = [bar.date for bar in parsed.bars if bar.date <= day]
        sessions = trading_days(min(days), day) if days else ()
        bars_by_symbol[symbol], refused = clean(parsed.bars, day, sessions)
        rejected += [*parsed.rejected, *refused]
        kept = bars_by_symbol[symbol].height
        print(f"{symbol}: {kept} clean bars, {len(parsed.rejected) + len(refused)} rows in quarantine", flush=True)
    return bars_by_symbol, rejected


def _write_bars(silver: Path, table: pl.DataFrame) -> None:
    """One file, rows by symbol and date: replaced as a whole, and quick to read for one symbol."""
    path = silver / keys.silver_bars()
    path.parent.mkdir(parents=True, exist_ok=True)
    table.write_parquet(path, compression="zstd", row_group_size=50_000)


def _write_recent(silver: Path, day: date, bars_by_symbol: dict[str, pl.DataFrame]) -> None:
    """The serving request of each symbol that has enough bars for a forecast."""
    for symbol, bars in bars_by_symbol.items():
        if bars.height >= MINIMUM_BARS:
            _write(silver / keys.silver_recent(day, symbol), json.dumps(recent_request(symbol, bars)))
        else:
            print(
                f"{symbol}: {bars.height} clean bars are too few for a forecast; {MINIMUM_BARS} are needed", flush=True
            )


def _write_quarantine(silver: Path, day: date, rejected: Sequence[Rejected]) -> None:
    """Always written, also when empty: an empty file says that somebody looked."""
    lines = [json.dumps(row._asdict(), default=str) + "\n" for row in rejected]
    _write(silver / keys.silver_quarantine(day), "".join(lines))


def _report(
    day: date, table: pl.DataFrame, bars_by_symbol: dict[str, pl.DataFrame], rejected: Sequence[Rejected]
) -> dict[str, Any]:
    """Counts that tell a clean day from a bad one at a glance."""
    refused = Counter(str(row.row.get("symbol")) for row in rejected)
    sessions = trading_days(table["date"].min(), day)  # type: ignore[arg-type]
    parts = table.group_by("split").agg(
        pl.len().alias("rows"), pl.col("date").min().alias("from"), pl.col("date").max().alias("to")
    )
    return {
        "day": day.isoformat(),
        "rows": table.height,
        "rejected_by_rule": dict(sorted(Counter(row.rule for row in rejected).items())),
        "symbols": {name: symbol_report(bars, refused[name], sessions) for name, bars in bars_by_symbol.items()},
        "parts": {
            row["split"]: {"rows": row["rows"], "from": str(row["from"]), "to": str(row["to"])}
            for row in parts.sort("from").iter_rows(named=True)
        },
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    main()
