"""An environment made whole under the role that its pipeline takes, and what these roles may not.

The account begins empty, IAM decides every request. Builds are stood for by their roles and by the address that hands
out their credentials, as CodeBuild has one; from there on everything is as in a pipeline.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGION, Gateway, free_port, policy
from tests.shipping.conftest import copy_clone

from localaws.privilege import decisions, policies

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.extended,
    pytest.mark.xdist_group("accounts"),
    pytest.mark.timeout(1800),
]

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "111111111111"  # dev's
ROLES = f"arn:aws:iam::{ACCOUNT}:role"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/stockcast-dev-boundary"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
FOR_LAMBDA = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
PROJECTS = {"apply": "infra-apply-dev", "plan": "infra-plan-dev", "release": "dags-dev"}
# All of it, awake; no rules for the lake, which S3 takes a minute to confirm.
VALUES = {
    "asleep": False,
    "retention": {"log_days": 30},
    "alerts": {"subscriptions": {"a": {"endpoint": "a@b.example"}}},
}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass
class Account:
    """dev's account: its gateway, what each command said, and the address that hands out a build's credentials."""

    gateway: Gateway
    home: Path
    credentials_url: str
    said: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)

    def make(self, step: str, *arguments: str, **variables: str) -> None:
        self.run(step, ROOT, "make", *arguments, **variables)

    def bootstrap(self, clone: Path) -> None:
        """By a person, in a clone whose values are quick: S3 takes a minute to confirm a lifecycle rule."""
        values = f'connection = null\ndelivery_account_id = "{ACCOUNT}"\nexpire_old_versions_days = null\n'
        (clone / "envs/account/bootstrap.tfvars").write_text(values)
        root = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "PYTHONPATH": str(clone / "src")}
        self.run("bootstrap", clone, sys.executable, "-m", "shipping.bootstrap", "--confirm", ACCOUNT, **root)

    def run(self, step: str, folder: Path, *command: str, **variables: str) -> None:
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STOCKCAST_"))}
        common = {
            "AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.gateway.url, "AWS_EC2_METADATA_DISABLED": "true",
            "STOCKCAST_HOME": str(self.home), "STOCKCAST_VAR_FILE": str(self.home / "values.json"),
            "TF_PLUGIN_CACHE_DIR": str(self.home / "plugins"),  # unpacked once for both roots
        }  # fmt: skip
        self.said[step] = subprocess.run(
            command, cwd=folder, env=outer | common | variables, capture_output=True, text=True, timeout=400,
            check=False,
        )  # fmt: skip

    def build(self, step: str, role: str, *targets: str) -> None:
        """Targets as the role's own build runs them."""
        build = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.credentials_url}/stockcast-delivery-{PROJECTS[role]}",
            "CODEBUILD_BUILD_ID": f"stockcast-delivery-{PROJECTS[role]}:1", "CODEBUILD_BUILD_NUMBER": "1",
            "DEPLOY_ROLE_ARN": f"{ROLES}/stockcast-dev-{role}", "ENVIRONMENT": "dev",
        }  # fmt: skip
        self.make(step, *targets, "ENV=dev", "CONFIRM=dev", **build)

    def told(self, step: str) -> str:
        return self.said[step].stdout + self.said[step].stderr

    def keys(self, *roles: str) -> dict[str, str]:
        """Credentials of the last role, taken by the one before it; root takes the first."""
        taken: dict[str, str] = {}
        for role in roles:
            found = self.sts(taken).assume_role(RoleArn=f"{ROLES}/{role}", RoleSessionName="build")["Credentials"]
            names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
            taken = dict(zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
                             (found[name] for name in names), strict=True))  # fmt: skip
        return taken

    def sts(self, keys: dict[str, str]) -> Any:
        return self.client("sts", keys) if keys else self.gateway.client("sts")

    def client(self, service: str, keys: dict[str, str]) -> Any:
        return boto3.session.Session().client(service, endpoint_url=self.gateway.url, region_name=REGION, **keys)

    def as_(self, role: str, service: str) -> Any:
        """A client of the deploy role, taken by its build."""
        return self.client(service, self.keys(f"stockcast-delivery-{PROJECTS[role]}", f"stockcast-dev-{role}"))


