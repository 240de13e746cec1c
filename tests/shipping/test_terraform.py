"""The commands around Terraform; in terraform/platform it is a script that writes down its calls.

Values are read by the real Terraform: what it understands of them decides whom a command may touch.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.shipping.conftest import Program
from tests.shipping.in_process import run_in_process
from tests.shipping.stand_in_account import StandInAccount

from shipping import environments
from shipping import terraform as command
from shipping.terraform_release import terraform

Ship = Callable[..., subprocess.CompletedProcess[str]]
FAKE = (
    'if [ "$1" = version ]; then echo "Terraform v1.11.4"; exit 0; fi',
    f'case "$1" in -chdir=/*/terraform/*) shift ;; -chdir=*) exec {terraform()} "$@" ;; esac',
    'echo "$*" >> "$CALLS"',
    'env > "$CALLS.env"',
    'case " $* " in *" $FAIL_ON "*) echo "Error: $FAIL_ON failed" >&2; exit 3 ;; esac',
    'for arg; do case "$arg" in -out=*) echo plan > "${arg#-out=}" ;; esac; done',
    'case "$1" in output) echo "$OUTPUTS" ;; show) echo "$PLAN" ;; esac',
)
LOCK = "stockcast-111111111111-tfstate/dev/platform.tfstate.tflock"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


class Hosting(ThreadingHTTPServer):
    """SageMaker with one endpoint at most, and no scaling. What is deleted is noted between Terraform's calls."""

    daemon_threads = True

    def __init__(self, calls: Path) -> None:
        super().__init__(("127.0.0.1", 0), _HostingDesk)
        self.calls, self.endpoint, self.is_remade, self.refuses = calls, "", "", ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, operation: str, asked: dict[str, str]) -> tuple[int, dict[str, object]]:
        if operation == self.refuses:
            return 400, {"__type": "AccessDeniedException", "message": "User jane is not authorized"}
        if self.is_remade and "\napply " in self.calls.read_text():  # a DAG's run, just before Airflow went
            self.endpoint, self.is_remade = self.is_remade, ""
        if operation == "DescribeEndpoint" and asked["EndpointName"] != self.endpoint:
            return 400, {"__type": "ValidationException", "message": "Could not find endpoint"}
        if operation == "DeleteEndpoint":
            self.endpoint = ""
            with self.calls.open("a") as calls:
                calls.write(f"aws delete-endpoint {asked['EndpointName']}\n")
        listed = {"EndpointConfigs": [], "Models": [], "ModelPackageSummaryList": [], "ScalableTargets": []}
        return 200, {"EndpointStatus": "InService", **listed}


class _HostingDesk(BaseHTTPRequestHandler):
    server: Hosting

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = self.server.answer(self.headers["X-Amz-Target"].split(".")[1], asked)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silence."""


@pytest.fixture
def hosting(tmp_path: Path) -> Iterator[Hosting]:
    desk = Hosting(tmp_path / "calls")
    thread = threading.Thread(target=desk.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield desk
    desk.shutdown()
    desk.server_close()
    thread.join()


@pytest.fixture
def shell(
    clone: Path, home: Path, programs: Path, program: Program, tmp_path: Path, account: StandInAccount, hosting: Hosting
) -> dict[str, str]:
    """All variables of the command.

    The credentials are of the account that the environment's values name, and its state bucket stands.
    """
    program("terraform", *FAKE)
    for values in clone.glob("envs/*/platform.tfvars"):
        account.buckets[f"stockcast-{account_in(values)}-tfstate"] = 200
    return {
        "PATH": str(programs),
        "PYTHONPATH": str(clone / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "STOCKCAST_HOME": str(home),
        "CALLS": str(tmp_path / "calls"),
        "FAIL_ON": "nothing",
        "OUTPUTS": "{}",
        "PLAN": "{}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_STS": account.url,
        "AWS_ENDPOINT_URL_S3": account.url,
        "AWS_ENDPOINT_URL_SAGEMAKER": hosting.url,
        "AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING": hosting.url,
    }


@pytest.fixture
def ship(clone: Path, shell: dict[str, str]) -> Ship:
    """`shipping.terraform.main` with ARGUMENTS over the clone, with further variables as keywords."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run_in_process(command.main, arguments, root=clone, env={**shell, **more})

    return run


