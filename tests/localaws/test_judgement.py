"""A candidate that was refused ends its run green; `make train` has to say so."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from localaws import judgement

RULES = [
    {"rule": "point_error", "horizon": 1, "value": 1.2, "limit": 1.01, "passed": False},
    {"rule": "coverage", "horizon": 5, "value": 0.8, "limit": [0.78, 0.82], "passed": True},
    {"rule": "latency", "horizon": None, "value": None, "limit": 2.0, "passed": False},
]


class Bucket:
    """A bucket with two evaluations, the newer one first in the alphabet, and other files beside them."""

    def __init__(self, **versions: datetime) -> None:
        self.versions = versions

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        found = [
            {"Key": f"evaluation/{name}/evaluation.json", "LastModified": at} for name, at in self.versions.items()
        ]
        later = {"Key": "evaluation/z/origins.parquet", "LastModified": datetime(2026, 9, 9, tzinfo=UTC)}
        return [{"Contents": [*found, later]} if found else {}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        name = Key.split("/")[1]
        return {"Body": io.BytesIO(json.dumps({"model_version": name, "verdict": {"promote": True}}).encode())}


def test_the_newest_evaluation_counts() -> None:
    """An older one would tell of another model."""
    bucket = Bucket(a=datetime(2026, 3, 2, tzinfo=UTC), b=datetime(2026, 3, 1, tzinfo=UTC))

    assert judgement.newest(bucket, "models")["model_version"] == "a"


def test_a_bucket_without_an_evaluation_says_what_writes_one() -> None:
    with pytest.raises(KeyError, match="a training run writes one"):
        judgement.newest(Bucket(), "models")


def test_a_refusal_names_the_failed_rules_and_only_those() -> None:
    told = judgement.lines({"model_version": "m7", "verdict": {"promote": False, "rules": RULES}})

    assert told[0].startswith("m7 was refused")
    assert told[1:] == ["  point_error at 1 days: 1.2, limit 1.01", "  latency: None, limit 2.0"]


def test_a_model_that_passed_is_said_to_have_passed() -> None:
    assert judgement.lines({"model_version": "m7", "verdict": {"promote": True, "rules": RULES[1:2]}}) == [
        "m7 passed the gate"
    ]