def credentials_server(keys: Callable[[str], dict[str, str]]) -> ThreadingHTTPServer:
    """What CodeBuild offers inside a build: GET /<role> gives its credentials."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = keys(self.path.strip("/"))
            answer = json.dumps({
                "AccessKeyId": found["aws_access_key_id"], "SecretAccessKey": found["aws_secret_access_key"],
                "Token": found["aws_session_token"], "Expiration": "2099-01-01T00:00:00Z",
            }).encode()  # fmt: skip
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def make_build_roles(iam: Any) -> None:
    """The home account's CodeBuild roles, as terraform/delivery names them, and one of another project."""
    for project in (*PROJECTS.values(), "infra-apply-prod"):
        name = f"stockcast-delivery-{project}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUST))
        iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=policy(("sts:AssumeRole", "*")))


def live_through(account: Account, clone: Path) -> None:
    account.bootstrap(clone)
    assert account.said["bootstrap"].returncode == 0, account.told("bootstrap")[-4000:]
    make_build_roles(account.gateway.client("iam"))
    account.build("apply", "apply", "plan", "apply")
    account.build("plan", "plan", "plan")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("deploy-roles")
    gateway = Gateway(folder, free_port(), account_id=ACCOUNT)
    made = Account(gateway, folder / "home", "")
    (made.home / "plugins").mkdir(parents=True)
    (made.home / "values.json").write_text(json.dumps(VALUES))
    server = credentials_server(lambda role: made.keys(role))
    made.credentials_url = f"http://127.0.0.1:{server.server_port}"
    try:
        gateway.await_health()
        live_through(made, copy_clone(folder / "clone"))
        yield made
    finally:
        server.shutdown()
        gateway.process.terminate()
        gateway.process.wait(20)


def denied(call: Callable[[], Any], action: str) -> None:
    with pytest.raises(ClientError, match=f"not authorized to perform: {action}"):
        call()


def refused(call: Callable[[], Any]) -> None:
    """By EC2, which has words of its own."""
    with pytest.raises(ClientError, match=r"UnauthorizedOperation|not authorized"):
        call()


def test_the_apply_role_makes_an_environment_whole(account: Account) -> None:
    """A right that is missing shows on AWS after half an hour, with half an environment standing."""
    assert account.said["apply"].returncode == 0, account.told("apply")[-6000:]
    assert "Apply complete!" in account.told("apply")


def test_everything_was_done_under_the_deploy_roles(account: Account) -> None:
    """Requests that root made would prove nothing about the roles."""
    seen = decisions.read(account.gateway.folder / "logs" / decisions.FILE_NAME)

    made = {one.action: one.role for one in seen if one.answer == "Allow"}
    assert made["airflow:CreateEnvironment"] == made["ec2:CreateVpc"] == made["iam:CreateRole"] == "stockcast-dev-apply"
    assert [str(one) for one in seen if one.answer != "Allow" and one.role == "stockcast-dev-apply"] == []


def test_the_plan_role_sees_all_that_stands(account: Account) -> None:
    """A plan that may not look at something calls it gone, or ends in the middle."""
    assert account.said["plan"].returncode == 0, account.told("plan")[-6000:]
    assert "No changes." in account.told("plan")


def test_the_plan_role_locks_and_changes_nothing(account: Account) -> None:
    """Plans run for every push, before anybody looked at it."""
    s3, state = account.as_("plan", "s3"), {"Bucket": f"stockcast-{ACCOUNT}-tfstate", "Key": "dev/platform.tfstate"}
    ssm, function = account.as_("plan", "ssm"), {"FunctionName": "stockcast-dev-ingest"}

    denied(lambda: s3.put_object(**state, Body=b"{}"), "s3:PutObject")
    denied(lambda: s3.delete_object(**state), "s3:DeleteObject")
    denied(lambda: ssm.put_parameter(Name="/stockcast/dev/symbols", Value="X", Overwrite=True), "ssm:PutParameter")
    denied(lambda: account.as_("plan", "lambda").delete_function(**function), "lambda:DeleteFunction")
    s3.put_object(**{**state, "Key": f"{state['Key']}.tflock"}, Body=b"{}")
    s3.delete_object(**{**state, "Key": f"{state['Key']}.tflock"})


