mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/stockcast-dev-ingest" }
  }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/stockcast-dev-ingest" } }
  mock_resource "aws_lambda_function" { defaults = { arn = "arn:aws:lambda:us-east-1:111111111111:function:stockcast-dev-ingest" } }
}

variables {
  name        = "stockcast-dev-ingest"
  description = "Brings bars into bronze."
  package     = "tests/packages/empty.zip"
  kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  environment = { STOCKCAST_SYMBOLS = "AMZN,^GSPC" }
  statements  = { write_bars = { actions = ["s3:PutObject"], resources = ["arn:aws:s3:::bronze/bars/*"] } }
}

run "a_changed_zip_is_a_changed_function" {
  command = plan
  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("tests/packages/empty.zip")
    error_message = "The function's hash is ${aws_lambda_function.this.source_code_hash}."
  }
}

run "without_a_schedule_nobody_calls_it" {
  command = plan
  assert {
    condition     = length(aws_scheduler_schedule.this) == 0 && length(module.schedule_role) == 0
    error_message = "A schedule or its role stands although none was asked for."
  }
}

run "a_caller_is_let_in_to_this_function_alone" {
  assert {
    condition = output.grants == { call_stockcast_dev_ingest = {
      actions = ["lambda:InvokeFunction"], resources = ["arn:aws:lambda:us-east-1:111111111111:function:stockcast-dev-ingest"]
    } }
    error_message = "The grants are ${jsonencode(output.grants)}."
  }
}

run "a_stopped_schedule_is_kept" {
  variables {
    schedule = { name = "stockcast-dev-schedule", expression = "cron(30 22 ? * MON-FRI *)", enabled = false }
  }
  assert {
    condition     = aws_scheduler_schedule.this[0].state == "DISABLED"
    error_message = "The schedule's state is ${aws_scheduler_schedule.this[0].state}."
  }
}

run "a_name_with_a_slash_is_refused" {
  command = plan
  variables { name = "stockcast/ingest" }
  expect_failures = [var.name]
}

run "an_expression_that_the_scheduler_does_not_read_is_refused" {
  command = plan
  variables { schedule = { name = "stockcast-dev-schedule", expression = "30 22 * * 1-5" } }
  expect_failures = [var.schedule]
}

run "a_time_limit_beyond_lambdas_is_refused" {
  command = plan
  variables { runtime = { timeout_seconds = 3600 } }
  expect_failures = [var.runtime]
}
