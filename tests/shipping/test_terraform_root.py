"""The variables of Terraform's own process."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipping import terraform_root


def test_a_provider_cache_that_is_not_there_yet_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first build of a project finds its cache empty, and Terraform refuses a folder that does not exist."""
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path / "home"))
    cache = tmp_path / "cache/terraform"

    env = terraform_root.process_environment("dev", {"TF_PLUGIN_CACHE_DIR": str(cache)})

    assert cache.is_dir()
    assert env["TF_PLUGIN_CACHE_DIR"] == str(cache)
