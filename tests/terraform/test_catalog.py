"""The catalog's tables and the files they read: Athena answers null for a column that is misspelt."""

from pathlib import Path
from types import NoneType
from typing import get_args, get_origin, get_type_hints

import pytest
from tests.terraform import hcl

from stockcast.contracts.records import GoldRecord
from stockcast.transform.table import SCHEMA

CATALOG = Path(__file__).resolve().parents[2] / "modules/transform/catalog.tf"
HIVE = {str: {"string", "date"}, int: {"int"}, float: {"double"}, bool: {"boolean"}}


def columns(table: str) -> dict[str, str]:
    (found,) = [body for _, body in hcl.blocks(hcl.load(CATALOG), "locals")]
    return dict(found[f"_{table}_columns"])


def unlike(declared: dict[str, str], fields: dict[str, type]) -> list[str]:
    """Columns that one side lacks, and those whose type cannot hold the field."""
    faults = [f"{name} is on one side only" for name in sorted(declared.keys() ^ fields.keys())]
    for name in sorted(declared.keys() & fields.keys()):
        kinds = [kind for kind in (get_args(fields[name]) or (fields[name],)) if kind is not NoneType]
        kind = str if get_origin(fields[name]) is not None and isinstance(kinds[0], str) else kinds[0]
        if declared[name] not in HIVE[kind]:
            faults.append(f"{name} is a {declared[name]} in the table and a {kind.__name__} in gold")
    return faults


def test_the_forecast_table_has_the_columns_of_a_gold_record() -> None:
    """A field that the function adds must not be missing where people ask with SQL."""
    assert unlike(columns("forecast"), get_type_hints(GoldRecord)) == []


def test_the_feature_table_has_the_columns_of_the_transform_in_their_order() -> None:
    """Parquet is read by name, but whoever writes SQL looks at the catalog."""
    kinds = {"String": "string", "Date": "date", "Float64": "double"}

    assert list(columns("feature").items()) == [(name, kinds[str(kind)]) for name, kind in SCHEMA.items()]


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"symbol": "string"}, "median is on one side only"),
        ({"symbol": "string", "median": "string"}, "median is a string in the table and a float in gold"),
    ],
)
def test_a_missing_and_a_mistaken_column_are_noticed(declared: dict[str, str], told: str) -> None:
    """The comparison has to see both."""
    assert unlike(declared, {"symbol": str, "median": float}) == [told]
