"""What AWS would refuse, looked for in the plan of every environment: the rules of shipping.doctor over its JSON.

One embedded AWS serves all environments, each in an account of its own. Before a first apply most policies are unknown;
the bootstrap root is small enough to be applied here, so that its policies are looked at as well.
"""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from tests.localaws.helpers import REGION, running_gateway
from tests.terraform import hcl
from tests.terraform.conftest import Workbench

from shipping.doctor import rules
from shipping.doctor.findings import Severity
from shipping.doctor.plan import Plan
from shipping.doctor.rules.shape_table import FREE, LIMITS, MODELS, SETTINGS
from shipping.doctor.rules.shapes import values_at

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("terraform-plans")]  # each plan is made once

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = sorted(path.parent.name for path in ROOT.glob("envs/*/platform.tfvars"))
HOME = "111111111111"  # of envs/account/delivery.tfvars, and dev's
BOOTSTRAP = {
    "account_id": f'"{HOME}"', "environments": '["dev"]', "region": f'"{REGION}"',
    "expire_old_versions_days": "null",  # S3 takes a minute to confirm such a rule
}  # fmt: skip
# What no environment chooses today and everybody may: over dev's values.
CHOICES = {
    "awake": {"asleep": "false"},  # dev as `make wake` leaves it, with Airflow and its network
    "glue": {
        "alerts": """{
          slack         = { channel_id = "C0123ABCD", team_id = "T0123ABCD" }
          subscriptions = { on_call = { endpoint = "on-call@example.com" } }
        }""",
        "asleep": "false",
        "network": '{ endpoints = true, nat = "none" }',
        "transform": '{ engine = "glue" }',
    },
    "batch_and_emr_serverless": {
        "training": '{ backend = "batch", hyperparameters = {} }',
        "transform": '{ engine = "emr_serverless" }',
    },
}
PLANS = [*ENVIRONMENTS, *CHOICES]
# All in one account: the rules want every ARN to be of the account at hand, and deploy roles are of the environments'.
DELIVERED = {
    "environments": json.dumps([
        {"name": "dev", "account_id": HOME},
        {"name": "prod", "account_id": HOME, "approve": ["dags", "infrastructure", "models"]},
    ]),
}  # fmt: skip


Variables = dict[str, str]


Accounts = Callable[[str], Variables]


