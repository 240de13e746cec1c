"""IAM is asked about the thing that a request names, with the keys that conditions look at."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, REGION, Gateway, role_client, trust

from localaws.patches import iam_requests

HERE = f"{REGION}:{ACCOUNT}"
OURS = {"StringEquals": {"aws:ResourceTag/Environment": "ours"}}
GETS_OURS = {"StringEquals": {"aws:RequestTag/Environment": "ours"}}
TAGS = [{"Key": "Environment", "Value": "ours"}]
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/asked-boundary"


def allow(
    actions: str | list[str], resources: str | list[str], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    told = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return told | ({"Condition": condition} if condition else {})


@pytest.fixture
def acting(gateway: Gateway, iam: Any) -> Callable[..., Any]:
    """A client of a role with these statements."""

    def act(service: str, *statements: dict[str, Any]) -> Any:
        name = f"asked-{len(iam.list_roles()['Roles'])}"
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("codebuild.amazonaws.com"))["Role"]["Arn"]
        document = {"Version": "2012-10-17", "Statement": statements}
        iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=json.dumps(document))
        return role_client(gateway, made, service)

    return act


def refused(call: Callable[[], Any]) -> None:
    with pytest.raises(ClientError) as raised:
        call()
    assert raised.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def test_a_dashboard_an_alias_a_policy_and_a_database_are_asked_for_by_name(acting: Callable[..., Any]) -> None:
    """Deploy roles name what is ours; asked about `*`, all of them would be refused, or all allowed."""
    dashboard = acting("cloudwatch", allow("cloudwatch:PutDashboard", f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/ours"))
    database = acting("glue", allow("glue:CreateDatabase", f"arn:aws:glue:{HERE}:database/ours"))
    policies = acting("iam", allow("iam:CreatePolicy", f"arn:aws:iam::{ACCOUNT}:policy/ours"))
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:GetObject", "*")]})

    dashboard.put_dashboard(DashboardName="ours", DashboardBody='{"widgets": []}')
    database.create_database(DatabaseInput={"Name": "ours"})
    policies.create_policy(PolicyName="ours", PolicyDocument=document)

    refused(lambda: dashboard.put_dashboard(DashboardName="theirs", DashboardBody='{"widgets": []}'))
    refused(lambda: database.create_database(DatabaseInput={"Name": "theirs"}))
    refused(lambda: policies.create_policy(PolicyName="theirs", PolicyDocument=document))


def test_a_function_and_repositories_are_asked_for_by_name(acting: Callable[..., Any]) -> None:
    """A function is named in the body of the request that makes it."""
    functions = acting("lambda", allow("lambda:CreateFunction", f"arn:aws:lambda:{HERE}:function:ours"))
    ecr = acting("ecr", allow("ecr:DescribeRepositories", f"arn:aws:ecr:{HERE}:repository/ours"))
    made = {
        "Role": f"arn:aws:iam::{ACCOUNT}:role/x",
        "Code": {"ZipFile": b""},
        "Runtime": "python3.12",
        "Handler": "h.h",
    }

    refused(lambda: functions.create_function(FunctionName="theirs", **made))
    refused(lambda: ecr.describe_repositories(repositoryNames=["theirs"]))
    with pytest.raises(ClientError) as missing:
        ecr.describe_repositories(repositoryNames=["ours"])
    assert missing.value.response["Error"]["Code"] == "RepositoryNotFoundException"


def test_several_settings_are_asked_for_by_name(gateway: Gateway, acting: Callable[..., Any]) -> None:
    """Who may read one environment's settings must be let in here, and kept out of the other's."""
    for name in ("/ours/a", "/theirs/a"):
        gateway.client("ssm").put_parameter(Name=name, Value="x", Type="String")
    ssm = acting("ssm", allow("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/ours/*"))

    assert ssm.get_parameters(Names=["/ours/a"])["Parameters"][0]["Value"] == "x"
    refused(lambda: ssm.get_parameters(Names=["/theirs/a"]))


def test_of_several_things_each_one_is_asked_about(gateway: Gateway, acting: Callable[..., Any]) -> None:
    """One of ours at the head of the list would open, or delete, everybody's behind it."""
    for name in ("/ours/a", "/ours/b", "/theirs/a"):
        gateway.client("ssm").put_parameter(Name=name, Value="x", Type="String", Overwrite=True)
    may = ["ssm:GetParameters", "ssm:DeleteParameters"]
    ssm = acting("ssm", allow(may, f"arn:aws:ssm:{HERE}:parameter/ours/*"))
    alarms = acting("cloudwatch", allow("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{HERE}:alarm:ours-*"))
    dashboard = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/ours-*"
    dashboards = acting("cloudwatch", allow("cloudwatch:DeleteDashboards", dashboard))
    ecr = acting("ecr", allow("ecr:DescribeRepositories", f"arn:aws:ecr:{HERE}:repository/ours"))

    assert len(ssm.get_parameters(Names=["/ours/a", "/ours/b"])["Parameters"]) == 2
    alarms.delete_alarms(AlarmNames=["ours-1", "ours-2"])

    refused(lambda: ssm.get_parameters(Names=["/ours/a", "/theirs/a"]))
    refused(lambda: ssm.delete_parameters(Names=["/ours/a", "/theirs/a"]))
    refused(lambda: alarms.delete_alarms(AlarmNames=["ours-1", "theirs"]))
    refused(lambda: dashboards.delete_dashboards(DashboardNames=["ours-1", "theirs"]))
    refused(lambda: ecr.describe_repositories(repositoryNames=["ours", "theirs"]))
    assert gateway.client("ssm").get_parameter(Name="/ours/a")["Parameter"]["Value"] == "x"


