"""Packages: the same bytes every time, nothing missing, and nothing in them that Lambda could not run."""

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from shipping import package, wheels
from shipping.lambda_rules import PackageRefused, check_imports, check_size

SETTINGS = {
    "STOCKCAST_ALPHA_VANTAGE_BASE_URL": "http://127.0.0.1:4567",
    "STOCKCAST_ALPHA_VANTAGE_DAILY_BUDGET": "25",
    "STOCKCAST_ALPHA_VANTAGE_PLAN": "free",
    "STOCKCAST_BRONZE_BUCKET": "bronze",
    "STOCKCAST_ENDPOINT": "forecasts",
    "STOCKCAST_GOLD_BUCKET": "gold",
    "STOCKCAST_HISTORY_START": "2000-03-01",
    "STOCKCAST_MARKET_SECRET": "none",
    "STOCKCAST_SILVER_BUCKET": "silver",
    "STOCKCAST_SOURCES": "yahoo",
    "STOCKCAST_SOURCE_BASE_URL": "http://127.0.0.1:4567",
    "STOCKCAST_STOOQ_BASE_URL": "http://127.0.0.1:4567",
    "STOCKCAST_SYMBOLS": "AAPL",
}
CLONE = {
    "lambda/ingest/handler.py": "import boto3\nimport store\nfrom stockcast.sources import yahoo\n",
    "lambda/ingest/store.py": "import json\n",
    "lambda/ingest/__pycache__/store.cpython-312.pyc": "stale",
    "src/stockcast/__init__.py": "",
    "src/stockcast/contracts/__init__.py": "",
    "src/stockcast/contracts/keys.py": "import re\n",
    "src/stockcast/sources/__init__.py": "NAMES = ('yahoo',)\n",
    "src/stockcast/sources/yahoo.py": "from . import http\nfrom stockcast.contracts import keys\n",
    "src/stockcast/sources/http.py": "import urllib.request\n",
    "src/stockcast/features/frame.py": "import polars\n",
    "src/stockcast/.hidden": "editor's",
    "serving/Dockerfile": "FROM python:3.12-slim\nCOPY serving/server.py ./\nCOPY src/stockcast stockcast\n",
    "serving/server.py": "import http.server\n",
    "training/Dockerfile": "FROM python:3.12-slim\nCOPY training/requirements.txt /tmp/requirements.txt\n",
    "training/train.py": "import tensorflow\n",
    "training/requirements.txt": "polars==2.1.0\n",
    "training/README.md": "for people",
    "training/annotations/labels.csv": "symbol,date,kind,value,note,author\n",
    "training/annotations/notes.txt": "for people too",
    "training/__pycache__/train.cpython-312.pyc": "stale",
}