@pytest.fixture
def ship_as_process(clone: Path, shell: dict[str, str]) -> Ship:
    """`python -m shipping.terraform ARGUMENTS` in the clone, as make calls it."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "shipping.terraform", *arguments],
            cwd=clone, env={**shell, **more}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def account_in(values: Path) -> str:
    found = re.search(r'^account_id\s*=\s*"(\d+)"', values.read_text(), re.MULTILINE)
    assert found
    return found[1]


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], list[str]]:
    """The words that Terraform was called with, call by call, without -chdir."""
    path = tmp_path / "calls"
    return lambda: path.read_text().splitlines() if path.exists() else []


def verbs(calls: Callable[[], list[str]]) -> list[str]:
    return [call.split()[0] for call in calls()]


def applied_plans(calls: Callable[[], list[str]]) -> list[str]:
    """Calls that applied a saved plan; after it the state is settled, which changes nothing in AWS."""
    return [call for call in calls() if call.startswith("apply ") and " -refresh-only " not in call]


def terraform_s_environment(tmp_path: Path) -> dict[str, str]:
    lines = (tmp_path / "calls.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


@pytest.mark.integration
def test_a_plan_is_saved_with_the_environment_s_own_values_and_backend(
    ship_as_process: Ship, calls: Callable[[], list[str]], clone: Path, home: Path
) -> None:
    """One environment's values over another's state would rebuild that one."""
    done = ship_as_process("plan", "--env", "dev")

    assert done.returncode == 0, done.stderr
    init, output, plan = calls()
    assert output == "output -json"
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
    assert applied_plans(calls) == [f"apply -input=false -lock-timeout=60s -parallelism=20 {home}/plans/dev.tfplan"]
    assert again.returncode == 1
    assert f"there is no saved plan at {home}/plans/dev.tfplan. Run `make plan ENV=dev`" in again.stderr
    assert list((home / "plans").iterdir()) == []


STATE = "/stockcast-111111111111-tfstate/dev/platform.tfstate"


def test_a_plan_of_a_state_that_moved_on_is_refused_with_what_happened(
    ship: Ship, calls: Callable[[], list[str]], account: StandInAccount
) -> None:
    """Somebody applied in between; Terraform would only say that the plan is stale."""
    ship("plan", "--env", "dev")
    state = {"serial": 1, "lineage": "2f1c", "terraform_version": "1.11.4"}
    account.objects[STATE] = (json.dumps(state), "Wed, 04 Mar 2026 06:00:00 GMT")

    done = ship("apply", "--env", "dev")

    assert done.returncode == 1
    assert "the state moved on from serial 0 to 1 after this plan was made (written 2026-03-04 06:00:00" in done.stderr
    assert "apply" not in verbs(calls)


def test_an_apply_leaves_a_state_that_knows_what_stands(
    ship: Ship, calls: Callable[[], list[str]], clone: Path
) -> None:
    """Else the next look for drift would call half of what was just applied changed by hand."""
    ship("plan", "--env", "dev")

    ship("apply", "--env", "dev")

    settled = calls()[-1]
    assert settled.startswith("apply -refresh-only -auto-approve -var-file=")
    assert f"{clone}/envs/dev/platform.tfvars" in settled


def test_an_apply_that_went_well_stays_well_if_the_state_cannot_be_settled(ship: Ship) -> None:
    """AWS is as it was planned; a red build would ask for what cannot be done again."""
    ship("plan", "--env", "dev")

    done = ship("apply", "--env", "dev", FAIL_ON="-refresh-only")

    assert done.returncode == 0
    assert "the state was not settled" in done.stderr


def test_a_plan_that_was_handed_over_is_applied_in_another_folder(
    ship: Ship, calls: Callable[[], list[str]], clone: Path, home: Path, tmp_path: Path
) -> None:
    """The build that applies starts from a bare checkout, and must apply what somebody approved in another one."""
    ship("plan", "--env", "dev")
    given = ship("handover", "--env", "dev")
    artifact = shutil.move(clone / "build/handover", tmp_path / "artifact")
    for gone in (home, clone / "build"):
        shutil.rmtree(gone)

    done = ship("apply", "--env", "dev", CODEBUILD_SRC_DIR_plan_dev=str(artifact))

    assert (given.returncode, done.returncode) == (0, 0), given.stderr + done.stderr
    assert [call.split()[0] for call in calls()][-5:] == ["init", "show", "apply", "output", "apply"]
    assert applied_plans(calls) == [f"apply -input=false -lock-timeout=60s -parallelism=20 {home}/plans/dev.tfplan"]


def test_an_apply_without_a_plan_of_that_environment_is_refused(
    ship: Ship, calls: Callable[[], list[str]], account: StandInAccount
) -> None:
    """What nobody has read must not be applied."""
    ship("plan", "--env", "dev")
    account.id = "123456789012"

    done = ship("apply", "--env", "local", AWS_ENDPOINT_URL=account.url)

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


@pytest.mark.parametrize(
    ("verb", "endpoint"),
    [
        *((verb, {}) for verb in ("plan", "apply", "destroy", "outputs", "sleep", "wake", "unlock", "console")),
        ("plan", {"AWS_ENDPOINT_URL": "https://s3.amazonaws.com"}),
    ],
)
def test_local_without_its_embedded_aws_starts_no_terraform(
    ship: Ship, calls: Callable[[], list[str]], verb: str, endpoint: dict[str, str]
) -> None:
    """A shell with real credentials is one word away from making the local environment in a real account."""
    done = ship(verb, "--env", "local", **endpoint)

    assert done.returncode == 1
    assert "it must name the embedded AWS on 127.0.0.1. Run `make up` first" in done.stderr
    assert calls() == []


@pytest.mark.integration
def test_an_unknown_environment_starts_no_terraform(ship_as_process: Ship, calls: Callable[[], list[str]]) -> None:
    done = ship_as_process("plan", "--env", "nonsense")

    assert done.returncode == 1
    known = ", ".join(environments.names())
    assert done.stderr == (
        f"stockcast: ENV is 'nonsense'; envs/ has {known}. Name one of them, such as `make plan ENV=local`.\n"
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
    assert "not confirmed, nothing was changed. Type the name, or give CONFIRM=dev." in done.stderr
    assert "apply" not in verbs(calls)
    assert sorted(file.name for file in (home / "plans").iterdir()) == ["dev.tfplan", "dev.tfplan.json"]


def test_a_confirmed_removal_applies_just_its_own_plan(ship: Ship, calls: Callable[[], list[str]], home: Path) -> None:
    done = ship("destroy", "--env", "dev", "--confirm", "dev")

    assert done.returncode == 0, done.stderr
    assert [call for call in calls() if call.startswith("plan ") and " -destroy " in call]
    assert calls()[-1].endswith(f" {home}/plans/dev.removal.tfplan")
    assert list((home / "plans").iterdir()) == []


def change(address: str, *actions: str, **sides: object) -> dict[str, object]:
    kind, name = address.split(".")[-2:]
    return {"address": address, "type": kind, "name": name.split("[")[0], "change": {"actions": list(actions), **sides}}


def standing(address: str, *actions: str, **before: object) -> dict[str, object]:
    return change(address, *actions, before=before)


GOLD = 'module.lake.aws_s3_bucket.this["gold"]'
JOBS = 'module.sagemaker.aws_ecr_repository.this["jobs"]'
KEY = standing("module.encryption.aws_kms_key.this", "delete", description="data")


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (standing(GOLD, "delete", force_destroy=False), f"{GOLD} (force_destroy is false)"),
        (standing(JOBS, "delete", force_delete=None), f"{JOBS} (force_delete is null)"),
    ],
)
def test_protected_data_is_not_removed_nor_anything_before_it(
    ship: Ship, calls: Callable[[], list[str]], home: Path, hosting: Hosting, held: dict[str, object], told: str
) -> None:
    """AWS would refuse the full bucket at last, with the endpoint gone and the key to the data on its way out."""
    hosting.endpoint = "stockcast-dev-forecasts"

    done = ship("destroy", "--env", "dev", "--confirm", "dev", PLAN=json.dumps({"resource_changes": [KEY, held]}))

    assert done.returncode == 1
    assert told in done.stderr
    assert (
        "set protect_data = false in envs/dev/platform.tfvars, run `make plan ENV=dev` and `make apply" in done.stderr
    )
    assert "not confirmed" not in done.stderr
    assert "apply" not in verbs(calls)
    assert hosting.endpoint == "stockcast-dev-forecasts"
    assert list((home / "plans").iterdir()) == []


def test_values_that_protect_data_refuse_a_removal(
    ship: Ship, clone: Path, calls: Callable[[], list[str]], hosting: Hosting
) -> None:
    """Also where the state does not know of it yet: somebody has just decided to keep the data."""
    protect(clone)
    hosting.endpoint = "stockcast-dev-forecasts"

    done = ship("destroy", "--env", "dev", "--confirm", "dev")

    assert done.returncode == 1
    assert "protect_data is true in envs/dev/platform.tfvars" in done.stderr
    assert "apply" not in verbs(calls)
    assert hosting.endpoint == "stockcast-dev-forecasts"


def test_unprotected_buckets_go_with_the_environment(ship: Ship, calls: Callable[[], list[str]]) -> None:
    held = [standing(GOLD, "delete", force_destroy=True), standing(JOBS, "delete", force_delete=True), KEY]

    done = ship("destroy", "--env", "dev", "--confirm", "dev", PLAN=json.dumps({"resource_changes": held}))

    assert done.returncode == 0, done.stderr
    assert verbs(calls)[-1] == "apply"


def test_an_endpoint_goes_before_the_rest_and_again_if_airflow_makes_it_anew(
    ship: Ship, calls: Callable[[], list[str]], hosting: Hosting
) -> None:
    """Airflow lives until the apply ends it; the endpoint of its last run would cost by the hour, known to nobody.

    Nothing is known of the outputs here, as after a removal that broke off.
    """
    hosting.endpoint = hosting.is_remade = "stockcast-dev-forecasts"

    done = ship("destroy", "--env", "dev", "--confirm", "dev", OUTPUTS="{}")

    assert done.returncode == 0, done.stderr
    deleted = "aws delete-endpoint stockcast-dev-forecasts"
    assert [call for call in calls() if call.startswith(("apply", "aws"))] == [deleted, calls()[-2], deleted]
    assert done.stdout.count("removed endpoint stockcast-dev-forecasts") == 2


def test_a_removal_that_breaks_off_leaves_no_endpoint_and_says_how_to_go_on(ship: Ship, hosting: Hosting) -> None:
    """Half an environment may wait for tomorrow; what costs by the hour may not."""
    hosting.is_remade = "stockcast-dev-forecasts"

    done = ship("destroy", "--env", "dev", "--confirm", "dev", FAIL_ON="apply")

    assert done.returncode == 1
    assert "`terraform apply` ended with 3" in done.stderr
    assert "Part of dev still stands. Run `make destroy ENV=dev` again." in done.stderr
    assert (hosting.endpoint, hosting.is_remade) == ("", "")


def test_what_aws_refuses_is_told_in_words(ship: Ship, calls: Callable[[], list[str]], hosting: Hosting) -> None:
    """Forty lines of trace hide that one right is missing."""
    hosting.refuses = "DescribeEndpoint"

    done = ship("destroy", "--env", "dev", "--confirm", "dev")

    assert done.returncode == 1
    assert (
        "stockcast: AWS answers DescribeEndpoint with AccessDeniedException: User jane is not authorized. Use a role "
        "that may do this" in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert "apply" not in verbs(calls)


def test_an_aws_that_does_not_answer_is_told_in_words(ship: Ship) -> None:
    nobody = "http://127.0.0.1:1"

    done = ship("destroy", "--env", "dev", "--confirm", "dev", AWS_ENDPOINT_URL_SAGEMAKER=nobody, AWS_MAX_ATTEMPTS="1")

    assert done.returncode == 1
    assert "stockcast: AWS could not be asked (EndpointConnectionError): Could not connect" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_removal_plan_left_by_a_killed_command_is_never_applied(ship: Ship, home: Path) -> None:
    """`make apply` the next day would remove everything, without asking."""
    (home / "plans").mkdir(parents=True)
    (home / "plans" / "dev.removal.tfplan").write_text("removes everything")

    done = ship("apply", "--env", "dev")

    assert done.returncode == 1
    assert "there is no saved plan" in done.stderr


def test_only_an_embedded_aws_is_named_as_proxy(ship: Ship, tmp_path: Path, account: StandInAccount) -> None:
    """MWAA's host name below a loopback address exists nowhere; a real AWS must be reached as the shell says."""
    account.id = "123456789012"
    ship("plan", "--env", "local", AWS_ENDPOINT_URL=account.url)
    assert terraform_s_environment(tmp_path)["HTTP_PROXY"] == account.url

    account.id = "111111111111"
    ship(
        "plan", "--env", "dev", AWS_ENDPOINT_URL="https://vpce.example.com", HTTP_PROXY="http://proxy.example.com:3128",
        NO_PROXY="127.0.0.1",
    )  # fmt: skip
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