def test_a_list_in_a_form_is_asked_about_whole() -> None:
    """An SDK that sends forms numbers the members of a list, where boto3 sends JSON."""
    form = {"AlarmNames.member.1": ["ours"], "AlarmNames.member.2": ["theirs"]}

    several = iam_requests._cloudwatch("DeleteAlarms", "/", iam_requests._asked(b"", form))

    assert several == ["alarm:ours", "alarm:theirs"]


def test_ec2_asks_about_each_thing_that_gets_a_tag(gateway: Gateway, acting: Callable[..., Any]) -> None:
    """A tag makes a thing ours: the next request could delete it."""
    root = gateway.client("ec2")
    mine, theirs = (root.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (11, 12))
    root.create_tags(Resources=[mine], Tags=TAGS)
    ec2 = acting("ec2", allow("ec2:CreateTags", f"arn:aws:ec2:{HERE}:vpc/*", OURS))

    ec2.create_tags(Resources=[mine], Tags=[{"Key": "a", "Value": "b"}])

    refused(lambda: ec2.create_tags(Resources=[mine, theirs], Tags=TAGS))
    for vpc in (mine, theirs):
        root.delete_vpc(VpcId=vpc)


def test_budgets_know_two_actions(acting: Callable[..., Any]) -> None:
    """AWS calls them ViewBudget and ModifyBudget, and a policy with the operations' names grants nothing there."""
    budgets = acting("budgets", allow("budgets:ModifyBudget", f"arn:aws:budgets::{ACCOUNT}:budget/ours"))
    wrong = acting("budgets", allow("budgets:CreateBudget", "*"))
    budget = {
        "BudgetName": "ours",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "1", "Unit": "USD"},
    }

    budgets.create_budget(AccountId=ACCOUNT, Budget=budget)

    refused(lambda: budgets.create_budget(AccountId=ACCOUNT, Budget={**budget, "BudgetName": "theirs"}))
    refused(lambda: wrong.create_budget(AccountId=ACCOUNT, Budget=budget))


def test_ec2_tells_the_tags_that_its_things_get_and_have(gateway: Gateway, acting: Callable[..., Any]) -> None:
    """EC2 names by chance, so tags are all that keeps two environments of an account apart."""
    root = gateway.client("ec2")
    theirs = root.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ec2 = acting("ec2", allow("ec2:CreateVpc", f"arn:aws:ec2:{HERE}:vpc/*", GETS_OURS),
                 allow(["ec2:CreateTags", "ec2:DeleteVpc"], f"arn:aws:ec2:{HERE}:vpc/*", OURS))  # fmt: skip

    tagged = [{"ResourceType": "vpc", "Tags": TAGS}]
    mine = ec2.create_vpc(CidrBlock="10.2.0.0/16", TagSpecifications=tagged)["Vpc"]["VpcId"]

    refused(lambda: ec2.create_vpc(CidrBlock="10.3.0.0/16"))
    refused(lambda: ec2.create_tags(Resources=[theirs], Tags=TAGS))
    refused(lambda: ec2.delete_vpc(VpcId=theirs))
    ec2.delete_vpc(VpcId=mine)
    root.delete_vpc(VpcId=theirs)


def test_a_roles_boundary_is_told_when_it_is_made_and_when_it_gets_rights(iam: Any, acting: Callable[..., Any]) -> None:
    """Without it the deploy roles could make roles that exceed the environment, and nobody would see it here."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:GetObject", "*")]})
    iam.create_policy(PolicyName="asked-boundary", PolicyDocument=document)
    iam.create_role(RoleName="asked-free", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    bounded = {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
    maker = acting("iam", allow(["iam:CreateRole", "iam:PutRolePolicy"], "*", bounded))
    wanted = {"RoleName": "asked-bounded", "AssumeRolePolicyDocument": trust("lambda.amazonaws.com")}

    refused(lambda: maker.create_role(**wanted))
    refused(lambda: maker.put_role_policy(RoleName="asked-free", PolicyName="x", PolicyDocument=document))
    maker.create_role(**wanted, PermissionsBoundary=BOUNDARY)
    maker.put_role_policy(RoleName="asked-bounded", PolicyName="x", PolicyDocument=document)