def write_clone(root: Path, files: dict[str, str]) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return root


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The smallest clone that can be packaged."""
    return write_clone(tmp_path / "clone", CLONE)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_two_builds_of_two_clones_are_equal_to_the_byte(clone: Path, tmp_path: Path) -> None:
    """A zip that differs by a timestamp is a deployment in every plan, and hides the real one."""
    package.build(clone, tmp_path / "one")
    other = Path(shutil.copytree(clone, tmp_path / "elsewhere" / "clone"))
    for path in other.rglob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)

    package.build(other, tmp_path / "two")

    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_zip_holds_the_folder_at_its_root_and_our_light_packages(clone: Path, tmp_path: Path) -> None:
    """Lambda looks for handler.handler at the root; features would bring polars."""
    package.build(clone, tmp_path)

    with zipfile.ZipFile(tmp_path / "ingest.zip") as built:
        assert built.namelist() == [
            "handler.py",
            "stockcast/__init__.py",
            "stockcast/contracts/__init__.py",
            "stockcast/contracts/keys.py",
            "stockcast/sources/__init__.py",
            "stockcast/sources/http.py",
            "stockcast/sources/yahoo.py",
            "store.py",
        ]
        assert {entry.external_attr >> 16 for entry in built.infolist()} == {0o644}  # else Lambda cannot read them
        assert {entry.date_time for entry in built.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_jobs_find_stockcast_beside_their_script_in_both_forms(clone: Path, tmp_path: Path) -> None:
    """Processing gets the folder, training the archive: the same job must run from either."""
    package.build(clone, tmp_path)

    folder = contents(tmp_path / "jobs" / "files")
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress((tmp_path / "jobs" / "source.tar.gz").read_bytes()))) as built:
        archive = {member.name: built.extractfile(member).read() for member in built.getmembers()}  # type: ignore[union-attr]
    assert folder == archive
    assert sorted(folder) == [
        "annotations/labels.csv",
        "requirements.txt",
        "stockcast/__init__.py",
        "stockcast/contracts/__init__.py",
        "stockcast/contracts/keys.py",
        "stockcast/features/frame.py",
        "stockcast/sources/__init__.py",
        "stockcast/sources/http.py",
        "stockcast/sources/yahoo.py",
        "train.py",
    ]


def test_the_job_hash_follows_the_jobs_and_nothing_else(clone: Path, tmp_path: Path) -> None:
    """It names the folder in S3: a changed job under an old name would never run, an unchanged one under a new name
    would retrain for nothing."""
    first = package.build(clone, tmp_path)
    (clone / "lambda" / "ingest" / "store.py").write_text("import csv\n")
    after_lambda = package.build(clone, tmp_path)
    (clone / "training" / "train.py").write_text("import keras\n")
    after_job = package.build(clone, tmp_path)

    assert len(first["job_code_hash"]) == 12
    assert after_lambda["job_code_hash"] == first["job_code_hash"]
    assert after_lambda["zips"]["ingest.zip"] != first["zips"]["ingest.zip"]
    assert after_job["job_code_hash"] != first["job_code_hash"]
    assert after_job["zips"] == after_lambda["zips"]
    assert json.loads((tmp_path / "manifest.json").read_text()) == after_job


def test_moving_text_between_two_files_changes_the_hash() -> None:
    """Concatenating contents alone would not see it."""
    assert package.fingerprint({"a.py": b"xy", "b.py": b""}) != package.fingerprint({"a.py": b"x", "b.py": b"y"})


def test_a_script_that_was_deleted_leaves_the_build(clone: Path, tmp_path: Path) -> None:
    """A job that imports what no longer exists in git works here and nowhere else."""
    (clone / "training" / "old.py").write_text("")
    package.build(clone, tmp_path)
    (clone / "training" / "old.py").unlink()

    package.build(clone, tmp_path)

    assert not (tmp_path / "jobs" / "files" / "old.py").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import pandas", "handler.py:1 imports pandas"),
        ("import airflow.models", "handler.py:1 imports airflow.models"),
        ("def handler(event, context):\n    import tensorflow as tf", "handler.py:2 imports tensorflow"),
        ("from stockcast.features import frame", "handler.py:1 imports stockcast.features.frame"),
        ("from stockcast import features", "handler.py:1 imports stockcast.features"),
        ("import stockcast.models", "handler.py:1 imports stockcast.models"),
        ("from stockcast.sources import stooq", "handler.py:1 imports stockcast.sources.stooq"),
        ("import forecast", "handler.py:1 imports forecast"),
        ("try:\n    import orjson\nexcept ImportError:\n    orjson = None", "handler.py:2 imports orjson"),
    ],
)
def test_an_import_that_lambda_cannot_satisfy_is_refused(clone: Path, tmp_path: Path, line: str, told: str) -> None:
    """It works on every developer's machine and fails at the first event in the account."""
    (clone / "lambda" / "ingest" / "handler.py").write_text(line + "\n")

    with pytest.raises(PackageRefused) as refusal:
        package.build(clone, tmp_path)

    assert str(refusal.value).startswith(f"ingest.zip: {told}; a function may import the standard library, boto3")