@pytest.mark.integration
def test_outputs_alone_stand_on_stdout(ship: Ship, ship_as_process: Ship) -> None:
    """A script reads them; one line of ours between them would break it."""
    made = json.dumps({"endpoint": {"value": "stockcast-dev-forecasts"}, "buckets": {"value": {"gold": "g"}}})

    text = ship_as_process("outputs", "--env", "dev", OUTPUTS=made)
    as_json = ship("outputs", "--env", "dev", "--format", "json", OUTPUTS=made)
    as_exports = ship("outputs", "--env", "dev", "--format", "env", OUTPUTS=made)

    assert text.stdout == 'buckets   {"gold": "g"}\nendpoint  stockcast-dev-forecasts\n'
    assert json.loads(as_json.stdout) == {"buckets": {"gold": "g"}, "endpoint": "stockcast-dev-forecasts"}
    assert as_exports.stdout == ("export STOCKCAST_BUCKETS_GOLD=g\nexport STOCKCAST_ENDPOINT=stockcast-dev-forecasts\n")


def test_an_environment_without_outputs_is_said_to_be_empty(ship: Ship) -> None:
    done = ship("outputs", "--env", "dev", OUTPUTS="{}")

    assert done.returncode == 1
    assert "dev has no outputs: nothing is applied there. Run `make plan apply ENV=dev`." in done.stderr


