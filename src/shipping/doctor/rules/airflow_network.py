"""Where MWAA stands: it tries its subnets while it is made, and they cannot be changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan, Resource

# What Airflow has to reach without a NAT; s3 by its gateway, the others by interfaces.
ENDPOINTS = (
    "airflow.api",
    "airflow.env",
    "airflow.ops",
    "ecr.api",
    "ecr.dkr",
    "kms",
    "logs",
    "monitoring",
    "s3",
    "sqs",
)
SUBNETS = "network_configuration.0.subnet_ids"
GROUPS = "network_configuration.0.security_group_ids"


def subnets(plan: Plan, environment: Resource) -> list[Resource]:
    return plan.linked(environment, SUBNETS, "aws_subnet")


def stands_in_two_zones(plan: Plan) -> Iterator[Finding]:
    for environment in plan.of_type("aws_mwaa_environment"):
        found = subnets(plan, environment)
        zones = {subnet.get("availability_zone") for subnet in found}
        if found and (len(found) != 2 or (UNKNOWN not in zones and len(zones) != 2)):
            yield Finding(
                "MWAA takes exactly two subnets, in two zones",
                environment.address,
                f"in {len(found)} subnets in the zones {', '.join(sorted(map(str, zones)))}",
                "Give network.zones two letters of zones that the region has.",
            )


def tables(plan: Plan, subnet: Resource) -> list[Resource]:
    """The route table of a subnet; the main one, which a subnet without its own falls to, has no route of ours."""
    return [
        table
        for association in plan.of_type("aws_route_table_association")
        if subnet in plan.linked(association, "subnet_id", "aws_subnet")
        for table in plan.linked(association, "route_table_id", "aws_route_table")
    ]


def routes(plan: Plan, subnet: Resource) -> list[Resource]:
    own = tables(plan, subnet)
    return [
        route
        for route in plan.of_type("aws_route")
        if any(table in own for table in plan.linked(route, "route_table_id", "aws_route_table"))
    ]


def stands_in_private_subnets(plan: Plan) -> Iterator[Finding]:
    for environment in plan.of_type("aws_mwaa_environment"):
        for subnet in subnets(plan, environment):
            for route in routes(plan, subnet):
                if _written(plan, route) and plan.linked(route, "gateway_id", "aws_internet_gateway"):
                    yield Finding(
                        "MWAA's subnets have no route to an internet gateway",
                        environment.address,
                        f"in {subnet.address}, whose route {route.address} leads to one",
                        "Route 0.0.0.0/0 to a NAT, or take the route away and use endpoints.",
                    )


def _written(plan: Plan, route: Resource) -> bool:
    """Whether a route names a gateway at all: AWS fills in the other kinds of targets as well."""
    return route.values.get("gateway_id") is not UNKNOWN or bool(
        plan.configuration.targets(route.module, route.type, route.name, "gateway_id")
    )


def has_a_way_out(plan: Plan) -> Iterator[Finding]:
    for environment in plan.of_type("aws_mwaa_environment"):
        for subnet in subnets(plan, environment):
            missing = missing_endpoints(plan, subnet)
            if missing and not any(
                plan.linked(route, "nat_gateway_id", "aws_nat_gateway") for route in routes(plan, subnet)
            ):
                yield Finding(
                    "MWAA reaches AWS through a NAT or through endpoints in both of its subnets",
                    environment.address,
                    f"in {subnet.address}, which has no NAT and no endpoint of {', '.join(missing)}",
                    'Set network.nat to "single" or "per_zone", or network.endpoints to true.',
                )


def missing_endpoints(plan: Plan, subnet: Resource) -> list[str]:
    """Which of the services a subnet does not reach by an endpoint."""
    reached = {
        _service(plan, endpoint) for endpoint in plan.of_type("aws_vpc_endpoint") if _serves(plan, endpoint, subnet)
    }
    return [service for service in ENDPOINTS if service not in reached]


def _service(plan: Plan, endpoint: Resource) -> str:
    return str(endpoint.get("service_name")).removeprefix(f"com.amazonaws.{plan.region}.")


def _serves(plan: Plan, endpoint: Resource, subnet: Resource) -> bool:
    """An interface by a name that the VPC resolves to it, a gateway by the subnet's route table."""
    if endpoint.get("vpc_endpoint_type") == "Interface":
        stands_here = subnet in plan.linked(endpoint, "subnet_ids", "aws_subnet")
        return stands_here and endpoint.get("private_dns_enabled") is True
    own = tables(plan, subnet)
    return any(table in own for table in plan.linked(endpoint, "route_table_ids", "aws_route_table"))


