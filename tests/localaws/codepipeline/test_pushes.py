"""A push starts the pipelines whose filters fit, with that very commit, and tells who pushed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.localaws.codepipeline.toys import Body, Toys, skipped, stage

ZEROS = "0" * 40


def trigger(*includes: str, branch: str = "main") -> Body:
    """Files of a branch."""
    push = {"branches": {"includes": [branch]}, "filePaths": {"includes": list(includes)}}
    return {
        "providerType": "CodeStarSourceConnection",
        "gitConfiguration": {"sourceActionName": "Repository", "push": [push]},
    }


@pytest.fixture(autouse=True)
def own_pipelines(toys: Toys) -> Iterator[None]:
    """Delete a test's pipelines: most pushes of the next tests would start them too."""
    before = names(toys)
    yield
    for name in names(toys) - before:
        toys.client.delete_pipeline(name=name)


def names(toys: Toys) -> set[str]:
    """The names of all pipelines."""
    return {one["name"] for one in toys.client.list_pipelines()["pipelines"]}


def watching(toys: Toys, name: str, *includes: str) -> None:
    """A pipeline with a trigger; its first execution has ended."""
    execution = toys.make(name, skipped("Build"), triggers=[trigger(*includes)])
    toys.ended(name, execution)


def lines(answer: Body, *names: str) -> list[str]:
    """What was said of these pipelines."""
    return [line for line in answer["said"] if line.split(":")[0] in names]


def test_a_push_starts_only_what_its_files_belong_to(toys: Toys) -> None:
    """A change of a DAG must not plan the whole infrastructure."""
    watching(toys, "of-dags", "dags/*", "dags/**")
    watching(toys, "of-terraform", "terraform/**")
    before, after = toys.push({"dags/deep/er/b.py": "b = 1\n"}, "Bring b")

    answer = toys.pushed(before, after)

    started = {one["pipeline"]: one["execution"] for one in answer["started"]}
    assert "of-dags" in started and "of-terraform" not in started
    assert lines(answer, "of-dags", "of-terraform") == [
        f"of-dags: execution {started['of-dags'][:8]} starts, because of dags/deep/er/b.py",
        "of-terraform: nothing for it in this push",
    ]
    ended = toys.ended("of-dags", started["of-dags"])
    assert ended["status"] == "Succeeded", ended["statusSummary"]
    variables = toys.actions("of-dags", started["of-dags"])["Repository"]["output"]["outputVariables"]
    assert (variables["CommitId"], variables["CommitMessage"]) == (after, "Bring b")
    run = toys.execution("of-dags", started["of-dags"])
    assert run["trigger"]["triggerType"] == "WebhookV2" and "dags/deep/er/b.py" in run["trigger"]["triggerDetail"]


def test_two_quick_pushes_deploy_each_its_own_commit(toys: Toys) -> None:
    """The first of two must not take the second's files and call them its own."""
    watching(toys, "quick", "dags/**")
    pushes, answers = [], []
    for number in (1, 2):
        pushes.append(toys.push({"dags/quick.py": f"x = {number}\n"}))
        answers.append(toys.pushed(*pushes[-1]))

    started = [one["execution"] for answer in answers for one in answer["started"] if one["pipeline"] == "quick"]
    took = []
    for execution in started:
        toys.ended("quick", execution)
        actions = toys.actions("quick", execution)
        took.append(actions["Repository"]["output"]["outputVariables"]["CommitId"])
    assert took == [after for _, after in pushes]


def test_an_older_commit_that_is_told_late_is_overtaken(toys: Toys) -> None:
    """Its files must be deployed, but with what came after it: nobody may bring an older commit back."""
    watching(toys, "late", "dags/**")
    before, older = toys.push({"dags/late.py": "x = 1\n"})
    _, head = toys.push({"unrelated.txt": "2\n"})

    answer = toys.pushed(before, older)

    assert answer["said"][0] == f"{older[:7]} is overtaken: main is at {head[:7]} already, and that is deployed"
    started = {one["pipeline"]: one["execution"] for one in answer["started"]}
    ended = toys.ended("late", started["late"])
    assert ended["status"] == "Succeeded", ended["statusSummary"]
    variables = toys.actions("late", started["late"])["Repository"]["output"]["outputVariables"]
    assert variables["CommitId"] == head


def test_a_commit_that_the_branch_does_not_hold_is_refused(toys: Toys) -> None:
    """Anything that reaches this port could have it deployed past the branch."""
    watching(toys, "held", "dags/**")
    before, _ = toys.push({"dags/guarded.py": "x = 1\n"})
    _, elsewhere = toys.push({"dags/guarded.py": "x = 2\n"}, branch="elsewhere")

    answer = toys.pushed(before, elsewhere)

    assert "does not hold" in answer["message"] and answer["__type"] == "ValidationException"


def test_another_branch_starts_nothing(toys: Toys) -> None:
    watching(toys, "of-main", "dags/**")
    before, after = toys.push({"dags/feature.py": "f = 1\n"}, branch="feature")

    assert lines(toys.pushed(before, after, branch="feature"), "of-main") == ["of-main: nothing for it in this push"]


def test_a_new_branch_counts_every_file_and_a_gone_branch_none(toys: Toys) -> None:
    """The first push of `make up` has no commit before it."""
    watching(toys, "new-branch", "terraform/**")
    _, head = toys.push({"anything-new.txt": "1\n"})

    assert "new-branch" in [one["pipeline"] for one in toys.pushed(ZEROS, head)["started"]]
    assert toys.pushed(head, ZEROS)["started"] == []


def test_without_a_trigger_every_push_to_the_branch_starts_unless_told_otherwise(toys: Toys) -> None:
    """DetectChanges is on by default, as on AWS."""
    declared = toys.declared("detecting", skipped("Build"))
    declared["stages"][0] = stage("Source", toys.source(DetectChanges="true"))
    toys.client.create_pipeline(pipeline=declared)
    toys.make("deaf", skipped("Build"))
    before, after = toys.push({"anything.txt": "1\n"})

    started = [one["pipeline"] for one in toys.pushed(before, after)["started"]]

    assert "detecting" in started and "deaf" not in started


def test_a_mistaken_hook_is_told(toys: Toys) -> None:
    """A hook that says nothing wrong starts nothing, and nobody would know."""
    assert "local/other is not known" in toys.pushed(ZEROS, ZEROS, repository="local/other")["message"]
    assert "cannot be read" in toys.pushed(ZEROS, "1" * 40)["message"]
    assert "must be an object with repository" in toys.pushed("", "x")["message"]