def test_validation_needs_neither_backend_nor_credentials(ship: Ship, calls: Callable[[], list[str]]) -> None:
    """CI has no account."""
    assert ship("validate", "--env", "dev", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="").returncode == 0
    init = "init -backend=false -input=false -no-color"
    assert calls() == [init, init, init, *["validate -no-color"] * 3]  # the three roots


def test_a_root_that_is_not_valid_is_named(ship: Ship) -> None:
    """They are validated side by side, so their outputs must not run into each other."""
    done = ship("validate", "--env", "dev", FAIL_ON="validate")

    assert done.returncode == 1
    assert "terraform/platform, terraform/bootstrap, terraform/delivery: not valid" in done.stderr


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


def test_credentials_of_another_account_start_no_terraform(
    ship: Ship, calls: Callable[[], list[str]], account: StandInAccount
) -> None:
    """Yesterday's profile in today's shell must not make one environment in another's account."""
    account.id = "999999999999"

    done = ship("plan", "--env", "dev")

    assert done.returncode == 1
    assert "the credentials at hand are of account 999999999999, but envs/dev/platform.tfvars says" in done.stderr
    assert "AWS_PROFILE" in done.stderr
    assert calls() == []


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "there are no whole AWS credentials"),
        ({"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
    ],
)
def test_missing_credentials_are_told_in_words(ship: Ship, variables: dict[str, str], told: str) -> None:
    """A trace of forty lines hides that one only has to log in."""
    done = ship("plan", "--env", "dev", AWS_EC2_METADATA_DISABLED="true", HOME="/nowhere", **variables)

    assert done.returncode == 1
    assert told in done.stderr
    assert "aws sso login" in done.stderr
    assert "Traceback" not in done.stderr