def endpoints_let_the_vpc_in(plan: Plan) -> Iterator[Finding]:
    for endpoint in plan.of_type("aws_vpc_endpoint"):
        if endpoint.get("vpc_endpoint_type") != "Interface":
            continue
        groups = plan.linked(endpoint, "security_group_ids", "aws_security_group")
        if not any(_lets_https_in(plan, one, groups) for one in plan.of_type("aws_vpc_security_group_ingress_rule")):
            yield Finding(
                "an endpoint lets HTTPS in from the VPC",
                endpoint.address,
                "behind a security group without such a rule",
                "Allow tcp 443 from the VPC's range to the endpoints' group.",
            )


def _lets_https_in(plan: Plan, rule: Resource, groups: list[Resource]) -> bool:
    ours = plan.linked(rule, "security_group_id", "aws_security_group")
    open_to_https = rule.get("ip_protocol") == "-1" or (rule.get("ip_protocol"), rule.get("to_port")) == ("tcp", 443)
    return open_to_https and any(group in groups for group in ours)


def nats_reach_the_internet(plan: Plan) -> Iterator[Finding]:
    for nat in plan.of_type("aws_nat_gateway"):
        for subnet in plan.linked(nat, "subnet_id", "aws_subnet"):
            ways = [
                r
                for r in routes(plan, subnet)
                if _written(plan, r) and plan.linked(r, "gateway_id", "aws_internet_gateway")
            ]
            if not ways:
                yield Finding(
                    "a NAT stands in a subnet with a route to an internet gateway",
                    nat.address,
                    f"in {subnet.address}, which has none",
                    "Put the NAT into a public subnet.",
                )


def parts_reach_each_other(plan: Plan) -> Iterator[Finding]:
    rule = "MWAA's security group lets everything in from itself and everything out"
    for environment in plan.of_type("aws_mwaa_environment"):
        for group in plan.linked(environment, GROUPS, "aws_security_group"):
            inwards = [
                one
                for one in plan.of_type("aws_vpc_security_group_ingress_rule")
                if group in plan.linked(one, "security_group_id", "aws_security_group")
                and one.get("ip_protocol") == "-1"
                and group in plan.linked(one, "referenced_security_group_id", "aws_security_group")
            ]
            outwards = [
                one
                for one in plan.of_type("aws_vpc_security_group_egress_rule")
                if group in plan.linked(one, "security_group_id", "aws_security_group")
                and (one.get("ip_protocol"), one.get("cidr_ipv4")) == ("-1", "0.0.0.0/0")
            ]
            for ways, which in ((inwards, "from itself"), (outwards, "outwards")):
                if not ways:
                    yield Finding(
                        rule,
                        group.address,
                        f"without a rule that allows all {which}",
                        "Add the rule to modules/network.",
                    )


def resolves_names(plan: Plan) -> Iterator[Finding]:
    for vpc in plan.of_type("aws_vpc"):
        for attribute in ("enable_dns_hostnames", "enable_dns_support"):
            if vpc.get(attribute) is False:
                yield Finding(
                    "MWAA and private endpoints need the VPC's DNS support and host names",
                    vpc.address,
                    f"made with {attribute} = false",
                    f"Set {attribute} to true.",
                )


RULES = (
    stands_in_two_zones,
    stands_in_private_subnets,
    has_a_way_out,
    endpoints_let_the_vpc_in,
    nats_reach_the_internet,
    parts_reach_each_other,
    resolves_names,
)
