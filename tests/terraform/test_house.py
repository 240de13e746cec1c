"""What modules, roots and values may know, read from the HCL itself."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.terraform import hcl
from tests.terraform.house_rules import (
    Faults,
    calls_without_bounds,
    counts_beyond_one,
    decides_by_environment,
    is_ignored_without_reason,
    is_left_to_chance,
    is_out_of_order,
    is_untagged_or_unguarded,
    is_untold,
    keeps_choices_to_itself,
    knows_too_much,
    leaves_the_provider_s_next_version_behind,
    lock_faults,
    makes_roles_by_hand,
    makes_roles_without_bounds,
    promises_to_wait,
    refuses_in_riddles,
    uses_other_providers,
    versions,
)

from shipping import buildspec_rules

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.parent for path in ROOT.glob("modules/*/main.tf"))
MODULE_FILES = sorted(ROOT.glob("modules/*/*.tf"))
ROOTS = sorted({path.parent for path in ROOT.glob("terraform/*/*.tf")})
ROOT_FILES = sorted(ROOT.glob("terraform/*/*.tf"))
ROLE = ROOT / "modules/role"
DEPLOYER = ROOT / "modules/deployer"  # whoever sets boundaries stands outside of them; a person makes it

EVERYWHERE = [
    counts_beyond_one,
    is_left_to_chance,
    is_out_of_order,
    is_untold,
    keeps_choices_to_itself,
    leaves_the_provider_s_next_version_behind,
    promises_to_wait,
    refuses_in_riddles,
    uses_other_providers,
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def bounded_modules() -> set[str]:
    """Modules that take a boundary for the roles they make."""
    return {
        module.name
        for module in MODULES
        if any(labels == ("boundary_arn",) for labels, _ in hcl.blocks(hcl.load_folder(module), "variable"))
    }


@pytest.mark.parametrize("path", MODULE_FILES, ids=name)
def test_a_module_keeps_the_house_rules(path: Path) -> None:
    """A module that knows its environment cannot be trusted to do in production what it did here."""
    parsed = hcl.load(path)

    assert [fault for rule in [knows_too_much, *EVERYWHERE] for fault in rule(parsed)] == []


@pytest.mark.parametrize("path", ROOT_FILES, ids=name)
def test_a_root_keeps_the_house_rules(path: Path) -> None:
    """What only production does is what nobody has tried."""
    parsed = hcl.load(path)

    assert [fault for rule in [decides_by_environment, *EVERYWHERE] for fault in rule(parsed)] == []


@pytest.mark.parametrize(
    "folder", [*(module for module in MODULES if module not in (ROLE, DEPLOYER)), *ROOTS], ids=name
)
def test_roles_come_from_one_module_and_stay_within_bounds(folder: Path) -> None:
    """A role made beside modules/role has no boundary: with it, whoever can change Terraform can do anything."""
    parsed = hcl.load_folder(folder)
    faults = makes_roles_by_hand(parsed)
    faults += makes_roles_without_bounds(parsed) if folder in MODULES else []

    assert faults == []


@pytest.mark.parametrize("folder", ROOTS, ids=name)
def test_a_root_hands_the_boundary_to_whatever_makes_roles(folder: Path) -> None:
    """A boundary that one module was not told of bounds nothing."""
    assert calls_without_bounds(hcl.load_folder(folder), bounded_modules()) == []


@pytest.mark.parametrize("folder", ROOTS, ids=name)
def test_a_root_marks_what_it_makes_and_minds_the_account(folder: Path) -> None:
    """Untagged things are on the bill and in nobody's budget."""
    assert is_untagged_or_unguarded(hcl.load_folder(folder)) == []


def test_all_modules_and_all_roots_ask_for_the_same_versions() -> None:
    """Two ranges that do not meet are found out by whoever runs `init` next."""
    assert len({each for module in MODULES for each in versions(hcl.load_folder(module))}) == 1
    assert len({each for root in ROOTS for each in versions(hcl.load_folder(root))}) == 1
    assert all(len(versions(hcl.load_folder(folder))) == 1 for folder in [*MODULES, *ROOTS])


@pytest.mark.parametrize("folder", ROOTS, ids=name)
def test_a_root_locks_its_provider_for_every_platform(folder: Path) -> None:
    """A lock made on one machine only is refused on the next one, or silently replaced."""
    platform = hcl.load(ROOT / "terraform/platform/.terraform.lock.hcl")
    ((_, pinned),) = hcl.blocks(platform, "provider")

    assert lock_faults(hcl.load(folder / ".terraform.lock.hcl"), pinned["version"]) == []


