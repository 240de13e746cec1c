"""A plan in a log that everybody may read tells nothing of the account; elsewhere it is shown whole."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from shipping import planning, saved_plan, state_lock, terraform_root, values
from shipping.environments import Refused
from shipping.saved_plan import SavedPlan
from shipping.state_head import StateHead
from shipping.terraform_root import TerraformRoot

ROOT = Path(__file__).resolve().parents[2]
SECRET = "arn:aws:sns:us-east-1:111111111111:stockcast-dev-alerts jane@example.com"
TERRAFORM = f"""#!/bin/sh
echo "$@" >> "$0.asked"
[ "$2" = plan ] && echo "+ {SECRET}"
[ "$2" = plan ] && [ -e "$0.fails" ] && {{ echo "Error: no such machine" >&2; exit 1; }}
exit 0
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Terraform that shows a plan, in an environment whose AWS need not be asked."""
    script = tmp_path / "terraform"
    script.write_text(TERRAFORM)
    script.chmod(0o755)
    root = TerraformRoot(tmp_path, "dev")
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setattr(terraform_root, "executable", lambda: str(script))
    monkeypatch.setattr(planning, "checked", lambda environment: SimpleNamespace(region="us-east-1"))
    monkeypatch.setattr(planning, "rest_option", lambda *_: [])
    monkeypatch.setattr(planning, "state_now", lambda *_: StateHead())
    monkeypatch.setattr(planning.terraform_root, "platform", lambda environment: root)
    monkeypatch.setattr(planning.package, "build", lambda *_: None)
    monkeypatch.setattr(planning, "check_requirements", lambda found: None)
    monkeypatch.setattr(SavedPlan, "write_note", lambda self, planned_on: None)
    monkeypatch.setattr(state_lock, "read", lambda *_: None)
    monkeypatch.setattr(values, "backend_of", lambda _: SimpleNamespace(region="us-east-1", bucket="b", key="k"))
    return script


def test_a_plan_in_a_job_of_github_is_saved_and_not_shown(
    script: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A public repository's logs are read by everybody: who hears of alerts, and in which account."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    planning.save_plan("dev", saved_plan.of("dev"))

    told = capfd.readouterr()
    assert "jane@example.com" not in told.out + told.err
    assert "111111111111" not in told.out + told.err
    assert "saved and not shown" in told.err
    assert " plan " in Path(f"{script}.asked").read_text()


def test_elsewhere_it_is_shown(script: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Who plans in a terminal wants to read it."""
    planning.save_plan("dev", saved_plan.of("dev"))

    assert SECRET in capfd.readouterr().out


def test_a_plan_that_fails_there_still_tells_why(
    script: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A red job without a reason is mended by nobody."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    Path(f"{script}.fails").touch()

    with pytest.raises(Refused, match=r"`terraform plan` ended with 1; it says:\nError: no such machine"):
        planning.save_plan("dev", saved_plan.of("dev"))
    assert SECRET not in capfd.readouterr().out


def test_the_workflow_plans_by_make_alone() -> None:
    """Terraform called beside it, or told to log all it does, would show the whole plan again."""
    text = (ROOT / ".github/workflows/plan.yml").read_text()
    runs = [step["run"] for step in yaml.safe_load(text)["jobs"]["plan"]["steps"] if "run" in step]

    assert 'make plan review ENV="$ENVIRONMENT"' in runs
    assert not [run for run in runs if "terraform" in run or "plan.html" in run]
    assert "TF_LOG" not in text
