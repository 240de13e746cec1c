"""EC2 keeps what Terraform asked for."""

from __future__ import annotations

import json

from tests.localaws.helpers import ACCOUNT, Gateway, policy


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


def test_a_gateway_endpoint_keeps_its_policy(gateway: Gateway) -> None:
    """What limits the endpoint to our buckets was dropped."""
    ec2 = gateway.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.4.0.0/16")["Vpc"]["VpcId"]
    document = policy(("s3:GetObject", "arn:aws:s3:::ours/*"))

    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", PolicyDocument=document)

    [described] = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpoint"]["VpcEndpointId"]])["VpcEndpoints"]
    assert json.loads(described["PolicyDocument"]) == json.loads(document)


def test_a_rule_keeps_its_prefix_list(gateway: Gateway) -> None:
    """The way to S3 through a gateway endpoint; without the list every plan failed."""
    ec2 = gateway.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="to-s3", Description="d", VpcId=vpc)["GroupId"]
    [s3] = [p for p in ec2.describe_prefix_lists()["PrefixLists"] if p["PrefixListName"].endswith("us-east-1.s3")]
    way = {"PrefixListId": s3["PrefixListId"], "Description": "S3"}
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [way]}

    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])

    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    [found] = [rule for rule in rules if rule.get("FromPort") == 443]
    assert (found["PrefixListId"], found["Description"]) == (s3["PrefixListId"], "S3")


def test_a_flow_log_into_a_bucket_is_described_whole(gateway: Gateway) -> None:
    """Tags, interval and options were dropped, and each plan made it anew."""
    ec2 = gateway.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    options = {"FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": False}
    tags = [{"Key": "Project", "Value": "toys"}]

    [made] = ec2.create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogDestinationType="s3", MaxAggregationInterval=60,
        LogDestination="arn:aws:s3:::logs/flow-logs/", DestinationOptions=options,
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": tags}],
    )["FlowLogIds"]  # fmt: skip

    [described] = ec2.describe_flow_logs(FlowLogIds=[made])["FlowLogs"]
    assert described["MaxAggregationInterval"] == 60
    assert described["DestinationOptions"] == options
    assert described["Tags"] == tags
    assert described["LogFormat"].startswith("${version} ${account-id}")
    assert "LogGroupName" not in described


def test_a_flow_log_into_a_log_group_names_group_and_role(gateway: Gateway) -> None:
    """AWS writes it under that role."""
    ec2 = gateway.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    role = f"arn:aws:iam::{ACCOUNT}:role/flow"

    [made] = ec2.create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="REJECT", DeliverLogsPermissionArn=role,
        LogDestination=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/toys/flow", LogDestinationType="cloud-watch-logs",
    )["FlowLogIds"]  # fmt: skip

    [described] = ec2.describe_flow_logs(FlowLogIds=[made])["FlowLogs"]
    assert (described["LogGroupName"], described["DeliverLogsPermissionArn"]) == ("/toys/flow", role)
    assert described["MaxAggregationInterval"] == 600