def test_buildspecs_run_make_targets_alone() -> None:
    """Whoever deploys through a pipe has a pipeline that cannot turn red; tests/shipping has the bad ones."""
    assert buildspec_rules.main([]) == 0


@pytest.mark.parametrize("path", [*MODULE_FILES, *ROOT_FILES], ids=name)
def test_a_change_is_ignored_for_a_reason(path: Path) -> None:
    """Drift that Terraform was told not to see is seen by nobody."""
    assert is_ignored_without_reason(path.read_text()) == []


VARIABLE = """
variable "size" {{
  description = "{}"
  type        = string
  validation {{
    condition     = {}
    error_message = "{}"
  }}
}}
"""
SIZES = 'contains(["big", "small"], var.size)'
ROLE_CALL = 'module "role" {{\n  source = "../role"\n{}}}\n'


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (knows_too_much, 'provider "aws" {\n  region = "us-east-1"\n}\n'),
        (knows_too_much, 'terraform {\n  backend "s3" {}\n}\n'),
        (knows_too_much, "locals {\n  name = terraform.workspace\n}\n"),
        (knows_too_much, 'locals {\n  is_small = var.name_prefix == "stockcast-dev"\n}\n'),
        (knows_too_much, 'locals {\n  is_small = endswith(var.name_prefix, "-local")\n}\n'),
        (knows_too_much, 'resource "aws_vpc" "this" {\n  tags = { Note = "needed by ministack" }\n}\n'),
        (decides_by_environment, 'locals {\n  count = var.environment == "prod" ? 2 : 1\n}\n'),
        (decides_by_environment, "locals {\n  size = var.sizes[var.environment]\n}\n"),
        (
            uses_other_providers,
            'terraform {\n  required_providers {\n    random = { source = "hashicorp/random" }\n  }\n}\n',
        ),
        (uses_other_providers, 'resource "random_id" "this" {\n  byte_length = 4\n}\n'),
        (is_untold, 'variable "name" {\n  type = string\n}\n'),
        (is_untold, 'variable "rules" {\n  description = "Rules."\n  type = map(any)\n}\n'),
        (is_untold, 'output "name" {\n  value = 1\n}\n'),
        (is_out_of_order, 'output "b" {\n  value = 1\n}\noutput "a" {\n  value = 1\n}\n'),
        (is_left_to_chance, 'locals {\n  name = "stockcast-${uuid()}"\n}\n'),
        (is_left_to_chance, 'locals {\n  name = "stockcast-${plantimestamp()}"\n}\n'),
        (is_left_to_chance, 'resource "aws_s3_bucket" "this" {\n  bucket_prefix = "stockcast-"\n}\n'),
        (is_left_to_chance, 'resource "aws_security_group" "this" {\n  name_prefix = var.name_prefix\n}\n'),
        (leaves_the_provider_s_next_version_behind, "locals {\n  region = data.aws_region.current.name\n}\n"),
        (leaves_the_provider_s_next_version_behind, 'resource "aws_eip" "nat" {\n  vpc = true\n}\n'),
        (leaves_the_provider_s_next_version_behind, 'resource "aws_sns_topic" "this" {\n  region = "eu-west-1"\n}\n'),
        (counts_beyond_one, 'resource "aws_sns_topic" "this" {\n  count = length(var.topics)\n}\n'),
        (counts_beyond_one, 'module "topic" {\n  source = "../topic"\n  count = var.is_large ? 3 : 1\n}\n'),
        (refuses_in_riddles, VARIABLE.format("Size.", SIZES, "Invalid size.")),
        (refuses_in_riddles, VARIABLE.format("Size.", SIZES, "size must be big or small.")),
        (refuses_in_riddles, VARIABLE.format("Size.", SIZES, "size is ${var.size}.")),
        (
            refuses_in_riddles,
            VARIABLE.format("Size.", SIZES, "size is ${var.shape}; choose big or small."),
        ),
        (keeps_choices_to_itself, VARIABLE.format("Size.", SIZES, "size is ${var.size}; choose another.")),
        (keeps_choices_to_itself, VARIABLE.format("Either `big` or `tiny`.", SIZES, "size is not big or small.")),
        (keeps_choices_to_itself, 'variable "size" {\n  description = "`big` (costs more) or `small`."\n}\n'),
        (promises_to_wait, 'output "arn" {\n  description = "Known only once it is closed."\n  value = 1\n}\n'),
        (makes_roles_by_hand, 'resource "aws_iam_role" "this" {\n  name = "somebody"\n}\n'),
        (makes_roles_by_hand, 'resource "aws_iam_role_policy_attachment" "this" {\n  role = "somebody"\n}\n'),
        (makes_roles_by_hand, 'resource "aws_iam_access_key" "this" {\n  user = "somebody"\n}\n'),
        (makes_roles_without_bounds, ROLE_CALL.format('  trusted_services = ["lambda.amazonaws.com"]\n')),
        (
            makes_roles_without_bounds,
            ROLE_CALL.format('  boundary_arn = var.boundary_arn\n  trusted_services = ["glue.amazonaws.com"]\n'),
        ),
        (is_untagged_or_unguarded, 'locals {\n  name = "x"\n}\n'),
        (is_untagged_or_unguarded, 'provider "aws" {\n  allowed_account_ids = [var.account_id]\n}\n'),
        (
            is_untagged_or_unguarded,
            'provider "aws" {\n  default_tags {\n    tags = { ManagedBy = "terraform", Project = "x" }\n  }\n}\n',
        ),
    ],
)
def test_a_broken_rule_is_noticed(rule: Callable[[dict[str, Any]], Faults], text: str) -> None:
    """A rule that lets everything pass is worse than none, because people rely on it."""
    assert rule(hcl.loads(text)) != []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        # `local.x` stands in every second line; taking it for the environment would make the rule useless.
        (knows_too_much, 'locals {\n  a = local._b\n  c = "${local.d}-e"\n}\n'),
        (counts_beyond_one, 'resource "aws_sns_topic" "this" {\n  count = var.topic == null ? 0 : 1\n}\n'),
        (refuses_in_riddles, VARIABLE.format("Size.", SIZES, 'size is \\"${var.size}\\"; choose big or small.')),
        (keeps_choices_to_itself, VARIABLE.format("`big` or `small`.", SIZES, "${var.size}; choose big or small.")),
        (
            makes_roles_without_bounds,
            ROLE_CALL.format('  boundary_arn = var.boundary_arn\n  trusted_services = ["lambda.amazonaws.com"]\n'),
        ),
    ],
)
def test_what_is_right_is_left_alone(rule: Callable[[dict[str, Any]], Faults], text: str) -> None:
    """A rule that cries at good code is switched off by the first who meets it."""
    assert rule(hcl.loads(text)) == []


