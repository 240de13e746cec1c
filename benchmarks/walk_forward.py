"""Write benchmarks/walk_forward.md: how long every classical model takes to forecast a year, day by day.

    python benchmarks/walk_forward.py

Six generated symbols of eight years; each model forecasts at each of the last 250 days, with its refits. Symbols are
shared between two processes, as two cores allow. Ends with status 1 if all together take more than three minutes.
"""

import os
import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "src"), str(ROOT)]

from tests.stockcast.generated import bars  # noqa: E402

from stockcast.features.indicators import features  # noqa: E402
from stockcast.features.targets import with_targets  # noqa: E402
from stockcast.models.classical.arima import Arima  # noqa: E402
from stockcast.models.classical.prophet import Prophet  # noqa: E402
from stockcast.models.classical.roster import CHALLENGERS, challengers  # noqa: E402

SYMBOLS, DAYS, ORIGINS = 6, 2000, 250
PROCESSES = 2
MOST_SECONDS = 180.0


def main() -> int:
    started = perf_counter()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:  # spawn: polars threads do not fork
        by_symbol = list(pool.map(_one_symbol, range(SYMBOLS)))
    total = perf_counter() - started
    text = _page(by_symbol, total)
    (ROOT / "benchmarks" / "walk_forward.md").write_text(text)
    print(text)
    return 0 if total <= MOST_SECONDS else 1


def _one_symbol(seed: int) -> dict[str, float]:
    """CPU seconds by model for one symbol's year; the import of a library counts for its first symbol."""
    table = bars(DAYS, seed)
    since = table["date"][-ORIGINS]
    known = with_targets(features(table.filter(table["date"] < since))).drop_nulls()
    seconds = {}
    for model in challengers(CHALLENGERS, known, since=since, costly_since=since):
        began = process_time()
        seen = model.outlook(table)
        seconds[model.name] = process_time() - began
        if len(seen.dates) != ORIGINS:
            raise SystemExit(f"{model.name} forecast {len(seen.dates)} days of {ORIGINS}; the times would say nothing.")
    return seconds


def _page(by_symbol: list[dict[str, float]], total: float) -> str:
    lines = [
        "# Walk-forward of the classical models",
        "",
        f"{SYMBOLS} symbols x {ORIGINS} days x 3 horizons, ARIMA refitted every {Arima.refit_every} days, "
        f"Prophet every {Prophet.refit_every}, "
        f"{PROCESSES} processes; {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}.",
        "",
        "| model | CPU-seconds, all symbols |",
        "|---|---|",
        *(f"| {name} | {sum(seconds[name] for seconds in by_symbol):.2f} |" for name in CHALLENGERS),
        "",
        f"All together {total:.0f} s of wall time; at most {MOST_SECONDS:.0f} are asked.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
