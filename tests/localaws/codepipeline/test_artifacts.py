"""Artifacts lie where AWS puts them: the roles that terraform/delivery makes name these folders and no others."""

from __future__ import annotations

import re

from tests.localaws.codepipeline.toys import Toys, build, stage


def test_names_are_cut_as_on_aws(toys: Toys) -> None:
    """A folder by its full name would be open to no build, and one for several artifacts to too many."""
    plan = build("Plan", "touch out/plan", outputArtifacts=[{"name": "plan_staging"}])
    execution = toys.make("toys-infrastructure-and-more", stage("Plan", plan))

    assert toys.ended("toys-infrastructure-and-more", execution)["status"] == "Succeeded"
    actions = toys.actions("toys-infrastructure-and-more", execution)
    keys = [actions[name]["output"]["outputArtifacts"][0]["s3location"]["key"] for name in ("Repository", "Plan")]
    assert re.fullmatch(r"toys-infrastructure-/source/\w{7}\.zip", keys[0]), keys
    assert re.fullmatch(r"toys-infrastructure-/plan_stagi/\w{7}\.zip", keys[1]), keys