@contextmanager
def embedded_aws(folder: Path) -> Iterator[Accounts]:
    """The variables that lead Terraform to an account of one gateway: twelve digits as access key are an account."""
    with running_gateway(folder, HOME) as gateway:
        address = {"AWS_ENDPOINT_URL": gateway.url, "HTTP_PROXY": gateway.url, "AWS_REGION": REGION}
        fixed = {**address, "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
        yield lambda account_id: {**fixed, "AWS_ACCESS_KEY_ID": account_id}


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    """Accounts in which nothing is applied."""
    with embedded_aws(tmp_path_factory.mktemp("aws")) as account:
        yield account


class Planned:
    """A copy of a root that keeps its state in a file, which is the default without a backend."""

    def __init__(self, bench: Workbench, root: str, name: str) -> None:
        self.folder = f"terraform/{root}-{name}"
        self.home = bench.root / self.folder
        leftovers = shutil.ignore_patterns(".terraform", "backend.tf")
        shutil.copytree(bench.root / "terraform" / root, self.home, ignore=leftovers)
        self.bench = bench
        bench.get(self.folder)

    def run(self, aws: Variables, *args: str) -> str:
        bench = Workbench(self.bench.root, {**self.bench.environ, **aws})
        done = bench.run(self.folder, *args)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        return done.stdout

    def plan(self, aws: Variables, *values: str) -> Plan:
        self.run(aws, "plan", "-input=false", "-parallelism=20", "-out=saved.tfplan", *values)
        return Plan.from_json(json.loads(self.run(aws, "show", "-json", "saved.tfplan")), self.home)


def values_file(file: Path, values: dict[str, str]) -> str:
    file.write_text("".join(f"{name} = {value}\n" for name, value in values.items()))
    return f"-var-file={file}"


@pytest.fixture(scope="session")
def planned(workbench: Workbench, build_folder: Path, accounts: Accounts) -> Callable[[str], Plan]:
    """The plan of an environment, or of a choice, each made once."""

    @cache
    def plan(name: str) -> Plan:
        values = workbench.root / f"envs/{name if name in ENVIRONMENTS else 'dev'}/platform.tfvars"
        root = Planned(workbench, "platform", name)
        chosen = values_file(root.home / "chosen.tfvars", CHOICES.get(name, {}))
        aws = accounts(str(hcl.load(values)["account_id"]))
        return root.plan(aws, f"-var-file={values}", chosen, f"-var=build_folder={build_folder}")

    return plan


@pytest.fixture(scope="session")
def bootstrapped(workbench: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of the bootstrap root after it was applied: everything is known."""
    root = Planned(workbench, "bootstrap", "applied")
    given = values_file(root.home / "given.tfvars", BOOTSTRAP)
    values = ("-var-file=../../envs/account/bootstrap.tfvars", given)
    with embedded_aws(tmp_path_factory.mktemp("aws")) as account:
        aws = account(HOME)
        root.run(aws, "apply", "-input=false", "-auto-approve", *values)
        return root.plan(aws, *values)


@pytest.fixture(scope="session")
def delivered(workbench: Workbench, accounts: Accounts) -> Plan:
    """The plan of the delivery root, almost with the account's values, once its connection was clicked."""
    root = Planned(workbench, "delivery", "planned")
    given = values_file(root.home / "given.tfvars", DELIVERED)
    aws = accounts(HOME)
    make_connection(aws, "stockcast-github")
    return root.plan(aws, "-var-file=../../envs/account/delivery.tfvars", given)


def make_connection(aws: Variables, name: str) -> None:
    """A connection that somebody made AVAILABLE."""
    keys = {"aws_access_key_id": aws["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": aws["AWS_SECRET_ACCESS_KEY"]}
    client = boto3.client("codeconnections", endpoint_url=aws["AWS_ENDPOINT_URL"], region_name=REGION, **keys)
    arn = quote(client.create_connection(ProviderType="GitHub", ConnectionName=name)["ConnectionArn"], safe="")
    page = f"{aws['AWS_ENDPOINT_URL']}/_localaws/connections/{arn}/available"
    clicked = urllib.request.Request(page, headers={"content-type": "application/json"}, method="POST")
    urllib.request.urlopen(clicked, timeout=10).close()


@pytest.mark.extended
@pytest.mark.parametrize("name", PLANS)
def test_no_rule_finds_anything_in_a_plan(planned: Callable[[str], Plan], name: str) -> None:
    """A first real apply would stop half way, with half of the environment standing and costing."""
    findings = rules.check_all(planned(name))

    assert [str(finding) for finding in findings] == []


@pytest.mark.extended
def test_an_awake_dev_has_the_airflow_that_a_sleeping_one_lacks(planned: Callable[[str], Plan]) -> None:
    """A plan without Airflow leaves most rules nothing to look at."""
    assert list(planned("awake").of_type("aws_mwaa_environment"))
    assert not list(planned("dev").of_type("aws_mwaa_environment"))


@pytest.mark.extended
def test_no_rule_finds_anything_in_the_bootstrap_root(bootstrapped: Plan) -> None:
    """Without the right to delete the lock object, every lock would have to be freed by hand."""
    findings = rules.check_all(bootstrapped, strict=True)

    assert [str(finding) for finding in findings] == []
    assert list(bootstrapped.of_type("aws_iam_policy"))


@pytest.mark.extended
def test_no_rule_finds_anything_in_the_delivery_root(delivered: Plan) -> None:
    """Half a set of pipelines deploys half of every push."""
    assert [str(finding) for finding in rules.check_all(delivered)] == []
    assert len(list(delivered.of_type("aws_codepipeline"))) == 4


@pytest.mark.extended
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_cannot_be_known_yet_is_told(planned: Callable[[str], Plan], environment: str) -> None:
    """Silence about what could not be looked at would be taken for a good sign."""
    unchecked = [f for f in rules.check_all(planned(environment), strict=True) if f.severity is Severity.UNCHECKED]

    assert any("aws_iam_role_policy" in finding.address for finding in unchecked)


@pytest.mark.extended
def test_every_row_of_the_tables_meets_a_value(
    planned: Callable[[str], Plan], bootstrapped: Plan, delivered: Plan
) -> None:
    """A row that meets nothing checks nothing, and looks as if it did."""
    plans = [*(planned(name) for name in PLANS), bootstrapped, delivered]

    assert unmet_rows(plans) == []


@pytest.mark.extended
def test_every_type_of_resource_is_looked_at(
    planned: Callable[[str], Plan], bootstrapped: Plan, delivered: Plan
) -> None:
    """A new type of resource must not slip in without its names and words being checked."""
    plans = [*(planned(name) for name in PLANS), bootstrapped, delivered]
    types = {resource.type for plan in plans for resource in plan.resources}

    assert types - {*MODELS, *LIMITS, *FREE} == set()
    assert {*MODELS, *LIMITS, *FREE} - types - declared_types() == set()


def declared_types() -> set[str]:
    """Types that modules and roots can make, though perhaps no environment chooses them."""
    files = [*ROOT.glob("modules/*/*.tf"), *ROOT.glob("terraform/*/*.tf")]
    return {kind for file in files for kind in re.findall(r'^resource "(\w+)"', file.read_text(), re.MULTILINE)}


def unmet_rows(plans: list[Plan]) -> list[str]:
    """Rows of the tables that no planned value meets, of types that are planned and settings that are made."""
    resources = [resource for plan in plans for resource in plan.resources]
    unmet = []
    tables: list[tuple[str, Iterable[str]]] = [*MODELS.items(), *LIMITS.items()]
    for kind, rows in tables:
        planned_ones = [resource for resource in resources if resource.type == kind]
        for attribute in rows if planned_ones else ():
            path = tuple(attribute.split("."))
            told = any(True for one in planned_ones for value in values_at(one.values, path) if value != "")
            if not told and not any(unknown(one.values, path) for one in planned_ones):
                unmet.append(f"{kind}.{attribute}")
    names = {str(one.values.get("name")).rpartition("/")[2] for one in resources if one.type == "aws_ssm_parameter"}
    return unmet + [f"setting {name}" for name in SETTINGS if name not in names]


def unknown(value: Any, path: tuple[str, ...]) -> bool:
    """Whether a value at the path will be known after the apply."""
    if isinstance(value, list):
        return any(unknown(one, path) for one in value)
    if path and isinstance(value, dict):
        return unknown(value.get(path[0]), path[1:])
    return type(value).__name__ == "Unknown"


@pytest.mark.extended
def test_a_row_that_meets_nothing_is_noticed(bootstrapped: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison has to see a misspelt attribute."""
    monkeypatch.setitem(MODELS, "aws_kms_key", {"key_usages": "kms.CreateKey.KeyUsage"})

    assert "aws_kms_key.key_usages" in unmet_rows([bootstrapped])
