"""The transform function: bars of all symbols in, files of features out, and nothing of an earlier table left."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import polars as pl
import pytest
from botocore.exceptions import ClientError
from polars.testing import assert_frame_equal
from tests.stockcast import generated

from stockcast.transform.table import feature_table

BUCKET, BARS = "silver", "bars/part.parquet"


class Files:
    """S3 as a folder: what the function calls of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.refusal = folder, "404"

    def download_file(self, bucket: str, key: str, path: str) -> None:
        if not (self.folder / bucket / key).exists():
            raise ClientError({"Error": {"Code": self.refusal, "Message": "no"}}, "HeadObject")
        shutil.copy(self.folder / bucket / key, path)

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.put(bucket, key, Path(path).read_bytes())

    def put(self, bucket: str, key: str, body: bytes) -> None:
        (self.folder / bucket / key).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / bucket / key).write_bytes(body)

    def delete_object(self, Bucket: str, Key: str) -> None:
        (self.folder / Bucket / Key).unlink()

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        yield {"Contents": [{"Key": key} for key in self.keys(Bucket) if key.startswith(Prefix)]}

    def keys(self, bucket: str) -> list[str]:
        root = self.folder / bucket
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "s3")


@pytest.fixture
def transform(
    load: Callable[..., ModuleType], files: Files, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], dict[str, Any]]:
    """Call the function once."""
    monkeypatch.setattr(boto3, "client", lambda service: files)
    module = load("transform", silver_bucket=BUCKET)
    return lambda: module.handler({}, None)


def bars() -> pl.DataFrame:
    return pl.concat([generated.bars(300, seed, symbol) for seed, symbol in enumerate(("AAA", "BBB"))])


def put_bars(files: Files, frame: pl.DataFrame) -> None:
    into = io.BytesIO()
    frame.write_parquet(into)
    files.put(BUCKET, BARS, into.getvalue())


def test_the_table_is_what_the_transform_makes_of_the_bars(
    transform: Callable[[], dict[str, Any]], files: Files
) -> None:
    put_bars(files, bars())

    answer = transform()

    written = pl.read_parquet(files.folder / BUCKET / "features" / "*.parquet")
    assert_frame_equal(written, feature_table(bars()), check_exact=True)
    assert answer["keys"] == ["features/part-00000.parquet"]
    assert (answer["rows"], answer["symbols"]) == (100, 2)
    assert answer["feature_version"] == written["feature_version"][0]


def test_what_another_engine_left_is_deleted(transform: Callable[[], dict[str, Any]], files: Files) -> None:
    """Beside the new files it would double every row."""
    put_bars(files, bars())
    for name in ("_SUCCESS", "part-00000-1234.zstd.parquet", "part-00007.parquet"):
        files.put(BUCKET, f"features/{name}", b"old")
    files.put(BUCKET, "features_of_others/x", b"keep")

    transform()
    transform()

    assert files.keys(BUCKET) == [BARS, "features/part-00000.parquet", "features_of_others/x"]


@pytest.mark.parametrize("code", ["404", "403"])
def test_without_bars_the_error_names_what_to_do(
    transform: Callable[[], dict[str, Any]], files: Files, code: str
) -> None:
    """The table of yesterday stays."""
    files.put(BUCKET, "features/part-00000.parquet", b"old")
    files.refusal = code

    with pytest.raises(
        Exception, match=rf"s3://silver/bars/part.parquet is absent or not readable \({code}\).*clean_bars"
    ):
        transform()

    assert files.keys(BUCKET) == ["features/part-00000.parquet"]


def test_a_fault_of_s3_is_told_as_it_came(transform: Callable[[], dict[str, Any]], files: Files) -> None:
    """Lambda tries again then; a missing file it would not mend."""
    files.refusal = "SlowDown"

    with pytest.raises(ClientError, match="SlowDown"):
        transform()