def test_no_deploy_role_reaches_the_lake(account: Account) -> None:
    """Who deploys code needs no data; data that nobody can touch cannot leak through a build."""
    silver = {"Bucket": f"stockcast-dev-{ACCOUNT}-silver", "Key": "recent/AAPL.json"}
    account.gateway.client("s3").put_object(**silver, Body=b"{}")

    for role in PROJECTS:
        s3 = account.as_(role, "s3")
        with pytest.raises(ClientError, match="Access"):
            s3.put_object(**silver, Body=b"forged")
        with pytest.raises(ClientError, match="Access"):
            s3.get_object(**silver)
    assert account.gateway.client("s3").get_object(**silver)["Body"].read() == b"{}"


def test_only_the_named_builds_take_a_deploy_role(account: Account) -> None:
    """The home account has builds that run any commit's tests: those must not deploy."""
    prod = account.client("sts", account.keys("stockcast-delivery-infra-apply-prod"))
    plan = account.client("sts", account.keys("stockcast-delivery-infra-plan-dev"))
    wanted = {"RoleArn": f"{ROLES}/stockcast-dev-apply", "RoleSessionName": "build"}

    denied(lambda: prod.assume_role(**wanted), "sts:AssumeRole")
    denied(lambda: plan.assume_role(**wanted), "sts:AssumeRole")


