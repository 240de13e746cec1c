"""Turn one day's raw answers (bronze) into clean adjusted bars (silver), or say why the day is not fit for it.

Reads symbol=<slug>/source=<name>.json of the bronze folder. Writes under the silver folder: bars/, annotations/,
recent/ with the body that asks the server for each symbol's forecast, quarantine/ with all that was refused, and
reports/ with the verdict. On a day that misses too much the verdict is stop, and only the last two are written.
The same bronze gives the same files, so a repeat writes over itself.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from stockcast.cleaning.annotations import annotated, annotations, explained, read_labels
from stockcast.cleaning.calendar import trading_days
from stockcast.cleaning.day_shifts import shifted_dates
from stockcast.cleaning.findings import Finding
from stockcast.cleaning.inspection import inspect
from stockcast.cleaning.report import GO, STOP, Looked, quality_report
from stockcast.cleaning.rules import clean
from stockcast.cleaning.silver import DAY_OF_FILE, recent_request, silver_table
from stockcast.contracts import keys
from stockcast.contracts.bars import MINIMUM_BARS, Bar, Event, Rejected
from stockcast.sources import assembled
from stockcast.sources.answers import SourceError


class Read(NamedTuple):
    """What was made of the raw answers, symbol by symbol, before any was laid beside another."""

    bars: dict[str, pl.DataFrame]
    events: dict[str, Sequence[Event]]
    rejected: list[Rejected]
    held: list[Finding]
    sources: dict[str, str]


def main(arguments: Sequence[str] | None = None) -> None:
    """Clean all symbols of one day, judge the day, then write what came of it."""
    args = _arguments(arguments)
    labels = read_labels(args.annotations)
    answers = _answers(args.bronze)
    read = _read_all(answers, args.symbols or sorted(answers), args.day, args.sources)
    found = inspect(read.bars, read.events, explained(labels, read.bars))
    told = [finding.as_rejected(read.sources.get(finding.symbol)) for finding in (*read.held, *found.held)]
    sessions = _sessions(found.bars, args.day)
    seen = Looked(
        args.day, sessions, found.bars, [*read.rejected, *found.rejected, *told], [*read.held, *found.held],
        found.warnings, args.symbols or sorted(answers), read.sources,
    )  # fmt: skip
    report = quality_report(seen, args.most_missing)
    table = None
    if report["verdict"] == GO:
        try:
            table = silver_table(list(found.bars.values()), args.train_share, args.validation_share)
        except ValueError as fault:  # too short a history to part
            report |= {"verdict": STOP, "reasons": [str(fault)]}
    if table is not None:
        known = annotations(labels, read.events, sessions[0], args.day)
        _write_parquet(args.silver / keys.silver_annotations(), known, args.day)
        _write_parquet(args.silver / keys.silver_bars(), annotated(table, known), args.day)
        _write_recent(args.silver, args.day, found.bars)
    _write_quarantine(args.silver, args.day, seen.rejected, read.sources)
    _write(args.silver / keys.silver_report(args.day), json.dumps(report | {"parts": _parts(table)}, indent=2) + "\n")
    _tell(report)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bronze", type=Path, required=True, help="folder with symbol=<slug>/ of one day")
    parser.add_argument("--silver", type=Path, required=True, help="folder to write to")
    parser.add_argument("--day", type=date.fromisoformat, required=True, help="the run's day; later bars are refused")
    parser.add_argument(
        "--symbols", type=keys.split_symbols, nargs="+", action="extend", default=[],
        help="all that must be there; default: all that are",
    )  # fmt: skip
    parser.add_argument("--sources", type=_names, default=(), help="of two answers the first named counts")
    parser.add_argument(
        "--annotations", type=Path, default=Path(__file__).parent / "annotations", help="folder with people's CSV files"
    )
    parser.add_argument("--most-missing", type=float, default=1 / 3, help="share of symbols that may be missing")
    parser.add_argument("--train-share", type=float, default=0.67, help="two thirds: the network needs many moods")
    parser.add_argument("--validation-share", type=float, default=0.08, help="about a year of 13: stops training")
    args = parser.parse_args(arguments)
    args.symbols = [symbol for some in args.symbols for symbol in some]  # many come as several lists
    return args


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _answers(bronze: Path) -> dict[str, Path]:
    """The folder of raw answers by symbol."""
    folders = sorted(path for path in bronze.rglob("symbol=*") if path.is_dir())
    if not folders:
        raise SystemExit(
            f"{bronze} holds no symbol=<slug>/source=<name>.json; at least one raw answer is needed. "
            "Run the ingest function for this day first."
        )
    return {keys.unslug(path.name.removeprefix("symbol=")): path for path in folders}


def _read_all(folders: Mapping[str, Path], symbols: Sequence[str], day: date, order: Sequence[str]) -> Read:
    """Every symbol's answer as clean bars; one that cannot be read costs that symbol only."""
    read = Read({}, {}, [], [], {})
    for symbol in symbols:
        try:
            _read_one(symbol, folders.get(symbol), day, order, read)
        except (SourceError, ValueError) as fault:
            read.held.append(Finding(symbol, "readable_answer", None, type(fault).__name__, str(fault)))
        print(f"{symbol}: {read.bars[symbol].height if symbol in read.bars else 0} clean bars", flush=True)
    return read


