"""Turn silver's bars into the feature table, a few dozen symbols at a time.

For up to some thousand symbols, which take a minute or two; beyond, Spark runs the same transform.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

import boto3
from store import Silver

from stockcast.contracts.settings import read
from stockcast.features.fingerprint import feature_version
from stockcast.sources.invocation import tell
from stockcast.transform.parts import feature_parts

settings = read(os.environ, "silver_bucket")
silver = Silver(boto3.client("s3"), settings["silver_bucket"])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Event: {}. The same bars give the same files again; files that no longer belong to the table are deleted."""
    rows, symbols = 0, 0
    written: set[str] = set()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        silver.fetch_bars(folder / "bars.parquet")
        for part in feature_parts(folder / "bars.parquet", folder / "features"):
            written.add(silver.keep(part.path))
            part.path.unlink()  # a function has half a gigabyte of disk
            rows, symbols = rows + part.rows, symbols + part.symbols
    forgotten = silver.forget_others(written)
    facts = {"rows": rows, "symbols": symbols, "feature_version": feature_version()}
    tell("features_written", files=len(written), forgotten=len(forgotten), **facts)
    return {"keys": sorted(written), **facts}
