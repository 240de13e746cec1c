mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/stockcast-dev-ingest" }
  }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/stockcast-dev-ingest" } }
  mock_resource "aws_lambda_function" { defaults = { arn = "arn:aws:lambda:us-east-1:111111111111:function:stockcast-dev-ingest" } }
  mock_resource "aws_sqs_queue" { defaults = { arn = "arn:aws:sqs:us-east-1:111111111111:stockcast-dev-ingest-failed" } }
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

run "what_failed_is_kept_encrypted_for_14_days_and_may_be_put_there" {
  assert {
    condition = (
      aws_lambda_function.this.dead_letter_config[0].target_arn == output.failed_queue.arn &&
      output.failed_queue.name == "stockcast-dev-ingest-failed" &&
      aws_sqs_queue.failed.message_retention_seconds == 1209600 &&
      aws_sqs_queue.failed.kms_master_key_id == var.kms_key_arn
    )
    error_message = "What Lambda gave up on is lost, in the open or soon forgotten."
  }
  assert {
    condition = { for s in jsondecode(module.role.policy).Statement : s.Sid => s.Resource } == {
      EncryptFailed = ["arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"]
      KeepFailed    = ["arn:aws:sqs:us-east-1:111111111111:stockcast-dev-ingest-failed"]
      Trace         = ["*"]
      WriteBars     = ["arn:aws:s3:::bronze/bars/*"]
      WriteLog      = ["arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/stockcast-dev-ingest:*"]
    }
    error_message = "The role's policy is ${module.role.policy}."
  }
  assert {
    condition = [for s in jsondecode(module.role.policy).Statement : s.Condition if s.Sid == "EncryptFailed"] == [
      { StringEquals = { "kms:ViaService" = ["sqs.us-east-1.amazonaws.com"] } },
    ]
    error_message = "The key is open beyond the queue: ${module.role.policy}."
  }
}

run "every_call_is_traced_and_its_settings_are_encrypted" {
  command = plan
  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active" && aws_lambda_function.this.kms_key_arn == var.kms_key_arn
    error_message = "The function is not traced, or its environment lies in the open."
  }
}

run "a_function_without_settings_names_no_key_for_them" {
  command = plan
  variables { environment = {} }
  assert {
    condition     = aws_lambda_function.this.kms_key_arn == null
    error_message = "Lambda drops that key, and every later plan would want it back."
  }
}

run "concurrency_is_shared_and_the_processor_is_x86_unless_told_otherwise" {
  command = plan
  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1 && aws_lambda_function.this.architectures == tolist(["x86_64"])
    error_message = "A new account would refuse this function."
  }
}

run "a_stopped_function_and_another_processor_can_be_asked_for" {
  command = plan
  variables {
    concurrency = 0
    runtime     = { architecture = "arm64" }
  }
  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 0 && aws_lambda_function.this.architectures == tolist(["arm64"])
    error_message = "The function has ${aws_lambda_function.this.reserved_concurrent_executions} calls at once on ${jsonencode(aws_lambda_function.this.architectures)}."
  }
}

run "without_a_topic_nothing_rings" {
  command = plan
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0 && length(output.alarm_names) == 0
    error_message = "The alarms are ${jsonencode(output.alarm_names)}."
  }
}

run "failures_throttles_slowness_and_dead_letters_ring_once_an_hour_at_most" {
  command = plan
  variables { alarms = { topic_arn = "arn:aws:sns:us-east-1:111111111111:stockcast-dev-alerts" } }
  assert {
    condition = output.alarm_names == tolist([
      "stockcast-dev-ingest-dead-letters", "stockcast-dev-ingest-duration", "stockcast-dev-ingest-errors",
      "stockcast-dev-ingest-throttles",
    ])
    error_message = "The alarms are ${jsonencode(output.alarm_names)}."
  }
  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : (
      alarm.alarm_actions == toset([var.alarms.topic_arn]) && alarm.ok_actions == toset([var.alarms.topic_arn]) &&
      alarm.treat_missing_data == "notBreaching" && alarm.period == 3600 && alarm.evaluation_periods == 1
    )])
    error_message = "Some alarm tells nobody, or takes a night without calls for an outage."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["duration"].threshold == 270000
    error_message = "Of 300 seconds, ${aws_cloudwatch_metric_alarm.this["duration"].threshold} ms ring."
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

run "what_the_schedule_could_not_deliver_is_kept_too" {
  variables {
    schedule = { name = "stockcast-dev-schedule", expression = "cron(30 22 ? * MON-FRI *)" }
  }
  assert {
    condition     = aws_scheduler_schedule.this[0].target[0].dead_letter_config[0].arn == output.failed_queue.arn
    error_message = "An undelivered call leaves no trace."
  }
  assert {
    condition     = [for s in jsondecode(module.schedule_role[0].policy).Statement : s.Sid] == ["CallStockcastDevIngest", "EncryptFailed", "KeepFailed"]
    error_message = "The schedule's policy is ${module.schedule_role[0].policy}."
  }
}

run "a_boundary_that_is_no_policy_is_refused" {
  command = plan
  variables { boundary_arn = "stockcast-dev-boundary" }
  expect_failures = [var.boundary_arn]
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

run "an_unknown_processor_is_refused" {
  command = plan
  variables { runtime = { architecture = "riscv" } }
  expect_failures = [var.runtime]
}

run "a_negative_concurrency_is_refused" {
  command = plan
  variables { concurrency = -1 }
  expect_failures = [var.concurrency]
}

run "a_large_zip_lies_in_s3_under_its_content" {
  command = plan
  variables { upload = { bucket = "the-models", prefix = "code/functions/" } }
  assert {
    condition = (
      aws_lambda_function.this.filename == null && aws_lambda_function.this.s3_bucket == "the-models" &&
      aws_lambda_function.this.s3_key == "code/functions/${var.name}-${substr(filesha256(var.package), 0, 12)}.zip" &&
      aws_lambda_function.this.source_code_hash == filebase64sha256(var.package)
    )
    error_message = "The function is made from ${coalesce(aws_lambda_function.this.s3_key, "nothing")}."
  }
}

run "a_small_zip_is_handed_over_directly" {
  command = plan
  assert {
    condition     = aws_lambda_function.this.filename == var.package && length(aws_s3_object.package) == 0
    error_message = "The zip lies in S3 without need."
  }
}

run "a_disk_below_lambdas_least_is_refused" {
  command = plan
  variables { runtime = { disk_mb = 100 } }
  expect_failures = [var.runtime]
}

run "a_prefix_that_begins_with_a_slash_is_refused" {
  command = plan
  variables { upload = { bucket = "the-models", prefix = "/code/" } }
  expect_failures = [var.upload]
}
