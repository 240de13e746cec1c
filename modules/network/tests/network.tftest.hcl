mock_provider "aws" {
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
}

variables { name_prefix = "stockcast-dev" }

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
