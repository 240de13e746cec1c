"""Terraform itself judges: formatted, valid without credentials, and every module's own tests.

The commands run in a copy with one provider for all; no test needs an account or a network. Each Terraform process
first reads the provider's schema, which takes three seconds: so one process serves as many test files as it can.
"""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.terraform.conftest import TEST_FILE, FileResult, Workbench

pytestmark = pytest.mark.timeout(900)
in_platform = pytest.mark.xdist_group("terraform-platform")  # these share a workbench
in_modules = pytest.mark.xdist_group("terraform-modules")

ROOT = Path(__file__).resolve().parents[2]
LOCK = "terraform/platform/.terraform.lock.hcl"
MODULES = sorted(path.parent.name for path in ROOT.glob("modules/*/main.tf"))
ENVIRONMENTS = sorted(path.parent.name for path in ROOT.glob("envs/*/platform.tfvars"))
RUN = re.compile(r'^run "\w+" \{$', re.MULTILINE)


@pytest.mark.parametrize("folder", ["envs", "modules", "terraform"])
@pytest.mark.integration
@in_platform
def test_every_file_is_formatted(workbench: Workbench, folder: str) -> None:
    """A reviewer should see what changed, not how somebody's editor indents."""
    sources = replace(workbench, root=ROOT)  # other tests write files of their own into the copy
    checked = sources.run(folder, "fmt", "-check", "-recursive")

    assert checked.returncode == 0, f"`make format` would change: {checked.stdout}"


@pytest.mark.integration
@in_platform
def test_a_badly_formatted_file_is_noticed(workbench: Workbench) -> None:
    """The check must fail on what it is for."""
    folder = workbench.root / "unformatted"
    folder.mkdir()
    (folder / "main.tf").write_text("locals {\na=1\n}\n")

    assert workbench.run("unformatted", "fmt", "-check", "-recursive").returncode == 3


@pytest.mark.integration
@in_platform
def test_the_platform_is_valid_without_credentials(mocked: Workbench) -> None:
    """A contributor without an account must learn of a mistake before the one with the account does."""
    judged = mocked.run("terraform/platform", "validate")

    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.integration
@in_platform
def test_an_argument_that_a_module_lacks_is_noticed(mocked: Workbench) -> None:
    """Validation reaches through the root into the modules."""
    root = mocked.root / "terraform/broken"
    shutil.copytree(mocked.root / "terraform/platform", root, symlinks=True)
    with (root / "main.tf").open("a") as main:
        main.write('module "again" {\n  source = "../../modules/lake"\n  colour = "red"\n}\n')

    judged = mocked.run("terraform/broken", "get"), mocked.run("terraform/broken", "validate")

    assert judged[1].returncode == 1
    assert 'An argument named "colour" is not expected here' in judged[1].stderr


@pytest.mark.integration
@in_platform
def test_the_lock_file_verifies_the_provider_and_is_left_as_it_is(workbench: Workbench) -> None:
    """A lock file that init has to change locks nothing; `zh:` hashes cover every platform of the registry."""
    committed = (ROOT / LOCK).read_text()

    assert (workbench.root / LOCK).read_text() == committed
    assert committed.count('"zh:') >= 10
    assert 'version     = "5.100.0"' in committed


@pytest.fixture(scope="session")
def values_results(mocked: Workbench, build_folder: Path) -> dict[str, FileResult]:
    """Result of the platform's own tests with each environment's values, all run by one `terraform test`."""
    tests = mocked.root / "terraform/platform/values"
    tests.mkdir()
    runs = (mocked.root / f"terraform/platform/tests/values{TEST_FILE}").read_text()
    for environment in ENVIRONMENTS:
        values = (mocked.root / f"envs/{environment}/platform.tfvars").read_text()
        (tests / f"{environment}{TEST_FILE}").write_text(f"variables {{\n{values}}}\n{runs}")
    return mocked.test_files("terraform/platform", tests.name)


@pytest.mark.extended
@pytest.mark.parametrize("environment", ENVIRONMENTS)
@in_platform
def test_the_platform_plans_with_an_environments_values(
    values_results: dict[str, FileResult], environment: str
) -> None:
    """A value that a validation refuses, or a setting left empty, shows here and not in a pipeline on AWS."""
    result = values_results[environment]

    assert result.has_passed, str(result)
    assert result.n_passed == len(RUN.findall((ROOT / f"terraform/platform/tests/values{TEST_FILE}").read_text()))


@pytest.fixture(scope="session")
def module_results(mocked: Workbench) -> dict[str, FileResult]:
    """Result of each module's tests, all run by one `terraform test`, which reads the provider's schema once.

    They run in a root of their own, in which each `run` block names its module. Files are named from their module.
    """
    tests = mocked.root / "terraform/modules/tests"
    tests.mkdir(parents=True)
    (tests.parent / "main.tf").touch()
    for module in MODULES:
        [file] = mocked.root.glob(f"modules/{module}/tests/*{TEST_FILE}")
        (tests / f"{module}{TEST_FILE}").write_text(name_module(file.read_text(), module))
    return mocked.test_files("terraform/modules", "tests")


def name_module(text: str, module: str) -> str:
    """A module's test file, to be run from a root beside the others."""
    folder = f"../../modules/{module}"
    return RUN.sub(rf'\g<0>\n  module {{ source = "{folder}" }}', text).replace('"tests/', f'"{folder}/tests/')


@pytest.mark.extended
@in_modules
@pytest.mark.parametrize("module", MODULES)
def test_a_modules_own_tests_pass(module_results: dict[str, FileResult], module: str) -> None:
    """Names, grants and refusals of one module, against a mocked provider."""
    result = module_results[module]

    assert result.has_passed, str(result)
    assert result.n_passed == len(RUN.findall((ROOT / f"modules/{module}/tests/{module}{TEST_FILE}").read_text()))


@pytest.mark.extended
@in_modules
@pytest.mark.parametrize("root", ["bootstrap", "delivery"])
def test_a_roots_own_tests_pass(mocked: Workbench, root: str) -> None:
    """State for everybody, or a build that takes another environment's role, must show before an account has it."""
    judged = mocked.test(f"terraform/{root}")

    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.integration
@in_platform
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
    beside_others = workbench.root / f"terraform/weakened/tests/weakened{TEST_FILE}"
    beside_others.parent.mkdir(parents=True)
    (beside_others.parents[1] / "main.tf").touch()
    beside_others.write_text(name_module((module / "tests/name.tftest.hcl").read_text(), "weakened"))
    result = workbench.test_files("terraform/weakened", "tests")["weakened"]

    assert judged[1].returncode == 1
    assert 'run "an_empty_name_is_refused"... fail' in judged[1].stdout
    assert (result.has_passed, result.n_passed) == (False, 0), result
    assert 'run "an_empty_name_is_refused": Missing expected failure' in str(result)