def test_expired_credentials_are_told_in_words(ship: Ship, account: StandInAccount) -> None:
    account.has_expired = True

    done = ship("apply", "--env", "dev")

    assert done.returncode == 1
    assert "AWS does not take the credentials at hand" in done.stderr
    assert "ExpiredToken" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_state_bucket_leads_to_bootstrap(
    ship: Ship, calls: Callable[[], list[str]], account: StandInAccount
) -> None:
    """The first command in an empty account; Terraform's own answer names an S3 error and no way out."""
    account.buckets.clear()

    done = ship("plan", "--env", "dev")

    assert done.returncode == 1
    assert "the bucket stockcast-111111111111-tfstate, which holds Terraform's state, does not exist." in done.stderr
    assert "Run `make bootstrap` once." in done.stderr
    assert calls() == []


def test_somebody_elses_state_bucket_is_refused(ship: Ship, account: StandInAccount) -> None:
    account.buckets["stockcast-111111111111-tfstate"] = 403

    done = ship("plan", "--env", "dev")

    assert "the bucket stockcast-111111111111-tfstate answers 403; it must belong to this account" in done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "platform.tfvars",
            '"us-east-1"',
            '"us-east-9"',
            "region is 'us-east-9' in envs/dev/platform.tfvars; kms is not",
        ),
        (
            "platform.backend.hcl",
            '"us-east-1"',
            '"eu-west-1"',
            "region is 'eu-west-1' in envs/dev/platform.backend.hcl",
        ),
        ("platform.backend.hcl", "111111111111", "999999999999", "it must be 'stockcast-111111111111-tfstate'"),
        ("platform.backend.hcl", "dev/platform", "prod/platform", "it must be 'dev/platform.tfstate'"),
        ("platform.tfvars", "account_id", "acount_id", "envs/dev/platform.tfvars lacks account_id"),
        ("platform.tfvars", '"us-east-1"', '"us-east-1', "envs/dev/platform.tfvars cannot be read; Terraform says"),
    ],
)
def test_values_that_cannot_belong_together_start_no_terraform(
    ship: Ship, clone: Path, calls: Callable[[], list[str]], file: str, old: str, new: str, told: str
) -> None:
    """A state in another region or under another environment's key is found by nobody, or destroyed by somebody."""
    path = clone / "envs/dev" / file
    path.write_text(path.read_text().replace(old, new))

    done = ship("plan", "--env", "dev")

    assert done.returncode == 1
    assert told in done.stderr
    assert calls() == []