def test_a_call_that_forgets_the_boundary_is_noticed() -> None:
    """Only modules that make roles take one; the others must not be asked for it."""
    text = 'module "{0}" {{\n  source = "../../modules/{0}"\n}}\n'
    parsed = hcl.loads(text.format("airflow") + text.format("lake"))

    assert calls_without_bounds(parsed, {"airflow"}) == ["module airflow is called without boundary_arn"]


def test_a_change_ignored_without_a_word_is_noticed() -> None:
    """The comment may stand beside or above, and nowhere else."""
    bare = "  lifecycle {\n    ignore_changes = [tags]\n  }\n"

    assert is_ignored_without_reason(bare) == ["line 2 has 'ignore_changes = [tags]' and no comment beside or above it"]
    assert is_ignored_without_reason(bare.replace("[tags]", "[tags] # set by AWS")) == []
    assert is_ignored_without_reason(bare.replace("    ignore", "    # set by AWS\n    ignore")) == []


def test_a_lock_of_one_platform_or_another_version_is_noticed() -> None:
    """`terraform init` on a laptop writes just such a lock."""
    lock = 'provider "registry.example/aws" {\n  version = "5.99.0"\n  hashes = ["h1:abc=", "zh:01"]\n}\n'

    assert lock_faults(hcl.loads(lock), "5.100.0") == [
        "locks registry.example/aws 5.99.0, not 5.100.0 as the others do",
        "has 1 zh hashes of registry.example/aws; run `terraform providers lock` for every platform",
    ]
    assert lock_faults({}, "5.100.0") == ["locks no provider"]


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_explains_and_proves_itself(module: Path) -> None:
    """Without a refusal among the tests, nobody knows whether a validation ever bites."""
    runs = [run for path in module.glob("tests/*.tftest.hcl") for run in find_run_blocks(path.read_text())]

    assert (module / "README.md").exists()
    assert any(re.search(r"^  assert \{", run, re.MULTILINE) for run in runs)
    assert any(re.search(r"^  expect_failures += \[[^]]", run, re.MULTILINE) for run in runs)


def find_run_blocks(text: str) -> list[str]:
    """The bodies of a formatted test file's `run` blocks; parsing them all as HCL takes seconds."""
    return re.findall(r'^run "\w+" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)


def test_only_what_stands_in_a_run_block_proves_a_module() -> None:
    """A condition elsewhere, or in a comment, runs nothing."""
    text = 'mock_provider "aws" {\n  assert {}\n}\nrun "a" {\n  command = plan\n  # expect_failures = [var.a]\n}\n'

    assert find_run_blocks(text) == ["  command = plan\n  # expect_failures = [var.a]\n"]
