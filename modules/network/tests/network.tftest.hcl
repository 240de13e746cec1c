mock_provider "aws" {
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
}

variables {
  name_prefix     = "stockcast-dev"
  logs_bucket_arn = "arn:aws:s3:::stockcast-dev-111111111111-logs"
}

run "two_private_and_two_public_subnets_do_not_overlap" {
  command = plan
  assert {
    condition = [for s in concat(values(aws_subnet.private), values(aws_subnet.public)) : [s.availability_zone, s.cidr_block]] == [
      ["us-east-1a", "10.20.0.0/20"], ["us-east-1b", "10.20.16.0/20"],
      ["us-east-1a", "10.20.128.0/20"], ["us-east-1b", "10.20.144.0/20"],
    ]
    error_message = "The subnets are ${jsonencode(concat(values(aws_subnet.private)[*].cidr_block, values(aws_subnet.public)[*].cidr_block))}."
  }
}

run "one_nat_carries_both_zones" {
  assert {
    condition     = keys(aws_nat_gateway.this) == ["a"] && keys(aws_route.nat) == ["a", "b"]
    error_message = "NATs stand in ${jsonencode(keys(aws_nat_gateway.this))}, routes in ${jsonencode(keys(aws_route.nat))}."
  }
}

run "a_nat_per_zone_keeps_each_zone_on_its_own" {
  variables { network = { nat = "per_zone" } }
  assert {
    condition     = alltrue([for letter in ["a", "b"] : aws_route.nat[letter].nat_gateway_id == aws_nat_gateway.this[letter].id])
    error_message = "Some zone leaves through the other one's NAT."
  }
}

run "without_nat_nothing_leaves_and_nothing_costs" {
  command = plan
  variables { network = { nat = "none" } }
  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && length(aws_route.nat) == 0
    error_message = "A NAT, its address or a route is left."
  }
}

run "nothing_gets_a_public_address_by_itself" {
  command = plan
  assert {
    condition     = alltrue([for s in concat(values(aws_subnet.private), values(aws_subnet.public)) : !s.map_public_ip_on_launch])
    error_message = "Some subnet hands out public addresses."
  }
}

run "endpoints_lead_from_both_private_subnets_by_the_services_own_names" {
  variables { network = { endpoints = true, nat = "none" } }
  assert {
    condition = alltrue([
      for service in ["airflow.api", "airflow.env", "airflow.ops", "ecr.api", "ecr.dkr", "kms", "logs", "monitoring", "sqs"] :
      aws_vpc_endpoint.interface[service].service_name == "com.amazonaws.us-east-1.${service}"
    ])
    error_message = "Airflow cannot do without some service; reached are ${jsonencode(keys(aws_vpc_endpoint.interface))}."
  }
  assert {
    condition = alltrue([
      for endpoint in aws_vpc_endpoint.interface :
      endpoint.private_dns_enabled && endpoint.vpc_endpoint_type == "Interface" && endpoint.subnet_ids == toset(values(aws_subnet.private)[*].id)
    ])
    error_message = "Some endpoint is reached by another name or from one zone only."
  }
  assert {
    condition     = output.endpoint_count == 17 && output.nat_count == 0
    error_message = "${output.endpoint_count} endpoints and ${output.nat_count} NATs stand."
  }
}

run "endpoints_answer_https_from_within_the_vpc_alone" {
  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.from_vpc.cidr_ipv4 == "10.20.0.0/16" &&
      aws_vpc_security_group_ingress_rule.from_vpc.from_port == 443 && aws_vpc_security_group_ingress_rule.from_vpc.to_port == 443
    )
    error_message = "Let in is ${jsonencode(aws_vpc_security_group_ingress_rule.from_vpc)}."
  }
}

run "without_endpoints_s3_is_still_reached_by_its_free_gateway" {
  assert {
    condition     = output.endpoint_count == 0 && aws_vpc_endpoint.s3.route_table_ids == toset(values(aws_route_table.private)[*].id)
    error_message = "${output.endpoint_count} endpoints stand; S3 hangs on ${jsonencode(aws_vpc_endpoint.s3.route_table_ids)}."
  }
}

run "what_is_free_stays_while_nobody_needs_the_way_out" {
  command = plan
  variables { network = { endpoints = false, nat = "none" } }
  assert {
    condition     = aws_security_group.endpoints.name == "stockcast-dev-endpoints" && aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "The endpoints' group or the gateway to S3 went to sleep as well."
  }
}

run "refused_connections_are_noted_in_the_logs_bucket" {
  command = plan
  assert {
    condition = (
      one(aws_flow_log.this).traffic_type == "REJECT" &&
      one(aws_flow_log.this).log_destination == "arn:aws:s3:::stockcast-dev-111111111111-logs/flow-logs/"
    )
    error_message = "Noted is ${jsonencode(one(aws_flow_log.this).traffic_type)} in ${one(aws_flow_log.this).log_destination}."
  }
}

run "flow_logs_can_be_left_out" {
  command = plan
  variables { network = { flow_logs = "NONE" } }
  assert {
    condition     = length(aws_flow_log.this) == 0
    error_message = "A flow log is left."
  }
}

run "without_a_bucket_there_are_no_flow_logs" {
  command = plan
  variables { logs_bucket_arn = null }
  assert {
    condition     = length(aws_flow_log.this) == 0
    error_message = "A flow log goes to ${try(aws_flow_log.this[0].log_destination, "nowhere")}."
  }
}

run "the_group_lets_in_its_own_parts_alone" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.own_parts.referenced_security_group_id == aws_security_group.airflow.id
    error_message = "Somebody else is let in."
  }
}

run "a_range_that_is_too_small_is_refused" {
  command = plan
  variables { network = { cidr = "10.20.0.0/26" } }
  expect_failures = [var.network]
}

run "an_unknown_kind_of_nat_is_refused" {
  command = plan
  variables { network = { nat = "double" } }
  expect_failures = [var.network]
}

run "three_zones_are_refused" {
  command = plan
  variables { network = { zones = ["a", "b", "c"] } }
  expect_failures = [var.network]
}

run "a_range_that_is_too_large_is_refused" {
  command = plan
  variables { network = { cidr = "10.0.0.0/8" } }
  expect_failures = [var.network]
}

run "an_address_within_a_range_is_refused" {
  command = plan
  variables { network = { cidr = "10.20.7.0/16" } }
  expect_failures = [var.network]
}

run "flow_logs_of_some_traffic_are_refused" {
  command = plan
  variables { network = { flow_logs = "SOME" } }
  expect_failures = [var.network]
}

run "a_prefix_with_capitals_is_refused" {
  command = plan
  variables { name_prefix = "Stockcast" }
  expect_failures = [var.name_prefix]
}
