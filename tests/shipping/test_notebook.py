"""What the notebook is given; tests/notebooks runs it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipping import notebook
from shipping.environments import Refused

BUCKETS = {"models": "models", "silver": "silver"}


class Buckets:
    """S3 with judgements by time."""

    def __init__(self, **judged: int) -> None:
        self.judged = judged

    def get_paginator(self, _):
        return self

    def paginate(self, Bucket, Prefix):
        entries = [
            {"Key": f"evaluation/{job}/{name}", "LastModified": datetime(2026, 3, day, tzinfo=UTC)}
            for job, day in self.judged.items()
            for name in notebook.EVALUATION
        ]
        yield {"Contents": entries} if entries else {}

    def download_file(self, bucket, key, target):
        Path(target).write_text(f"{bucket}/{key}")


def test_the_newest_judgement_is_fetched_with_the_bars(tmp_path):
    """Names do not tell which is newest: a tuning's jobs are called otherwise."""
    job = notebook.fetch(Buckets(b_older=1, a_newer=2), BUCKETS, tmp_path / "explore")

    assert job == "a_newer"
    files = {file.name: file.read_text() for file in (tmp_path / "explore").rglob("*.*") if file.is_file()}
    assert files == {
        "part.parquet": "silver/bars/part.parquet",
        "evaluation.json": "models/evaluation/a_newer/evaluation.json",
        "origins.parquet": "models/evaluation/a_newer/origins.parquet",
    }


def test_files_of_an_earlier_fetch_do_not_stay(tmp_path):
    """Two runs' bars in one folder would be read as one table."""
    (tmp_path / "bars").mkdir()
    (tmp_path / "bars" / "older.parquet").touch()

    notebook.fetch(Buckets(job=1), BUCKETS, tmp_path)

    assert [file.name for file in (tmp_path / "bars").iterdir()] == ["part.parquet"]


def test_without_a_training_the_way_out_is_told(tmp_path):
    with pytest.raises(Refused, match="Train a model first"):
        notebook.fetch(Buckets(), BUCKETS, tmp_path)
