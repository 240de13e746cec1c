"""A workbench: all Terraform copied to a folder of its own, initialised once, without credentials.

`terraform init`, `get` and `test` leave folders and lock files behind; in the copy they disturb nobody. The provider
is verified and unpacked once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.shipping.shared_provider import FEWER_COLLECTIONS, shared_provider

from shipping import package, terraform
from shipping.terraform_release import terraform as find_terraform

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("dags", "envs", "modules", "terraform")  # modules/airflow reads requirements and constraints of dags/
TEST_FILE = ".tftest.hcl"
LEFTOVERS = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfplan", ".venv", "__pycache__")


@dataclass(frozen=True)
class FileResult:
    """What `terraform test` says of one file: its status, how many runs passed, and its errors with the run's name."""

    status: str
    n_passed: int
    errors: tuple[str, ...]
    stderr: str

    @property
    def has_passed(self) -> bool:
        return self.status == "pass" and not self.errors

    def __str__(self) -> str:
        return "\n".join([self.status, *self.errors, self.stderr])


def build_file_result(name: str, events: list[dict[str, Any]], stderr: str) -> FileResult:
    """Of one file. An error outside of any file, such as a file that cannot be parsed, counts as one of every file."""
    own = [e for e in events if "@testfile" not in e or Path(e["@testfile"]).name == f"{name}{TEST_FILE}"]
    files = [e["test_file"] for e in own if e["type"] == "test_file"]
    runs = [e["test_run"] for e in own if e["type"] == "test_run"]
    errors = [e for e in own if e["type"] == "diagnostic" and e["diagnostic"]["severity"] == "error"]
    return FileResult(
        status=next((file["status"] for file in files if file["progress"] == "complete"), "missing"),
        n_passed=sum(run["progress"] == "complete" and run["status"] == "pass" for run in runs),
        errors=tuple(describe_error(event) for event in errors),
        stderr=stderr,
    )


def describe_error(event: dict[str, Any]) -> str:
    """`run "NAME": SUMMARY: DETAIL` of a diagnostic."""
    found = event["diagnostic"]
    where = f'run "{event["@testrun"]}": ' if "@testrun" in event else ""
    return f"{where}{found['summary']}: {found.get('detail', '')}"


@dataclass(frozen=True)
class Workbench:
    """Terraform over the copy in `root`."""

    root: Path
    environ: dict[str, str]

    def run(self, folder: str, *args: str) -> subprocess.CompletedProcess[str]:
        """`terraform ARGS -no-color` in a folder of the copy; stdout and stderr as they came."""
        command = [str(find_terraform()), f"-chdir={self.root / folder}", *args, "-no-color"]
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=900, check=False)

    def test(self, folder: str, *args: str, directory: str = "tests") -> subprocess.CompletedProcess[str]:
        """`terraform test` in a folder of the copy, with the test files of `directory`."""
        self.get(folder, f"-test-directory={directory}")
        return self.run(folder, "test", f"-test-directory={directory}", *args)

    def get(self, folder: str, *args: str) -> None:
        """`terraform get` in a folder of the copy; must succeed."""
        got = self.run(folder, "get", *args)
        assert got.returncode == 0, got.stderr

    def test_files(self, folder: str, directory: str, *args: str) -> dict[str, FileResult]:
        """Result of each test file of `directory` by the file's name without suffixes, from one `terraform test`."""
        printed = self.test(folder, "-json", *args, directory=directory)
        names = [file.name.removesuffix(TEST_FILE) for file in (self.root / folder / directory).glob(f"*{TEST_FILE}")]
        events: list[dict[str, Any]] = [json.loads(line) for line in printed.stdout.splitlines()]
        return {name: build_file_result(name, events, printed.stderr) for name in names}


@pytest.fixture(scope="session")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    root = tmp_path_factory.mktemp("workbench")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, ignore=LEFTOVERS)
    bench = Workbench(root, environment_in(root / "home"))
    done = bench.run("terraform/platform", "init", "-backend=false", "-input=false", "-lockfile=readonly")
    assert done.returncode == 0, done.stdout + done.stderr
    return replace(bench, environ={**bench.environ, "TF_CLI_CONFIG_FILE": str(write_override(bench))})


def write_override(bench: Workbench) -> Path:
    """A CLI configuration that names the folder of the provider which `init` has verified.

    Else each command would hash the provider's 700 MB again, and each copy of a root would need an `init`.
    """
    folder = find_provider(bench).parent
    config = bench.root / "home/override.tfrc"
    config.write_text(
        "disable_checkpoint = true\nprovider_installation {\n"
        f'  dev_overrides {{ "registry.terraform.io/hashicorp/aws" = "{folder}" }}\n  direct {{}}\n}}\n'
    )
    return config


def find_provider(bench: Workbench) -> Path:
    [binary] = bench.root.glob("terraform/platform/.terraform/providers/*/hashicorp/aws/*/*/terraform-provider-aws_*")
    return binary.resolve()


@pytest.fixture(scope="session")
def mocked(workbench: Workbench) -> Iterator[Workbench]:
    """For tests with a mocked provider, which ask the real one for its schema and the validation of arguments alone.

    One process of it answers them all, as https://developer.hashicorp.com/terraform/plugin/debugging tells. Not for
    plans: whoever configures it does so for everybody.
    """
    with shared_provider(workbench.root / "terraform/platform/.terraform", workbench.environ) as provider:
        yield replace(workbench, environ={**workbench.environ, **provider})


def environment_in(home: Path) -> dict[str, str]:
    """Terraform's environment as our commands make it, with neither credentials nor values from the shell."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_VAR_"))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STOCKCAST_HOME", str(home))
        environ = terraform.process_environment("test", outer)
    del environ["TF_DATA_DIR"]  # each folder its own
    # Terraform and the provider hold 80 MB of schemas; with Go's default, collecting garbage is much of the work.
    return {**FEWER_COLLECTIONS, **environ}


@pytest.fixture(scope="session")
def build_folder(workbench: Workbench) -> Path:
    """A build of toy sources, so that plans have something to upload."""
    folder = workbench.root / "build"
    sources = {"handler.py": b"def handler(event, context):\n    return event\n"}
    jobs = {"train.py": b"print('trained')\n", "stockcast/__init__.py": b""}
    for path, content in jobs.items():
        file = folder / "jobs/files" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (folder / "jobs/source.tar.gz").write_bytes(package.tar_gz_bytes(jobs))
    for name in ("forecast", "ingest", "stockcast", "transform"):
        (folder / f"{name}.zip").write_bytes(package.zip_bytes(sources))
    (folder / "spark-libraries.tar.gz").write_bytes(package.tar_gz_bytes({"six.py": b""}))
    manifest = {"image_tags": {"jobs": "0a1b2c", "serving": "3d4e5f"}, "job_code_hash": package.fingerprint(jobs)}
    manifest["libraries"] = {"polars": "2.1.0"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
