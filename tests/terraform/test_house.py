"""What modules, roots and values may know, read from the HCL itself."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.terraform import hcl

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.parent for path in ROOT.glob("modules/*/main.tf"))
MODULE_FILES = sorted(ROOT.glob("modules/*/*.tf"))
ROOT_FILES = sorted(ROOT.glob("terraform/*/*.tf"))
PROSE = ("description", "error_message")  # people read these; they may name an environment as an example

# `local` is an environment too; `local.x` is a value of the file.
ENVIRONMENTS = re.compile(r"(?<![a-z])(dev|staging|prod|local(?!\.))(?![a-z])")
EMULATORS = re.compile(r"ministack|localstack|moto|embedded|localhost|127\.0\.0\.1", re.IGNORECASE)

Faults = list[str]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# The rules: each answers what is wrong, in words ---------------------------------------------------------------------


def knows_too_much(parsed: dict[str, Any]) -> Faults:
    """A module is a noun: who it is made for, and where, is not its business."""
    faults = [f"has a {kind} block" for kind in ("provider",) if kind in parsed]
    faults += [f"has a {kind} block" for t in parsed.get("terraform", []) for kind in ("backend", "cloud") if kind in t]
    for text in hcl.strings(parsed, without=PROSE):
        if "terraform.workspace" in text:
            faults.append("reads terraform.workspace")
        faults += [f"names the environment {found} in {text!r}" for found in ENVIRONMENTS.findall(text)]
        faults += [f"knows of the emulator {found}" for found in EMULATORS.findall(text)]
    return faults


def decides_by_environment(parsed: dict[str, Any]) -> Faults:
    """Differences between environments are values in envs/, not branches in a root."""
    compared = re.compile(
        r"var\.environment\s*[!=]=|[!=]=\s*var\.environment\b|lookup\([^)]*var\.environment|\[var\.environment\]"
    )
    return [f"branches in {text!r}" for text in hcl.strings(parsed, without=PROSE) if compared.search(text)]


def uses_other_providers(parsed: dict[str, Any]) -> Faults:
    """One provider to download, to lock and to trust."""
    required = [key for t in parsed.get("terraform", []) for p in t.get("required_providers", []) for key in p]
    kinds = [labels[0] for kind in ("resource", "data") for labels, _ in hcl.blocks(parsed, kind)]
    faults = [f"requires the provider {key}" for key in required if key not in ("aws", hcl.BLOCK_MARK)]
    return faults + [f"has a {kind}" for kind in kinds if not kind.startswith("aws_") and kind != "terraform_data"]


def is_untold(parsed: dict[str, Any]) -> Faults:
    """Every variable and output says what it is, and every variable its exact type."""
    told = [(labels[0], body) for kind in ("variable", "output") for labels, body in hcl.blocks(parsed, kind)]
    faults = [f"{label} has no description" for label, body in told if not body.get("description")]
    for (label,), body in hcl.blocks(parsed, "variable"):
        if "any" in re.findall(r"\w+", str(body.get("type", "any"))):
            faults.append(f"variable {label} takes anything")
    return faults


def is_out_of_order(parsed: dict[str, Any]) -> Faults:
    """A reader finds a variable by the alphabet."""
    faults = []
    for kind in ("variable", "output"):
        labels = [labels[0] for labels, _ in hcl.blocks(parsed, kind)]
        if labels != sorted(labels):
            faults.append(f"{kind}s stand as {', '.join(labels)}")
    return faults


def is_left_to_chance(parsed: dict[str, Any]) -> Faults:
    """A name that chance made cannot be found again, and cannot be granted beforehand."""
    return [
        f"has {text!r}"
        for text in hcl.strings(parsed, without=PROSE)
        if re.search(r"\b(uuid|timestamp)\(|^bucket_prefix$", text)
    ]


EVERYWHERE = [uses_other_providers, is_untold, is_out_of_order, is_left_to_chance]


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
    ],
)
def test_a_broken_rule_is_noticed(rule: Callable[[dict[str, Any]], Faults], text: str) -> None:
    """A rule that lets everything pass is worse than none, because people rely on it."""
    assert rule(hcl.loads(text)) != []


def test_a_value_of_the_file_is_no_environment() -> None:
    """`local.x` stands in every second line; taking it for the environment would make the rule useless."""
    assert knows_too_much(hcl.loads('locals {\n  a = local._b\n  c = "${local.d}-e"\n}\n')) == []


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_explains_and_proves_itself(module: Path) -> None:
    """Without a refusal among the tests, nobody knows whether a validation ever bites."""
    runs = [body for path in module.glob("tests/*.tftest.hcl") for _, body in hcl.blocks(hcl.load(path), "run")]

    assert (module / "README.md").exists()
    assert any("assert" in run for run in runs)
    assert any("expect_failures" in run for run in runs)
