"""What the gateway is told at its start: one JSON file, read once, refused when it is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REQUIRED = ("port", "account_id", "region", "state_dir", "log_dir", "stack_id", "images")


@dataclass(frozen=True)
class Image:
    """What stands for a container image here: an interpreter, and the arguments that make it a model server."""

    python: str
    serve: tuple[str, ...] = ()


@dataclass(frozen=True)
class Airflow:
    """Where the local Airflow looks for DAGs and how often they are mirrored there, the address that GetEnvironment
    names, its users' passwords as JSON."""

    mirror_to: Path | None = None
    webserver_url: str | None = None
    password_file: Path | None = None
    mirror_every_seconds: float = 1.0


@dataclass(frozen=True)
class Builds:
    """What CodeBuild's builds find first on their PATH, and the folder that they unpack in."""

    workspace: Path
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spark:
    """What stands for the Spark of Glue and EMR Serverless: an interpreter that has pyspark, the program that makes its
    environment when a run wants it first, and the Java that the user named, if any."""

    python: str = ""
    make: tuple[str, ...] = ()
    java_home: str = ""


@dataclass(frozen=True)
class Config:
    """Everything that differs between two gateways."""

    port: int
    account_id: str
    region: str
    state_dir: Path
    log_dir: Path
    stack_id: str
    images: dict[str, Image]
    airflow: Airflow
    builds: Builds
    repositories: dict[str, Path] = field(default_factory=dict)  # bare ones, by the id that pipelines know: you/name
    spark: Spark = field(default_factory=Spark)
    first_executions: bool = True  # whether a pipeline runs once when it is created, as on AWS
    schedule_seconds: float = 10.0  # between two looks at the schedules of EventBridge Scheduler

    @property
    def url(self) -> str:
        """The address of the gateway; an IP, because SDKs look up `<bucket>.localhost` when given a name."""
        return f"http://127.0.0.1:{self.port}"


def read(path: Path) -> Config:
    """Read the file that `--config` names; a missing or mistaken key is told with its name."""
    try:
        given = json.loads(path.read_text())
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read ({error.strerror}); --config names the gateway's JSON file."
        ) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}. Write it anew, for instance by `make up`.") from error
    missing = [key for key in REQUIRED if key not in given]
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}; it needs {', '.join(REQUIRED)}.")
    return Config(
        port=int(given["port"]),
        account_id=str(given["account_id"]),
        region=str(given["region"]),
        state_dir=Path(given["state_dir"]).resolve(),
        log_dir=Path(given["log_dir"]).resolve(),
        stack_id=str(given["stack_id"]),
        images={uri: _image(uri, image) for uri, image in given["images"].items()},
        airflow=_airflow(given.get("airflow") or {}),
        repositories={name: Path(path).resolve() for name, path in (given.get("repositories") or {}).items()},
        first_executions=bool(given.get("first_executions", True)),
        schedule_seconds=float(given.get("schedule_seconds") or 10.0),
        builds=_builds(given.get("builds") or {}, Path(given["state_dir"]).resolve()),
        spark=_spark(given.get("spark") or {}),
    )


def _image(uri: str, given: dict[str, Any]) -> Image:
    if not given.get("python"):
        raise ValueError(f"The image {uri} names no `python`; give the interpreter that stands for it.")
    return Image(str(given["python"]), tuple(str(argument) for argument in given.get("serve") or ()))


def _airflow(given: dict[str, Any]) -> Airflow:
    mirror_to, password_file = (
        Path(given[key]).resolve() if given.get(key) else None for key in ("mirror_to", "password_file")
    )
    return Airflow(
        mirror_to, given.get("webserver_url"), password_file, float(given.get("mirror_every_seconds") or 1.0)
    )


def _builds(given: dict[str, Any], state_dir: Path) -> Builds:
    workspace = Path(given.get("workspace") or state_dir / "builds").resolve()
    return Builds(workspace, tuple(str(folder) for folder in given.get("path") or ()))


def _spark(given: dict[str, Any]) -> Spark:
    make = tuple(str(argument) for argument in given.get("make") or ())
    return Spark(str(given.get("python") or ""), make, str(given.get("java_home") or ""))