def test_values_named_beside_the_environment_win(ship: Ship, tmp_path: Path, account: StandInAccount) -> None:
    """The guard has to judge by the values that Terraform will plan with."""
    more = tmp_path / "more.tfvars.json"
    more.write_text(json.dumps({"account_id": "444444444444"}))

    done = ship("plan", "--env", "dev", STOCKCAST_VAR_FILE=str(more))

    assert "it must be 'stockcast-444444444444-tfstate'" in done.stderr


def test_protected_data_asks_for_the_name_once(ship: Ship, clone: Path, calls: Callable[[], list[str]]) -> None:
    """`make apply ENV=prod` in the wrong window."""
    protect(clone)
    ship("plan", "--env", "dev")

    refused = ship("apply", "--env", "dev")
    applied = ship("apply", "--env", "dev", "--confirm", "dev")

    assert refused.returncode == 1
    assert "not confirmed, nothing was changed. Type the name, or give CONFIRM=dev." in refused.stderr
    assert applied.returncode == 0, applied.stderr
    assert len(applied_plans(calls)) == 1


def protect(clone: Path) -> None:
    values = clone / "envs/dev/platform.tfvars"
    values.write_text(re.sub(r"protect_data\s*=\s*false", "protect_data = true", values.read_text()))


def test_the_plan_that_unprotects_data_asks_for_the_name(ship: Ship, calls: Callable[[], list[str]]) -> None:
    """By then the values say `unprotected` already, but the data in its buckets has not been given up yet."""
    unprotecting = change(GOLD, "update", before={"force_destroy": False}, after={"force_destroy": True})
    plan = json.dumps({"resource_changes": [unprotecting]})
    ship("plan", "--env", "dev")

    refused = ship("apply", "--env", "dev", PLAN=plan)
    applied = ship("apply", "--env", "dev", "--confirm", "dev", PLAN=plan)

    assert refused.returncode == 1
    assert "not confirmed, nothing was changed. Type the name, or give CONFIRM=dev." in refused.stderr
    assert applied.returncode == 0, applied.stderr
    assert len(applied_plans(calls)) == 1


