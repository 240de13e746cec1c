"""Terraform itself judges: formatted, valid without credentials, and every module's own tests.

The commands run in a copy with one provider for all; no test needs an account or a network.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.terraform.conftest import Workbench

ROOT = Path(__file__).resolve().parents[2]
LOCK = "terraform/platform/.terraform.lock.hcl"
MODULES = sorted(path.parent.name for path in ROOT.glob("modules/*/main.tf"))
ENVIRONMENTS = sorted(path.parent.name for path in ROOT.glob("envs/*/platform.tfvars"))


def plan_platform(mocked: Workbench, build: Path, environment: str, tests: str) -> subprocess.CompletedProcess[str]:
    """The root's own tests of one kind, with an environment's values and a toy build."""
    values = f"-var-file=../../envs/{environment}/platform.tfvars"
    kind = f"-filter=tests/{tests}.tftest.hcl"
    return mocked.test("terraform/platform", kind, values, f"-var=build_folder={build}")


@pytest.mark.parametrize("folder", ["envs", "modules", "terraform"])
def test_every_file_is_formatted(workbench: Workbench, folder: str) -> None:
    """A reviewer should see what changed, not how somebody's editor indents."""
    checked = workbench.run(folder, "fmt", "-check", "-recursive")

    assert checked.returncode == 0, f"`make format` would change: {checked.stdout}"


def test_a_badly_formatted_file_is_noticed(workbench: Workbench) -> None:
    """The check must fail on what it is for."""
    folder = workbench.root / "unformatted"
    folder.mkdir()
    (folder / "main.tf").write_text("locals {\na=1\n}\n")

    assert workbench.run("unformatted", "fmt", "-check", "-recursive").returncode == 3


def test_the_platform_is_valid_without_credentials(workbench: Workbench) -> None:
    """A contributor without an account must learn of a mistake before the one with the account does."""
    judged = workbench.run("terraform/platform", "validate")

    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_an_argument_that_a_module_lacks_is_noticed(workbench: Workbench) -> None:
    """Validation reaches through the root into the modules."""
    root = workbench.root / "terraform/broken"
    shutil.copytree(workbench.root / "terraform/platform", root, symlinks=True)
    with (root / "main.tf").open("a") as main:
        main.write('module "again" {\n  source = "../../modules/lake"\n  colour = "red"\n}\n')

    judged = workbench.run("terraform/broken", "get"), workbench.run("terraform/broken", "validate")

    assert judged[1].returncode == 1
    assert 'An argument named "colour" is not expected here' in judged[1].stderr


def test_the_lock_file_verifies_the_provider_and_is_left_as_it_is(workbench: Workbench) -> None:
    """A lock file that init has to change locks nothing; `zh:` hashes cover every platform of the registry."""
    committed = (ROOT / LOCK).read_text()

    assert (workbench.root / LOCK).read_text() == committed
    assert committed.count('"zh:') >= 10
    assert 'version     = "5.100.0"' in committed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_platform_plans_with_an_environments_values(
    mocked: Workbench, build_folder: Path, environment: str
) -> None:
    """A value that a validation refuses, or a setting left empty, shows here and not in a pipeline on AWS."""
    judged = plan_platform(mocked, build_folder, environment, "values")

    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.parametrize("module", MODULES)
def test_a_modules_own_tests_pass(mocked: Workbench, module: str) -> None:
    """Names, grants and refusals of one module, against a mocked provider."""
    judged = mocked.test(f"modules/{module}")

    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.parametrize("root", ["bootstrap", "delivery"])
def test_a_roots_own_tests_pass(mocked: Workbench, root: str) -> None:
    """State for everybody, or a build that takes another environment's role, must show before an account has it."""
    judged = mocked.test(f"terraform/{root}")

    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_a_refusal_that_no_longer_refuses_is_noticed(workbench: Workbench) -> None:
    """A validation that somebody weakened must turn its test red."""
    module = workbench.root / "modules/weakened"
    (module / "tests").mkdir(parents=True)
    (module / "main.tf").write_text('variable "name" {\n  type = string\n}\n')
    (module / "tests/name.tftest.hcl").write_text(
        'run "an_empty_name_is_refused" {\n  command = plan\n  variables {\n    name = ""\n  }\n'
        "  expect_failures = [var.name]\n}\n"
    )

    judged = workbench.run("modules/weakened", "init"), workbench.run("modules/weakened", "test")

    assert judged[1].returncode == 1
    assert 'run "an_empty_name_is_refused"... fail' in judged[1].stdout
