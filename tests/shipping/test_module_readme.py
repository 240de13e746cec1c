"""A module's README tells what its HCL says, and a drift is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipping import module_readme
from shipping.module_readme import BEGIN, END, short_type

VARIABLES = """
variable "topics" {
  description = "Topics by what they tell, by use. A \\"quote\\", a | bar."
  type        = map(object({ sender = optional(string, "Stockcast"), kind = string }))
}

variable "days" {
  description = <<-EOT
    How long they are kept,
    in days.
  EOT
  type        = number
  default     = null
}

variable "tags" {
  description = "Marks."
  type        = map(string)
  default     = { Owner = "me", Days = 3 }
}
"""
MAIN = """
resource "aws_sns_topic" "this" {
  for_each = var.topics
  name     = each.key
}

resource "aws_sns_topic_policy" "this" {
  count = var.days == null ? 0 : 1
  arn   = "x"
}

module "role" {
  source = "../role"
}
"""
OUTPUTS = """
output "arns" {
  description = "ARNs by name."
  value       = {}
}

output "arns_by_day" {
  description = "ARNs by day."
  value       = {}
}
"""
TABLES = """## Inputs

| name | type | default | what |
|---|---|---|---|
| `days` | `number` | `null` | How long they are kept, in days. |
| `tags` | `map(string)` | `{"Owner": "me", "Days": 3}` | Marks. |
| `topics` | `map(object({sender?, kind}))` | required | Topics by what they tell, by use. A "quote", a \\| bar. |

## Outputs

| name | what |
|---|---|
| `arns` | ARNs by name. |
| `arns_by_day` | ARNs by day. |

## Resources

- `aws_sns_topic.this`, one each
- `aws_sns_topic_policy.this`, where wanted
- `module.role`"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "modules/alerts"
    folder.mkdir(parents=True)
    for name, text in {"main.tf": MAIN, "outputs.tf": OUTPUTS, "variables.tf": VARIABLES}.items():
        (folder / name).write_text(text)
    (folder / "README.md").write_text("# alerts\n\nWho hears what.\n")
    return tmp_path


@pytest.fixture
def readme(root: Path) -> Path:
    return root / "modules/alerts/README.md"


def test_tables_are_written_behind_the_author_s_words(root: Path, readme: Path) -> None:
    """Who calls the module reads the inputs here, and the words that say why stay."""
    assert module_readme.main([], root) == 0
    assert readme.read_text() == f"# alerts\n\nWho hears what.\n\n{BEGIN}\n{TABLES}\n{END}\n"


def test_words_around_the_markers_stay_and_old_tables_go(root: Path, readme: Path) -> None:
    """A table that is only ever added to tells of inputs that are gone."""
    readme.write_text(f"# alerts\n\nBefore.\n\n{BEGIN}\n| `gone` |\n{END}\n\nAfter.\n")

    assert module_readme.main([], root) == 0
    assert readme.read_text() == f"# alerts\n\nBefore.\n\n{BEGIN}\n{TABLES}\n{END}\n\nAfter.\n"


def test_written_twice_is_written_once(root: Path, readme: Path) -> None:
    """A second run that changes something would make every commit differ."""
    module_readme.main([], root)
    once = readme.read_text()
    module_readme.main([], root)

    assert readme.read_text() == once


def test_a_missing_readme_is_written(root: Path, readme: Path) -> None:
    """A new module has its tables from the first day."""
    readme.unlink()

    assert module_readme.outdated(root) == ["modules/alerts/README.md"]
    assert module_readme.main([], root) == 0
    assert readme.read_text().startswith(f"# alerts\n\n{BEGIN}\n")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("variables.tf", "= string }))", "= number, day = string }))"),
        ("variables.tf", "default     = null", "default     = 30"),
        ("variables.tf", "in days.", "in weeks."),
        ("outputs.tf", 'output "arns_by_day"', 'output "arns_by_week"'),
        ("main.tf", 'resource "aws_sns_topic" "this"', 'resource "aws_sns_topic" "other"'),
    ],
)
def test_a_change_of_the_hcl_alone_fails_the_check(
    root: Path, readme: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str
) -> None:
    """The gate itself: it must see a field, a default, a word, an output, a resource."""
    module_readme.main([], root)
    assert module_readme.main(["--check"], root) == 0
    hcl = root / "modules/alerts" / file
    assert old in hcl.read_text()
    hcl.write_text(hcl.read_text().replace(old, new))
    before = readme.read_text()

    assert module_readme.main(["--check"], root) == 1
    assert capsys.readouterr().err == "modules/alerts/README.md: not what the HCL says. Run `make readmes`.\n"
    assert readme.read_text() == before


def test_a_table_changed_by_hand_fails_the_check(root: Path, readme: Path) -> None:
    """The next run would take the change away, unseen."""
    module_readme.main([], root)
    readme.write_text(readme.read_text().replace("ARNs by day", "All ARNs by day"))

    assert module_readme.outdated(root) == ["modules/alerts/README.md"]


def test_an_unknown_argument_is_refused(root: Path, readme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--chek` in CI must not write, and must not be green."""
    before = readme.read_text()

    assert module_readme.main(["--chek"], root) == 2
    assert "takes --check or nothing" in capsys.readouterr().err
    assert readme.read_text() == before


@pytest.mark.parametrize(
    ("whole", "short"),
    [
        ("string", "string"),
        ("${set(string)}", "set(string)"),
        ("${object({})}", "object({})"),
        (
            '${object({nat = optional(string, "single"), zones = optional(set(string), ["a", "b"])})}',
            "object({nat?, zones?})",
        ),
        (
            "${map(object({actions = list(string), conditions = optional(list(object({test = string})), [])}))}",
            "map(object({actions, conditions?}))",
        ),
    ],
)
def test_a_type_is_told_by_its_fields(whole: str, short: str) -> None:
    """A table with whole types is as wide as the type, and nobody reads it."""
    assert short_type(whole) == short