def test_a_plan_over_unprotected_or_new_buckets_asks_nobody(ship: Ship) -> None:
    """A question that is always asked is answered without reading."""
    new = change(GOLD, "create", before=None, after={"force_destroy": True})
    old = change(JOBS, "update", before={"force_delete": True}, after={"force_delete": True})
    ship("plan", "--env", "dev")

    done = ship("apply", "--env", "dev", PLAN=json.dumps({"resource_changes": [new, old]}))

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("change", ["commit", "packages", "plan"])
def test_a_plan_made_from_something_else_is_refused(
    ship: Ship, clone: Path, home: Path, calls: Callable[[], list[str]], change: str
) -> None:
    """What is applied has to be what was read: packages are uploaded from build/ only at the apply."""
    ship("plan", "--env", "dev")
    later = {}
    if change == "commit":
        later = {"CODEBUILD_RESOLVED_SOURCE_VERSION": "0123456"}
    elif change == "packages":
        (clone / "build/manifest.json").write_text("{}")
    else:
        (home / "plans/dev.tfplan").write_text("another plan")

    done = ship("apply", "--env", "dev", **later)

    assert done.returncode == 1
    assert f"the saved plan of dev was made with the {change}" in done.stderr
    assert "Run `make plan ENV=dev` and read it first." in done.stderr
    assert "apply" not in verbs(calls)


@pytest.mark.parametrize(
    ("outputs", "option", "told"),
    [
        ("{}", None, None),
        (
            '{"asleep": {"value": true}}',
            "-var=asleep=true",
            "dev is asleep, as `make sleep` left it; `make wake ENV=dev`",
        ),
        ('{"asleep": {"value": false}}', "-var=asleep=false", None),
    ],
)
def test_a_plan_keeps_what_sleep_and_wake_left(
    ship: Ship, calls: Callable[[], list[str]], outputs: str, option: str | None, told: str | None
) -> None:
    """Otherwise the next push wakes what somebody put to sleep, and bills it."""
    done = ship("plan", "--env", "dev", OUTPUTS=outputs)

    words = calls()[-1].split()
    assert [word for word in words if word.startswith("-var=asleep")] == ([option] if option else [])
    assert (told or "") in done.stderr
    if option:
        assert words.index(option) > max(i for i, word in enumerate(words) if word.startswith("-var-file="))