@pytest.mark.parametrize(
    "line",
    [
        "import botocore.exceptions",
        "from boto3.session import Session",
        "from xml.etree import ElementTree",
        "import store as shop",
        "from stockcast.sources import NAMES",
        "from stockcast.contracts.keys import re",
    ],
)
def test_an_import_that_lambda_can_satisfy_passes(clone: Path, tmp_path: Path, line: str) -> None:
    """A gate that refuses good code is soon switched off."""
    (clone / "lambda" / "ingest" / "handler.py").write_text(line + "\n")

    assert "ingest.zip" in package.build(clone, tmp_path)["zips"]


def test_all_bad_imports_are_named_at_once() -> None:
    """One per build would be a long afternoon."""
    files = {"handler.py": b"import numpy", "stockcast/contracts/bars.py": b"import pydantic"}

    with pytest.raises(PackageRefused, match=r"imports numpy; stockcast/contracts/bars.py:1 imports pydantic"):
        check_imports("ingest", files)


def test_a_function_over_lambdas_limit_is_refused() -> None:
    """Lambda would refuse it too, but in the middle of an apply."""
    files = {"handler.py": b"x" * 10, "data.bin": b"x" * 91}

    check_size("ingest", files, largest_bytes=101)
    with pytest.raises(PackageRefused, match=r"unpacks to 101 bytes; Lambda allows 100.*data\.bin with 91 bytes"):
        check_size("ingest", files, largest_bytes=100)


def test_a_refused_build_leaves_the_last_good_one(clone: Path, tmp_path: Path) -> None:
    """Half a build would be deployed by the next apply."""
    package.build(clone, tmp_path / "build")
    good = contents(tmp_path / "build")
    (clone / "training" / "train.py").write_text("changed\n")
    (clone / "lambda" / "ingest" / "handler.py").write_text("import pandas\n")

    with pytest.raises(PackageRefused):
        package.build(clone, tmp_path / "build")

    assert contents(tmp_path / "build") == good


def test_an_unchanged_zip_is_not_touched(clone: Path, tmp_path: Path) -> None:
    """Tools that look at times would deploy it again."""
    package.build(clone, tmp_path)
    os.utime(tmp_path / "ingest.zip", (1, 1))

    package.build(clone, tmp_path)

    assert (tmp_path / "ingest.zip").stat().st_mtime == 1


def test_unchanged_job_files_are_not_touched(clone: Path, tmp_path: Path) -> None:
    """Two plans at once may read them; a folder that vanishes for a moment fails the other plan."""
    package.build(clone, tmp_path / "build")
    before = (tmp_path / "build/jobs/files").stat().st_ino

    package.build(clone, tmp_path / "build")

    assert (tmp_path / "build/jobs/files").stat().st_ino == before


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ("lambda/ingest/handler.py", "lambda/ingest has no handler.py"),
        ("lambda", "lambda holds no folder"),
        ("training", "training does not exist"),
        ("src/stockcast/sources", "sources does not exist"),
    ],
)
def test_an_incomplete_clone_ends_in_one_line(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lost: str, told: str
) -> None:
    """`make up` shows this line and stops before Terraform."""
    path = clone / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()

    assert package.main(["--root", str(clone), "--out", str(tmp_path / "build")]) == 1

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert told in said
    assert not (tmp_path / "build").exists()


def test_the_command_prints_its_manifest(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The pipelines read it."""
    assert package.main(["--root", str(clone)]) == 0

    assert json.loads(capsys.readouterr().out) == json.loads((clone / "build" / "manifest.json").read_text())


@pytest.mark.integration
def test_the_transform_starts_from_its_zip_alone_with_the_polars_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel of another platform or Python, or one forgotten, would be found out by the first event in the account."""
    monkeypatch.setenv(wheels.FOR_HERE, "1")
    package.build(package.ROOT, tmp_path / "build")
    with zipfile.ZipFile(tmp_path / "build" / "transform.zip") as built:
        built.extractall(tmp_path / "task")  # noqa: S202  (made a line before)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import polars\n"
        "from stockcast.features.fingerprint import feature_version\n"
        "from stockcast.transform.table import SCHEMA, feature_table\n"
        "print(polars.__file__, feature_table(polars.DataFrame(schema=SCHEMA | dict.fromkeys(\n"
        "    ('open', 'high', 'low', 'close', 'volume'), polars.Float64()))).width, len(feature_version()))"
    )

    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path / "task")],  # -S: nothing that is installed here
        cwd=tmp_path,
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.stderr == ""
    assert run.stdout == f"{tmp_path}/task/polars/__init__.py 19 16\n"


