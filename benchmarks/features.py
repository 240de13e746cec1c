"""Features of 25 million bars: ours beside the usual pandas groupby, in the same run.

    python src/shipping/tools.py run dev -- benchmarks/features.py [--rows 25000000] [--without-pandas]

A generator writes bars of invented symbols, 6,250 days each, one group of symbols at a time. Then each engine reads
the file, computes the thirteen features and writes zstd Parquet, in a process of its own: CPU seconds and the largest
memory are what the kernel counted for it. The first symbols of both results are compared, so that nobody wins by
leaving something out.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
DAYS = 6_250  # about 25 years
SYMBOLS_PER_GROUP = 40  # of the generator: one row group of the file
MOST_CPU_SECONDS, MOST_GB = 50, 0.5  # for 25 million rows
FULL = 25_000_000
OURS = """
import sys
from pathlib import Path
from stockcast.transform.parts import feature_parts
print(sum(part.rows for part in feature_parts(Path(sys.argv[1]), Path(sys.argv[2]))))
"""
PANDAS = """
import sys
from pathlib import Path
import numpy as np
import pandas as pd

bars = pd.read_parquet(sys.argv[1])
symbol = bars["symbol"]


def by(values):
    return values.groupby(symbol, sort=False)


def rolled(values, days, what):
    return getattr(by(values).rolling(days), what)().droplevel(0)


def smoothed(values, **how):
    return by(values).ewm(adjust=False, **how).mean().droplevel(0)


close = bars["close"]
c = np.log(close)
r = by(c).diff()
night = np.log(bars["open"] / by(close).shift(1))
day = np.log(close / bars["open"])
reach = np.log(bars["high"] / bars["low"])
rv = (np.maximum(0.5 * reach**2 - (2 * np.log(2) - 1) * day**2, 1e-8) + night**2).clip(lower=1e-7)
sd = rolled(r, 63, "std")
out = pd.DataFrame({"symbol": symbol, "date": bars["date"], "close": close, "sd63": sd, "rv": rv})
for days in (1, 5, 21):
    out[f"ret{days}"] = by(c).diff(days) / (sd * np.sqrt(days))
out["lrv"] = np.log(rv)
for days in (5, 21, 63):
    out[f"lv{days}"] = np.log(rolled(rv, days, "mean"))
volume = np.log(bars["volume"] + 1)
out["vol_z"] = (volume - rolled(volume, 63, "mean")) / rolled(volume, 63, "std")
change = by(close).diff()
up, down = smoothed(change.clip(lower=0), alpha=1 / 14), smoothed((-change).clip(lower=0), alpha=1 / 14)
out["rsi"] = up / (up + down) - 0.5
out["macd"] = (smoothed(close, span=12) - smoothed(close, span=26)) / close / sd
out["bb"] = (close - rolled(close, 20, "mean")) / rolled(close, 20, "std")
out["co"], out["on"] = day / sd, night / sd
out = out[bars.groupby(symbol, sort=False).cumcount() >= 250]
out.to_parquet(Path(sys.argv[2]) / "part.parquet", compression="zstd", index=False)
print(len(out))
"""


@dataclass(frozen=True)
class Cost:
    """What one engine took."""

    rows: int
    wall_seconds: float
    cpu_seconds: float
    gigabytes: float


def write_bars(path: Path, rows: int) -> int:
    """The file of bars; how many it holds: whole symbols, at least `rows`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    days = np.array([date(2000, 1, 3) + timedelta(days=n * 7 // 5) for n in range(DAYS)], dtype="datetime64[D]")
    symbols, writer = -(-rows // DAYS), None
    for first in range(0, symbols, SYMBOLS_PER_GROUP):
        names = [f"S{number:05d}" for number in range(first, min(first + SYMBOLS_PER_GROUP, symbols))]
        table = pa.table(_columns(names, days, np.random.default_rng(first)))
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=table.num_rows)
    if writer:
        writer.close()
    return symbols * DAYS


def _columns(names: list[str], days: np.ndarray, random: np.random.Generator) -> dict[str, object]:
    shape = (len(names), len(days))
    close = 50 * np.exp(np.cumsum(0.012 * random.standard_normal(shape), axis=1))
    opening = close * np.exp(0.006 * random.standard_normal(shape))
    wick = np.exp(0.004 * np.abs(random.standard_normal((2, *shape))))
    return {
        "symbol": np.repeat(names, len(days)),
        "date": np.tile(days, len(names)),
        "open": opening.ravel(),
        "high": (np.maximum(opening, close) * wick[0]).ravel(),
        "low": (np.minimum(opening, close) / wick[1]).ravel(),
        "close": close.ravel(),
        "volume": np.exp(15 + 0.3 * random.standard_normal(shape)).round().ravel(),
    }


def measured(program: str, bars: Path, folder: Path) -> Cost:
    """Run a program in a process of its own; what the kernel says it took."""
    folder.mkdir()
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(bars), str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101  (a pipe was asked for)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the program ended with {process.returncode}; see its words above")
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    seconds = used.ru_utime + used.ru_stime
    return Cost(int(said), time.perf_counter() - began, seconds, kilobytes / 1e6)


def largest_difference(ours: Path, theirs: Path) -> float:
    """Over the first symbols of both, relative to 1 or to the value where it is larger."""
    import polars as pl

    first = pl.read_parquet(ours / "part-00000.parquet").drop("feature_version")
    same = pl.scan_parquet(theirs / "part.parquet").slice(0, first.height).collect()
    gaps = []
    for name in first.columns[2:]:
        mine, other = first[name].to_numpy(), same[name].to_numpy()
        gaps.append(float(np.nanmax(np.abs(mine - other) / np.maximum(1.0, np.abs(other)))))
    return max(gaps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=FULL)
    parser.add_argument("--without-pandas", action="store_true", help="where memory is short: it takes 13 GB at 25M")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stockcast-features-") as name:
        folder = Path(name)
        rows = write_bars(folder / "bars.parquet", args.rows)
        costs = {"ours": measured(OURS, folder / "bars.parquet", folder / "ours")}
        if not args.without_pandas:
            costs["pandas"] = measured(PANDAS, folder / "bars.parquet", folder / "pandas")
        tell(rows, costs)
        if "pandas" in costs:
            print(f"largest difference: {largest_difference(folder / 'ours', folder / 'pandas'):.1e}")
    share = rows / FULL
    held = costs["ours"].cpu_seconds <= MOST_CPU_SECONDS * share and costs["ours"].gigabytes <= MOST_GB
    print(f"limit {MOST_CPU_SECONDS * share:.0f} CPU s, {MOST_GB} GB: {'held' if held else 'BROKEN'}")
    sys.exit(0 if held else 1)


def tell(rows: int, costs: dict[str, Cost]) -> None:
    """A table for people, and one line for programs."""
    print(f"{rows:,} bars, {os.cpu_count()} cores\n")
    print("| engine | wall s | CPU s | peak GB | rows out |\n|---|---|---|---|---|")
    for name, cost in costs.items():
        print(f"| {name} | {cost.wall_seconds:.0f} | {cost.cpu_seconds:.1f} | {cost.gigabytes:.2f} | {cost.rows:,} |")
    if "pandas" in costs:
        ours, theirs = costs["ours"], costs["pandas"]
        cpu, memory = theirs.cpu_seconds / ours.cpu_seconds, theirs.gigabytes / ours.gigabytes
        print(f"\npandas takes {cpu:.1f} times the CPU and {memory:.0f} times the memory")
    print(json.dumps({name: vars(cost) for name, cost in costs.items()}))


if __name__ == "__main__":
    main()