def test_sleep_refuses_to_change_anything_else(ship: Ship, calls: Callable[[], list[str]]) -> None:
    """Who wants to save money at night must not deploy by the way."""
    plan = {"resource_changes": [
        change("module.airflow.aws_mwaa_environment.this[0]", "delete"),
        change("module.lake.aws_s3_bucket.this[\"gold\"]", "update"),
    ]}  # fmt: skip

    done = ship(
        "sleep", "--env", "dev", "--confirm", "dev", PLAN=json.dumps(plan), OUTPUTS='{"asleep": {"value": false}}'
    )

    assert done.returncode == 1
    assert 'module.lake.aws_s3_bucket.this["gold"] (update)' in done.stderr
    assert "mwaa" not in done.stderr
    assert "Run `make plan ENV=dev` and `make apply ENV=dev` first." in done.stderr
    assert "apply" not in verbs(calls)
    assert " -var=asleep=true " in next(call for call in calls() if call.startswith("plan"))


def test_nothing_sleeps_where_nothing_stands(ship: Ship, calls: Callable[[], list[str]]) -> None:
    done = ship("sleep", "--env", "dev", "--confirm", "dev")

    assert done.returncode == 1
    assert "nothing is applied there that could sleep or wake." in done.stderr
    assert "apply" not in verbs(calls)


def hold_lock(account: StandInAccount, age: timedelta) -> None:
    written = {
        "ID": "7c2b0f5e", "Operation": "OperationTypeApply", "Who": "jane@laptop", "Version": "1.11.4",
        "Created": "2026-11-21T05:03:47.123456789Z", "Info": "", "Path": LOCK.removesuffix(".tflock"),
    }  # fmt: skip
    changed = format_datetime(datetime.now(UTC) - age, usegmt=True)
    account.objects[f"/{LOCK}"] = (json.dumps(written), changed)


def test_a_fresh_lock_is_shown_and_left_alone(
    ship: Ship, calls: Callable[[], list[str]], account: StandInAccount
) -> None:
    """Two writers at once destroy a state."""
    hold_lock(account, timedelta(minutes=4, seconds=30))

    done = ship("unlock", "--env", "dev", "--confirm", "dev")

    assert done.returncode == 1
    assert "locked by jane@laptop since" in done.stdout
    assert "4 min ago, for apply with Terraform 1.11.4 (lock 7c2b0f5e)" in done.stdout
    assert "the lock is 4 min old; an apply's younger than 4 h 0 min is not taken away" in done.stderr
    assert "force-unlock" not in verbs(calls)


def test_an_old_lock_is_freed_once_its_environment_was_named(
    ship: Ship, calls: Callable[[], list[str]], account: StandInAccount
) -> None:
    """A killed run leaves its lock behind for ever."""
    hold_lock(account, timedelta(hours=5, minutes=20, seconds=5))

    unnamed = ship("unlock", "--env", "dev")
    named = ship("unlock", "--env", "dev", "--confirm", "dev")

    assert "5 h 20 min ago" in unnamed.stdout
    assert unnamed.returncode == 1
    assert named.returncode == 0, named.stderr
    assert [call for call in calls() if "unlock" in call] == ["force-unlock -force 7c2b0f5e"]


def test_a_state_without_a_lock_is_said_to_be_free(ship: Ship, calls: Callable[[], list[str]]) -> None:
    done = ship("unlock", "--env", "dev", "--confirm", "dev")

    assert done.returncode == 0
    assert done.stdout == "dev/platform.tfstate in stockcast-111111111111-tfstate is not locked.\n"
    assert calls() == []


def test_the_console_has_the_environments_values(ship: Ship, clone: Path, calls: Callable[[], list[str]]) -> None:
    done = ship("console", "--env", "dev", OUTPUTS='{"asleep": {"value": true}}')

    assert done.returncode == 0, done.stderr
    assert calls()[-1] == f"console -var-file={clone}/envs/dev/platform.tfvars -var=asleep=true"