@pytest.mark.integration
def test_a_function_gets_the_libraries_it_names_and_no_other_does(clone: Path, tmp_path: Path) -> None:
    """Polars in every zip would make three functions slow to start for the sake of one."""
    write_clone(clone, {"lambda/ingest/requirements.txt": "# a comment\nsix\n"})
    write_clone(clone, {"lambda/other/handler.py": "import json\n", "lambda/ingest/handler.py": "import six\n"})

    package.build(clone, tmp_path)

    names = {name: zipfile.ZipFile(tmp_path / f"{name}.zip").namelist() for name in ("ingest", "other")}
    assert "six.py" in names["ingest"]
    assert not [name for name in names["ingest"] if name.endswith(("RECORD", "INSTALLER", ".pyc"))]
    assert "six.py" not in names["other"]


def test_a_library_that_is_not_locked_is_refused(clone: Path, tmp_path: Path) -> None:
    """Its version would be another one every week."""
    write_clone(clone, {"lambda/ingest/requirements.txt": "left-pad\n"})

    with pytest.raises(PackageRefused, match=r"left-pad is not in uv\.lock's group spark"):
        package.build(clone, tmp_path)


def test_spark_gets_stockcast_as_one_zip(clone: Path, tmp_path: Path) -> None:
    """--extra-py-files and --py-files take a zip with the package at its root."""
    package.build(clone, tmp_path)

    with zipfile.ZipFile(tmp_path / "stockcast.zip") as built:
        assert "stockcast/features/frame.py" in built.namelist()
        assert {name.split("/")[0] for name in built.namelist()} == {"stockcast"}


@pytest.mark.integration
@pytest.mark.parametrize(("engine", "made"), [("emr_serverless", True), ("lambda", False)])
def test_spark_s_libraries_are_packed_where_an_environment_needs_them(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, made: bool
) -> None:
    """They are 300 MB, which nobody shall wait for in vain."""
    write_clone(clone, {"envs/dev/platform.tfvars": f'transform = {{ engine = "{engine}" }}\n'})
    monkeypatch.setattr(package.wheels, "all_but", lambda *_: ["six"])

    manifest = package.build(clone, tmp_path)

    assert ("spark-libraries.tar.gz" in manifest["zips"]) is made
    if made:
        with tarfile.open(tmp_path / "spark-libraries.tar.gz") as built:
            assert "six.py" in built.getnames()


@pytest.mark.integration
@pytest.mark.parametrize("function", ["forecast", "ingest"])
def test_each_real_function_starts_from_its_zip_alone(function: str, tmp_path: Path) -> None:
    """Lambda's workers here see more than Lambda does; an interpreter that sees the zip and boto3 only does not."""
    files = package.lambda_files(package.ROOT)[function]
    check_imports(function, files)
    built = tmp_path / f"{function}.zip"
    built.write_bytes(package.zip_bytes(files))
    see_zip = "import sys; sys.path.insert(0, sys.argv[1])"
    code = f"{see_zip}; import handler; print(handler.__file__, callable(handler.handler))"
    environment = SETTINGS | {"AWS_DEFAULT_REGION": "us-east-1", "HOME": str(tmp_path)}

    run = subprocess.run(
        [sys.executable, "-I", "-c", code, str(built)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.stderr == ""
    assert run.stdout == f"{built}/handler.py True\n"
