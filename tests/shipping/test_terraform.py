"""The commands around Terraform, run as they are; Terraform itself is a script that writes down how it was called."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.shipping.conftest import Program

Ship = Callable[..., subprocess.CompletedProcess[str]]
FAKE = (
    'if [ "$1" = version ]; then echo "Terraform v1.11.4"; exit 0; fi',
    'case "$1" in -chdir=*/terraform/platform) shift ;; esac',
    'echo "$*" >> "$CALLS"',
    'env > "$CALLS.env"',
    'case " $* " in *" $FAIL_ON "*) echo "Error: $FAIL_ON failed" >&2; exit 3 ;; esac',
    'for arg; do case "$arg" in -out=*) echo plan > "${arg#-out=}" ;; esac; done',
    'case "$1" in output) echo "$OUTPUTS" ;; esac',
)
EMBEDDED = "http://127.0.0.1:14566"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ship(clone: Path, home: Path, programs: Path, program: Program, tmp_path: Path) -> Ship:
    """`python -m shipping.terraform ARGUMENTS` in the clone, with further variables as keywords."""
    program("terraform", *FAKE)

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        env = {
            "PATH": str(programs),
            "PYTHONPATH": str(clone / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "STOCKCAST_HOME": str(home),
            "CALLS": str(tmp_path / "calls"),
            "FAIL_ON": "nothing",
            "OUTPUTS": "{}",
            **variables,
        }
        command = [sys.executable, "-m", "shipping.terraform", *arguments]
        return subprocess.run(
            command, cwd=clone, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], list[str]]:
    """The words that Terraform was called with, call by call, without -chdir."""
    path = tmp_path / "calls"
    return lambda: path.read_text().splitlines() if path.exists() else []


def verbs(calls: Callable[[], list[str]]) -> list[str]:
    return [call.split()[0] for call in calls()]


def terraform_s_environment(tmp_path: Path) -> dict[str, str]:
    lines = (tmp_path / "calls.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_a_plan_is_saved_with_the_environment_s_own_values_and_backend(
    ship: Ship, calls: Callable[[], list[str]], clone: Path, home: Path
) -> None:
    """One environment's values over another's state would rebuild that one."""
    done = ship("plan", "--env", "dev")

    assert done.returncode == 0, done.stderr
    init, plan = calls()
    assert init == f"init -input=false -reconfigure -no-color -backend-config={clone}/envs/dev/platform.backend.hcl"
    assert plan.startswith(f"plan -var-file={clone}/envs/dev/platform.tfvars -input=false")
    assert plan.endswith(f"-out={home}/plans/dev.tfplan")
    assert "dev: the real AWS of the credentials at hand" in done.stderr
    assert (clone / "build" / "ingest.zip").exists()


def test_a_saved_plan_is_for_its_owner_alone(ship: Ship, home: Path) -> None:
    """Terraform writes secrets into it in the clear."""
    ship("plan", "--env", "dev")

    assert (home / "plans").stat().st_mode & 0o777 == 0o700


def test_a_plan_is_used_once(ship: Ship, calls: Callable[[], list[str]], home: Path) -> None:
    """Applied a second time it would undo what was changed since."""
    ship("plan", "--env", "dev")

    first, again = ship("apply", "--env", "dev"), ship("apply", "--env", "dev")

    assert first.returncode == 0
    assert calls()[-1] == f"apply -input=false -lock-timeout=60s -parallelism=20 {home}/plans/dev.tfplan"
    assert verbs(calls).count("apply") == 1
    assert again.returncode == 1
    assert f"there is no saved plan at {home}/plans/dev.tfplan. Run `make plan ENV=dev`" in again.stderr


def test_an_apply_without_a_plan_of_that_environment_is_refused(ship: Ship, calls: Callable[[], list[str]]) -> None:
    """What nobody has read must not be applied."""
    ship("plan", "--env", "dev")

    done = ship("apply", "--env", "local", AWS_ENDPOINT_URL=EMBEDDED)

    assert done.returncode == 1
    assert "there is no saved plan" in done.stderr
    assert "apply" not in verbs(calls)


def test_a_plan_that_fails_leaves_no_older_one_to_apply(ship: Ship, calls: Callable[[], list[str]]) -> None:
    """`make plan; make apply` would apply last week's plan after this one failed."""
    ship("plan", "--env", "dev")

    failed = ship("plan", "--env", "dev", FAIL_ON="plan")
    applied = ship("apply", "--env", "dev")

    assert failed.returncode == 1
    assert "Error: plan failed" in failed.stderr
    assert "`terraform plan` ended with 3; its own message stands above." in failed.stderr
    assert applied.returncode == 1
    assert "apply" not in verbs(calls)


@pytest.mark.parametrize("verb", ["plan", "apply", "destroy", "outputs"])
@pytest.mark.parametrize("endpoint", [{}, {"AWS_ENDPOINT_URL": "https://s3.amazonaws.com"}])
def test_local_without_its_embedded_aws_starts_no_terraform(
    ship: Ship, calls: Callable[[], list[str]], verb: str, endpoint: dict[str, str]
) -> None:
    """A shell with real credentials is one word away from making the local environment in a real account."""
    done = ship(verb, "--env", "local", **endpoint)

    assert done.returncode == 1
    assert "it must name the embedded AWS on 127.0.0.1. Run `make up` first" in done.stderr
    assert calls() == []


def test_an_unknown_environment_starts_no_terraform(ship: Ship, calls: Callable[[], list[str]]) -> None:
    done = ship("plan", "--env", "nonsense")

    assert done.returncode == 1
    assert done.stderr == (
        "stockcast: ENV is 'nonsense'; envs/ has dev, local. Name one of them, such as `make plan ENV=local`.\n"
    )
    assert calls() == []