def test_the_apply_role_cannot_touch_another_environment(account: Account) -> None:
    """A push that goes to dev without anybody's approval must not reach prod in the same account."""
    root = account.gateway.client("iam")
    root.create_role(RoleName="stockcast-prod-ingest", AssumeRolePolicyDocument=document(FOR_LAMBDA))
    vpc = account.gateway.client("ec2").create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    iam, ec2 = account.as_("apply", "iam"), account.as_("apply", "ec2")

    denied(lambda: iam.delete_role(RoleName="stockcast-prod-ingest"), "iam:DeleteRole")
    denied(lambda: account.as_("apply", "s3").create_bucket(Bucket=f"stockcast-prod-{ACCOUNT}-x"), "s3:CreateBucket")
    refused(lambda: ec2.delete_vpc(VpcId=vpc))
    refused(lambda: ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Environment", "Value": "dev"}]))


def test_the_apply_role_makes_no_role_without_the_boundary(account: Account) -> None:
    """Such a role could do what its maker may not, and hand it to a function."""
    iam = account.as_("apply", "iam")
    free = {"RoleName": "stockcast-dev-free", "AssumeRolePolicyDocument": document(FOR_LAMBDA)}

    denied(lambda: iam.create_role(**free), "iam:CreateRole")
    denied(lambda: iam.create_role(**free, PermissionsBoundary=ADMIN), "iam:CreateRole")
    iam.create_role(**free, PermissionsBoundary=BOUNDARY)
    denied(lambda: iam.put_role_permissions_boundary(RoleName="stockcast-dev-free", PermissionsBoundary=ADMIN),
           "iam:PutRolePermissionsBoundary")  # fmt: skip
    denied(lambda: iam.delete_role_permissions_boundary(RoleName="stockcast-dev-free"),
           "iam:DeleteRolePermissionsBoundary")  # fmt: skip
    denied(lambda: iam.attach_role_policy(RoleName="stockcast-dev-free", PolicyArn=ADMIN), "iam:AttachRolePolicy")
    iam.delete_role(RoleName="stockcast-dev-free")


def test_the_apply_role_cannot_widen_a_deploy_role(account: Account) -> None:
    """Then every limit above would be one push away."""
    iam = account.as_("apply", "iam")
    own = f"arn:aws:iam::{ACCOUNT}:policy/stockcast-dev-deploy-apply-roles"
    everything = policy(("*", "*"))

    for role in PROJECTS:
        of = {"RoleName": f"stockcast-dev-{role}"}
        more = {**of, "PolicyName": "x", "PolicyDocument": everything}
        denied(lambda more=more: iam.put_role_policy(**more), "iam:PutRolePolicy")
        denied(lambda of=of: iam.attach_role_policy(**of, PolicyArn=ADMIN), "iam:AttachRolePolicy")
        denied(lambda of=of: iam.update_assume_role_policy(**of, PolicyDocument=document(TRUST)),
               "iam:UpdateAssumeRolePolicy")  # fmt: skip
        denied(lambda of=of: iam.put_role_permissions_boundary(**of, PermissionsBoundary=BOUNDARY),
               "iam:PutRolePermissionsBoundary")  # fmt: skip
        denied(lambda of=of: iam.delete_role(**of), "iam:DeleteRole")
    denied(lambda: iam.create_policy_version(PolicyArn=own, PolicyDocument=everything), "iam:CreatePolicyVersion")
    denied(lambda: iam.create_policy(PolicyName="stockcast-dev-x", PolicyDocument=everything), "iam:CreatePolicy")


def test_the_apply_role_cannot_rewrite_the_boundary(account: Account) -> None:
    """The roles that it makes are held by that text alone: who may write `*` into it is an administrator."""
    iam, of = account.as_("apply", "iam"), {"PolicyArn": BOUNDARY}
    rewritten = {**of, "PolicyDocument": policy(("*", "*"))}

    denied(lambda: iam.create_policy_version(**rewritten, SetAsDefault=True), "iam:CreatePolicyVersion")
    denied(lambda: iam.create_policy_version(**rewritten), "iam:CreatePolicyVersion")
    denied(lambda: iam.set_default_policy_version(**of, VersionId="v1"), "iam:SetDefaultPolicyVersion")
    denied(lambda: iam.delete_policy_version(**of, VersionId="v1"), "iam:DeletePolicyVersion")
    denied(lambda: iam.delete_policy(**of), "iam:DeletePolicy")


def test_the_apply_role_lends_the_environments_roles_to_their_services_alone(account: Account) -> None:
    """A function that runs under somebody else's role does what that role may."""
    role = policies.of_role(account.gateway.client("iam"), "stockcast-dev-apply")

    def may_pass(name: str, service: str) -> bool:
        asked = (("iam:passedtoservice", f"{service}.amazonaws.com"),)
        lent = decisions.Decision("role/stockcast-dev-apply", "iam:PassRole", f"{ROLES}/{name}", REGION, asked, "")
        return role.allows(lent)

    assert may_pass("stockcast-dev-ingest", "lambda")
    assert not may_pass("stockcast-dev-ingest", "codebuild")
    assert not may_pass("stockcast-dev-ingest", "ec2")
    for other in (
        "stockcast-dev-apply",
        "stockcast-dev-plan",
        "stockcast-dev-review",
        "stockcast-prod-ingest",
        "admin",
    ):
        assert not may_pass(other, "lambda")


def test_the_apply_role_takes_over_nothing_that_others_left_untagged(account: Account) -> None:
    """One tag would make it ours, and what is ours may be opened and removed."""
    root = account.gateway.client("ec2")
    vpc = root.create_vpc(CidrBlock="10.98.0.0/16")["Vpc"]["VpcId"]
    group = root.create_security_group(GroupName="theirs", Description="theirs", VpcId=vpc)["GroupId"]
    ours = [{"Key": "Environment", "Value": "dev"}, {"Key": "Project", "Value": "stockcast"}]
    closed = [*ours, {"Key": "Name", "Value": "stockcast-dev-closed"}]
    anybody = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ruled = [{"ResourceType": "security-group-rule", "Tags": ours}]
    ec2 = account.as_("apply", "ec2")

    refused(lambda: ec2.create_tags(Resources=[group], Tags=ours))
    refused(lambda: ec2.create_subnet(VpcId=vpc, CidrBlock="10.98.0.0/20",
                                      TagSpecifications=[{"ResourceType": "subnet", "Tags": ours}]))  # fmt: skip
    open_it = {"GroupId": group, "IpPermissions": anybody, "TagSpecifications": ruled}
    refused(lambda: ec2.authorize_security_group_ingress(**open_it))
    ec2.create_tags(Resources=[group], Tags=closed)
    refused(lambda: ec2.authorize_security_group_ingress(**open_it))
    refused(lambda: ec2.create_tags(Resources=[group], Tags=[{"Key": "Name", "Value": "stockcast-dev-airflow"}]))
    refused(lambda: ec2.delete_tags(Resources=[group], Tags=[{"Key": "Name"}]))
    refused(lambda: ec2.delete_security_group(GroupId=group))


def test_the_release_role_writes_dags_and_nothing_else(account: Account) -> None:
    """A DAG's push must not exchange what Terraform put beside the DAGs."""
    s3, bucket = account.as_("release", "s3"), f"stockcast-dev-{ACCOUNT}-airflow"

    s3.put_object(Bucket=bucket, Key="dags/a.py", Body=b"")
    denied(lambda: s3.put_object(Bucket=bucket, Key="requirements.txt", Body=b""), "s3:PutObject")
    denied(lambda: account.as_("release", "iam").get_role(RoleName="stockcast-dev-ingest"), "iam:GetRole")
