"""The three engines of the transform: what they take here on small tables, and what they would cost on AWS on all.

    python src/shipping/tools.py run dev -- benchmarks/transform_engines.py [--rows 10000,100000,1000000]

Writes benchmarks/transform_engines.md. Measured: the same bars through the function's code and through Spark on this
machine, CPU seconds of all processes of each. Reckoned: seconds and USD of one run on AWS, from those CPU seconds, the
prices of the review's price book, and the assumptions below, each with its reason. Change one and run it again.
"""

import argparse
import ctypes
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import features

from shipping import tools

ROOT = Path(__file__).resolve().parents[1]
SIZES_MB = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)  # of bars, as zstd Parquet
# What is assumed of AWS; none of it was measured there.
ASSUMED: dict[str, tuple[float, str]] = {
    "bytes_per_bar": (34, "bars of eight columns as zstd Parquet"),
    "bytes_per_row": (150, "a row of nineteen columns of features as zstd Parquet"),
    "lambda_start_seconds": (3, "a cold start with polars in the zip"),
    "lambda_gb": (2, "the function's memory, as modules/transform has it"),
    "lambda_vcpus": (2 / 1.769, "Lambda gives a whole vCPU at 1,769 MB"),
    "lambda_mb_per_second": (80, "a function's traffic with S3"),
    "lambda_most_seconds": (900, "Lambda's limit"),
    "lambda_most_disk_mb": (10_240, "Lambda's limit; the bars lie there as a whole"),
    "spark_vcpus": (4, "of a Glue G.1X worker, and of an EMR worker as reckoned here"),
    "spark_gb": (16, "memory of the same"),
    "spark_mb_per_second": (50, "a worker's traffic with S3"),
    "spark_efficiency": (0.7, "share of the workers' time that is work: stragglers, shuffle, waiting"),
    "glue_start_seconds": (60, "billed before the script works: Spark's start, polars installed"),
    "emr_start_seconds": (90, "billed before the script works: workers, archive unpacked"),
    "least_seconds": (60, "both bill a minute at least, for each worker"),
    "longest_wait_seconds": (1800, "workers are added until a run takes half an hour"),
    "most_workers": (100, "then it takes longer"),
}


@dataclass(frozen=True)
class Measured:
    """One engine on one table here."""

    engine: str
    rows: int
    wall_seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Run:
    """One run on AWS, as reckoned."""

    seconds: float
    usd: float
    workers: int


def assumed(name: str) -> float:
    return ASSUMED[name][0]


def adopt_orphans() -> None:
    """Let the kernel count Spark's JVM as ours: its Python parent ends without waiting for it."""
    set_child_subreaper = 36
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(set_child_subreaper, 1)


def measure(engine: str, rows: int, command: Sequence[str], environment: dict[str, str]) -> Measured:
    """Run a program to its end, with all that it leaves; CPU seconds of all of it."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{engine} ended with {done.returncode}: {done.stderr[-2000:]}")
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Measured(engine, rows, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measurements(sizes: Sequence[int], folder: Path) -> Iterator[Measured]:
    """Every engine on every table."""
    spark = tools.sync("spark")
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "src/localaws/spark/python_311")])
    submit = (
        "--master local[2] --driver-memory 2g --conf spark.ui.enabled=false --conf spark.ui.showConsoleProgress=false"
    )
    for_spark = {
        "PYTHONPATH": path, "PYSPARK_PYTHON": str(spark), "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_SUBMIT_ARGS": f"{submit} pyspark-shell",
    }  # fmt: skip
    for size in sizes:
        bars = folder / f"bars-{size}.parquet"
        rows = features.write_bars(bars, size)
        ours = [sys.executable, "-c", features.OURS, str(bars), str(folder / f"ours-{size}")]
        yield measure("polars, as in Lambda", rows, ours, {"PYTHONPATH": str(ROOT / "src")})
        script = [str(spark), str(ROOT / "training/transform_spark.py")]
        places = ["--bars", bars.as_uri(), "--features", (folder / f"spark-{size}").as_uri()]
        yield measure("Spark, 2 cores", rows, [*script, *places], for_spark)


def slope(found: Sequence[Measured], engine: str) -> tuple[float, float]:
    """CPU seconds at the start, and for each further million bars."""
    first, *_, last = [each for each in found if each.engine == engine]
    per_row = (last.cpu_seconds - first.cpu_seconds) / (last.rows - first.rows)
    return max(first.cpu_seconds - per_row * first.rows, 0.0), per_row * 1e6


def by_lambda(millions: float, cpu_per_million: float, prices: dict[str, float]) -> Run | None:
    """None where Lambda's limits are in the way."""
    megabytes_in, megabytes = millions * assumed("bytes_per_bar"), millions * moved_bytes()
    work = millions * cpu_per_million / assumed("lambda_vcpus")
    seconds = assumed("lambda_start_seconds") + megabytes / assumed("lambda_mb_per_second") + work
    if seconds > assumed("lambda_most_seconds") or megabytes_in > assumed("lambda_most_disk_mb") - 200:
        return None
    return Run(seconds, seconds * assumed("lambda_gb") * prices["function.seconds"], 1)