@pytest.mark.parametrize("confirm", [(), ("--confirm", "local"), ("--confirm", "yes")])
def test_a_removal_that_is_not_confirmed_by_name_removes_nothing(
    ship: Ship, calls: Callable[[], list[str]], home: Path, confirm: tuple[str, ...]
) -> None:
    """Nobody loses an environment over a wrong window or a script without a terminal."""
    ship("plan", "--env", "dev")

    done = ship("destroy", "--env", "dev", *confirm)

    assert done.returncode == 1
    assert "not confirmed, nothing was removed. Type the name, or give CONFIRM=dev." in done.stderr
    assert "apply" not in verbs(calls)
    assert [file.name for file in (home / "plans").iterdir()] == ["dev.tfplan"]


def test_a_confirmed_removal_applies_just_its_own_plan(ship: Ship, calls: Callable[[], list[str]], home: Path) -> None:
    done = ship("destroy", "--env", "dev", "--confirm", "dev")

    assert done.returncode == 0, done.stderr
    assert " -destroy " in calls()[-3]
    assert calls()[-1].endswith(f" {home}/plans/dev.removal.tfplan")
    assert list((home / "plans").iterdir()) == []


def test_a_removal_plan_left_by_a_killed_command_is_never_applied(ship: Ship, home: Path) -> None:
    """`make apply` the next day would remove everything, without asking."""
    (home / "plans").mkdir(parents=True)
    (home / "plans" / "dev.removal.tfplan").write_text("removes everything")

    done = ship("apply", "--env", "dev")

    assert done.returncode == 1
    assert "there is no saved plan" in done.stderr


def test_only_an_embedded_aws_is_named_as_proxy(ship: Ship, tmp_path: Path) -> None:
    """MWAA's host name below a loopback address exists nowhere; a real AWS must be reached as the shell says."""
    ship("plan", "--env", "local", AWS_ENDPOINT_URL=EMBEDDED, HTTP_PROXY="http://proxy.example.com:3128")
    assert terraform_s_environment(tmp_path)["HTTP_PROXY"] == EMBEDDED

    ship(
        "plan", "--env", "dev", AWS_ENDPOINT_URL="https://vpce.example.com", HTTP_PROXY="http://proxy.example.com:3128"
    )
    assert terraform_s_environment(tmp_path)["HTTP_PROXY"] == "http://proxy.example.com:3128"

    ship("plan", "--env", "dev")
    assert "HTTP_PROXY" not in terraform_s_environment(tmp_path)


def test_each_environment_has_data_of_its_own_and_one_cli_configuration(ship: Ship, home: Path, tmp_path: Path) -> None:
    """Two environments in one .terraform folder would use each other's backend."""
    ship("plan", "--env", "dev", TF_CLI_CONFIG_FILE="/missing/terraformrc")

    env = terraform_s_environment(tmp_path)

    assert env["TF_DATA_DIR"] == f"{home}/terraform/dev"
    assert env["TF_CLI_CONFIG_FILE"] == f"{home}/terraformrc"
    assert (home / "terraformrc").read_text().startswith("disable_checkpoint = true\n")


def test_outputs_alone_stand_on_stdout(ship: Ship) -> None:
    """A script reads them; one line of ours between them would break it."""
    made = json.dumps({"endpoint": {"value": "stockcast-dev-forecasts"}, "buckets": {"value": {"gold": "g"}}})

    text = ship("outputs", "--env", "dev", OUTPUTS=made)
    as_json = ship("outputs", "--env", "dev", "--format", "json", OUTPUTS=made)

    assert text.stdout == 'buckets   {"gold": "g"}\nendpoint  stockcast-dev-forecasts\n'
    assert json.loads(as_json.stdout) == {"buckets": {"gold": "g"}, "endpoint": "stockcast-dev-forecasts"}


def test_an_environment_without_outputs_is_said_to_be_empty(ship: Ship) -> None:
    done = ship("outputs", "--env", "dev", OUTPUTS="{}")

    assert done.returncode == 1
    assert "dev has no outputs: nothing is applied there. Run `make plan apply ENV=dev`." in done.stderr


def test_validation_needs_neither_backend_nor_credentials(ship: Ship, calls: Callable[[], list[str]]) -> None:
    """CI has no account."""
    assert ship("validate", "--env", "dev").returncode == 0
    assert calls() == ["init -backend=false -input=false -no-color", "validate -no-color"]


def test_a_package_that_is_refused_is_told_in_words_and_nothing_is_planned(
    ship: Ship, clone: Path, calls: Callable[[], list[str]]
) -> None:
    """An import that Lambda does not have must not end in a traceback, nor in a plan without the function."""
    (clone / "lambda/ingest/bronze.py").write_text("import polars\n")

    done = ship("plan", "--env", "dev")

    assert done.returncode == 1
    assert "stockcast: ingest.zip: bronze.py:1 imports polars" in done.stderr
    assert "Traceback" not in done.stderr
    assert calls() == []


@pytest.mark.parametrize(("write", "mode"), [((), "-check "), (("--write",), "")])
def test_formatting_looks_at_every_folder_with_terraform(
    ship: Ship, calls: Callable[[], list[str]], clone: Path, write: tuple[str, ...], mode: str
) -> None:
    """A folder left out would drift unseen."""
    folders = " ".join(str(clone / folder) for folder in ("terraform", "modules", "envs"))

    assert ship("fmt", *write).returncode == 0
    assert calls() == [f"fmt -recursive {mode}{folders}"]


def test_unformatted_files_are_refused_with_the_way_out(ship: Ship) -> None:
    done = ship("fmt", FAIL_ON="-check")

    assert done.returncode == 1
    assert "not formatted, or not Terraform. Run `make format`." in done.stderr
