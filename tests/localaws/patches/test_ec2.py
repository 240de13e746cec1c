"""EC2 keeps what Terraform asked for."""

from __future__ import annotations

from tests.localaws.helpers import Gateway


def test_an_interface_endpoint_keeps_groups_and_private_dns(gateway: Gateway) -> None:
    """Both were dropped."""
    ec2 = gateway.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="endpoints", Description="d", VpcId=vpc)["GroupId"]

    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.logs", VpcEndpointType="Interface", SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    described = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]

    assert [g["GroupId"] for g in described["Groups"]] == [group]
    assert described["PrivateDnsEnabled"] is True


def test_a_groups_default_egress_rule_can_be_replaced(gateway: Gateway) -> None:
    """Terraform takes it away by naming ports 0 to 0, and makes its own with description and tags."""
    ec2 = gateway.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="tagged", Description="d", VpcId=vpc)["GroupId"]
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "Project", "Value": "toys"}]}]
    default = {"IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    own = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "outwards"}]}

    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[default])
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[own], TagSpecifications=tags)

    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert [(rule["Description"], rule["Tags"]) for rule in rules] == [
        ("outwards", [{"Key": "Project", "Value": "toys"}])
    ]