def by_spark(millions: float, cpu_per_million: float, start: float, usd_per_worker_hour: float) -> Run:
    """As many workers as the longest wait asks for, and one that drives."""
    work = millions * cpu_per_million / assumed("spark_vcpus") / assumed("spark_efficiency")
    work += millions * moved_bytes() / assumed("spark_mb_per_second")
    workers = int(min(max(1, -(-work // assumed("longest_wait_seconds"))), assumed("most_workers")))
    seconds = max(start + work / workers, assumed("least_seconds"))
    return Run(seconds, (workers + 1) * usd_per_worker_hour * seconds / 3600, workers + 1)


def moved_bytes() -> float:
    """Bytes from and to S3 for each bar."""
    return assumed("bytes_per_bar") + assumed("bytes_per_row")


def pages(found: Sequence[Measured]) -> Iterator[str]:
    """The report, line by line."""
    book = tomllib.loads((ROOT / "src/shipping/review/price_book.toml").read_text())
    prices = {name: float(price["usd"]) for name, price in book["prices"].items() if "usd" in price}
    yield "# The transform's engines\n"
    yield f"Measured on {os.cpu_count()} cores; one run each, shared with other work, so rank by CPU seconds.\n"
    yield "| engine | bars | wall s | CPU s |\n|---|---|---|---|"
    for one in found:
        yield f"| {one.engine} | {one.rows:,} | {one.wall_seconds:.1f} | {one.cpu_seconds:.1f} |"
    ours, spark = slope(found, "polars, as in Lambda"), slope(found, "Spark, 2 cores")
    yield f"\nA million bars more: {ours[1]:.2f} CPU s for polars alone, {spark[1]:.2f} for Spark around it, which"
    yield f"also takes {spark[0]:.0f} CPU s to start.\n"
    yield f"## One run on AWS, reckoned with prices of {book['read_on']}, {book['region']}\n"
    yield "| bars | million bars | Lambda | Glue | EMR Serverless | cheapest |\n|---|---|---|---|---|---|"
    emr_hour = (
        assumed("spark_vcpus") * prices["emr_serverless.vcpu"] + assumed("spark_gb") * prices["emr_serverless.memory"]
    )
    for megabytes in SIZES_MB:
        millions = megabytes / assumed("bytes_per_bar")
        runs = {
            "Lambda": by_lambda(millions, ours[1], prices),
            "Glue": by_spark(millions, spark[1], assumed("glue_start_seconds"), prices["glue"]),
            "EMR Serverless": by_spark(millions, spark[1], assumed("emr_start_seconds"), emr_hour),
        }
        best = min((run.usd, name) for name, run in runs.items() if run)[1]
        shown = " | ".join(_shown(run) for run in runs.values())
        yield f"| {_size(megabytes)} | {millions:,.2f} | {shown} | {best} |"
    yield "\nSeconds, USD, and workers with the one that drives. What is assumed:\n"
    yield from (f"- `{name}` {value:g}: {why}" for name, (value, why) in ASSUMED.items())


def _shown(run: Run | None) -> str:
    if run is None:
        return "over its limits"
    return f"{run.seconds:,.0f} s, {run.usd:,.4f} USD" + (f", {run.workers}" if run.workers > 1 else "")


def _size(megabytes: int) -> str:
    return next(
        f"{megabytes // unit:,} {name}" for unit, name in ((10**6, "TB"), (10**3, "GB"), (1, "MB")) if megabytes >= unit
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="10000,100000,1000000", help="tables to measure, in bars")
    args = parser.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="stockcast-engines-") as name:
        found = list(measurements([int(rows) for rows in args.rows.split(",")], Path(name)))
    text = "\n".join(pages(found)) + "\n"
    (ROOT / "benchmarks/transform_engines.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