def _read_one(symbol: str, folder: Path | None, day: date, order: Sequence[str], read: Read) -> None:
    answers = {kind: _bodies(folder, kind) for kind in ("source", "base")}
    source, parsed = assembled(symbol, answers["source"], answers["base"], order)
    read.sources[symbol] = source
    read.rejected.extend(row._replace(row={"symbol": symbol} | row.row) for row in parsed.rejected)
    sessions = _sessions_of(parsed.bars, day)
    if shifted := shifted_dates(symbol, [bar for bar in parsed.bars if bar.date <= day], sessions):
        read.held.extend(shifted)
        return
    read.bars[symbol], refused = clean(parsed.bars, day, sessions)
    read.events[symbol] = [event for event in parsed.events if event.date <= day]
    read.rejected.extend(refused)


def _bodies(folder: Path | None, kind: str) -> dict[str, bytes]:
    """Raw answers by source: `source` for the day's own, `base` for an older whole history."""
    files = sorted(folder.glob(f"{kind}=*.json")) if folder else []
    return {path.stem.removeprefix(f"{kind}="): path.read_bytes() for path in files}


def _sessions_of(bars: Sequence[Bar], day: date) -> tuple[date, ...]:
    days = [bar.date for bar in bars if bar.date <= day]
    return trading_days(min(days), day) if days else ()


def _sessions(bars: Mapping[str, pl.DataFrame], day: date) -> tuple[date, ...]:
    """From the first clean bar of any symbol on."""
    first = [one["date"][0] for one in bars.values() if one.height]
    return trading_days(min(first), day) if first else ()


def _write_parquet(path: Path, table: pl.DataFrame, day: date) -> None:
    """One file, rows in order: replaced as a whole, quick to read for one symbol, and it tells the run's day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.write_parquet(path, compression="zstd", row_group_size=50_000, metadata={DAY_OF_FILE: day.isoformat()})


def _write_recent(silver: Path, day: date, bars_by_symbol: Mapping[str, pl.DataFrame]) -> None:
    """The serving request of each symbol that has enough bars for a forecast."""
    for symbol, bars in bars_by_symbol.items():
        if bars.height >= MINIMUM_BARS:
            _write(silver / keys.silver_recent(day, symbol), json.dumps(recent_request(symbol, bars)))
        else:
            print(
                f"{symbol}: {bars.height} clean bars are too few for a forecast; {MINIMUM_BARS} are needed", flush=True
            )


def _write_quarantine(silver: Path, day: date, rejected: Sequence[Rejected], sources: Mapping[str, str]) -> None:
    """Always written, also when empty: an empty file says that somebody looked."""
    lines = [
        {"source": row.row.get("source") or sources.get(str(row.row.get("symbol")))} | row._asdict() for row in rejected
    ]
    _write(silver / keys.silver_quarantine(day), "".join(json.dumps(line, default=str) + "\n" for line in lines))


def _parts(table: pl.DataFrame | None) -> dict[str, Any]:
    """Rows and days of train, validation, test and the purged days."""
    if table is None:
        return {}
    parts = table.group_by("split").agg(
        pl.len().alias("rows"), pl.col("date").min().alias("from"), pl.col("date").max().alias("to")
    )
    return {
        row["split"]: {"rows": row["rows"], "from": str(row["from"]), "to": str(row["to"])}
        for row in parts.sort("from").iter_rows(named=True)
    }


def _tell(report: Mapping[str, Any]) -> None:
    told = {name: report[name] for name in ("day", "verdict", "reasons", "rows", "rejected", "missing_symbols")}
    print(json.dumps({"event": "silver_judged", **told}), flush=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    main()
