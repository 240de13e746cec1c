"""The patterns of a trigger's filters."""

from __future__ import annotations

import pytest

from localaws.codepipeline.triggers import Push, started_by


def fits(name: str, *includes: str, excludes: tuple[str, ...] = ()) -> bool:
    """Whether a push of one file starts a pipeline with these patterns."""
    paths = {"includes": list(includes), **({"excludes": list(excludes)} if excludes else {})}
    push = {"branches": {"includes": ["main"]}, "filePaths": paths}
    configuration = {"FullRepositoryId": "you/toys", "BranchName": "main", "DetectChanges": "false"}
    source = {"name": "S", "actionTypeId": {"category": "Source"}, "runOrder": 1, "configuration": configuration}
    trigger = {"gitConfiguration": {"sourceActionName": "S", "push": [push]}}
    pipeline = {"stages": [{"name": "Source", "actions": [source]}], "triggers": [trigger]}
    return started_by(pipeline, Push("you/toys", "main", "c" * 40, (name,))) is not None


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("dags/a.py", "dags/*", True),
        ("dags/deep/a.py", "dags/*", False),
        ("dags/deep/a.py", "dags/**", True),
        ("dags/a.py", "dags/**", True),
        ("dagsx/a.py", "dags/**", False),
        ("a/b/c.md", "**/*.md", True),
        ("c.md", "**/*.md", True),
        ("c.mdx", "**/*.md", False),
        ("buildspec-infra.yml", "buildspec-infra.yml", True),
        ("buildspec-infraXyml", "buildspec-infra.yml", False),
        ("a/train.py", "{a,b}/*.py", True),
        ("c/train.py", "{a,b}/*.py", False),
        ("v1.txt", "v[0-9].txt", True),
        ("vx.txt", "v[!x].txt", False),
        ("v1.txt", "v?.txt", True),
    ],
)
def test_a_pattern_means_what_codepipeline_means(name: str, pattern: str, expected: bool) -> None:
    """A star that went through folders would deploy on every push."""
    assert fits(name, pattern) is expected


def test_an_excluded_file_starts_nothing_even_when_it_is_included() -> None:
    assert not fits("terraform/README.md", "terraform/**", excludes=("**/*.md",))
    assert fits("terraform/main.tf", "terraform/**", excludes=("**/*.md",))
