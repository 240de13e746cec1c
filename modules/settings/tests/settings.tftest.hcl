mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
}

variables {
  prefix = "/stockcast/dev"
  values = { endpoint = "stockcast-dev-forecasts", symbols = "AMZN,^GSPC" }
}

run "every_value_becomes_a_parameter_under_the_prefix" {
  assert {
    condition     = output.names == { endpoint = "/stockcast/dev/endpoint", symbols = "/stockcast/dev/symbols" }
    error_message = "The parameters are ${jsonencode(output.names)}."
  }
}

run "a_reader_is_let_in_to_this_prefix_only" {
  assert {
    condition     = output.grants.read_settings.resources == ["arn:aws:ssm:us-east-1:111111111111:parameter/stockcast/dev/*"]
    error_message = "The grant opens ${jsonencode(output.grants.read_settings.resources)}."
  }
}

run "an_empty_value_is_refused" {
  command = plan
  variables { values = { endpoint = "" } }
  expect_failures = [var.values]
}

run "a_name_with_capitals_is_refused" {
  command = plan
  variables { values = { Endpoint = "stockcast-dev-forecasts" } }
  expect_failures = [var.values]
}

run "a_prefix_that_aws_keeps_for_itself_is_refused" {
  command = plan
  variables { prefix = "/aws/stockcast" }
  expect_failures = [var.prefix]
}
