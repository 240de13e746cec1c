"""What each room of the repository may never import, and how to see what a file imports."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("localaws", "shipping", "stockcast", "training", "serving")


@dataclass(frozen=True)
class Room:
    """Files below the repository's root, and the modules none of them may import, by dotted prefix."""

    pattern: str
    never: tuple[str, ...]
    only: tuple[str, ...] = ()  # if given: nothing else outside the standard library


SCRIPTS = ("training", "ablate", "challengers", "track", "train", "transform_spark", "evaluate", "build_silver")
NOT_SHIPPED = ("localaws", "ministack", "pytest", "_pytest")
PURE = ("boto3", "botocore", "airflow", "pyspark", "tensorflow", "keras", "os", "pathlib", "io", "time", "tempfile")
ROOMS = (
    Room("dags/**/*.py", ("tensorflow", "keras", "pandas", "numpy", "polars", "sagemaker", "stockcast", *NOT_SHIPPED)),
    Room("lambda/**/*.py", ("airflow", "tensorflow", "keras", "ingest", "forecast", "transform", *NOT_SHIPPED)),
    Room("src/stockcast/contracts/*.py", NOT_SHIPPED, only=("stockcast.contracts",)),
    Room("src/stockcast/sources/*.py", NOT_SHIPPED, only=("stockcast.contracts", "stockcast.sources")),
    Room("src/stockcast/features/*.py", (*PURE, *NOT_SHIPPED)),
    Room("src/stockcast/evaluation/*.py", (*PURE, *NOT_SHIPPED)),
    Room("src/stockcast/**/*.py", ("airflow", "boto3", "shipping", *NOT_SHIPPED)),
    Room("training/*.py", ("airflow", "boto3", "botocore", *SCRIPTS, *NOT_SHIPPED)),
    Room("training/entry/*.py", ("stockcast", *SCRIPTS, *NOT_SHIPPED), only=("boto3", "botocore")),
    Room("serving/*.py", ("tensorflow", "keras", "airflow", "boto3", *NOT_SHIPPED)),
    Room("src/shipping/**/*.py", ("airflow", *NOT_SHIPPED)),
    Room("src/inside_airflow/*.py", ("shipping", *NOT_SHIPPED), only=("airflow",)),
)
# A library room may use those to its left.
ORDER = (
    "contracts",
    "sources",
    "cleaning",
    "sentiment",
    "features",
    "transform",
    "models",
    "evaluation",
    "forecasting",
    "tracking",
)
PURE_ROOMS = ("src/stockcast/features", "src/stockcast/evaluation")
IMPURE_CALLS = ("open", "now", "today", "utcnow", "getenv")  # files, the clock, the environment: as name or attribute


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a source imports, wherever in the file it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def calls(source: str) -> Iterator[tuple[int, str]]:
    """Line and last name of every call in a source: `date.today()` is `today`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield node.lineno, name


def begins_with(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)
