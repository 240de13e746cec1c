mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_resource "aws_batch_compute_environment" {
    defaults = { arn = "arn:aws:batch:us-east-1:111111111111:compute-environment/stockcast-dev-train" }
  }
  mock_resource "aws_batch_job_queue" {
    defaults = { arn = "arn:aws:batch:us-east-1:111111111111:job-queue/stockcast-dev-train" }
  }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/stockcast-dev-train" } }
}

variables {
  name_prefix = "stockcast-dev"
  buckets     = { models = "the-models", silver = "the-silver" }
  image = {
    repository_arn = "arn:aws:ecr:us-east-1:111111111111:repository/stockcast-dev-jobs"
    uri            = "111111111111.dkr.ecr.us-east-1.amazonaws.com/stockcast-dev-jobs:0a1b"
  }
  kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  network     = { security_group_ids = ["sg-1"], subnet_ids = ["subnet-1", "subnet-2"] }
}

run "trainings_run_on_spot_machines_without_an_address_of_their_own" {
  assert {
    condition     = aws_batch_compute_environment.this.compute_resources[0].type == "FARGATE_SPOT"
    error_message = "The machines are ${aws_batch_compute_environment.this.compute_resources[0].type}."
  }
  assert {
    condition     = jsondecode(aws_batch_job_definition.this.container_properties).networkConfiguration.assignPublicIp == "DISABLED"
    error_message = "A training is reachable from outside."
  }
}

run "only_a_lost_machine_is_a_reason_to_try_again" {
  assert {
    condition = [for each in aws_batch_job_definition.this.retry_strategy[0].evaluate_on_exit : each.action] == ["retry", "retry", "exit"] && (
      aws_batch_job_definition.this.retry_strategy[0].evaluate_on_exit[2].on_reason == "*"
    )
    error_message = "The retries are ${jsonencode(aws_batch_job_definition.this.retry_strategy)}; an error of the code would be repeated."
  }
  assert {
    condition     = aws_batch_job_definition.this.timeout[0].attempt_duration_seconds == 14400
    error_message = "An attempt may take ${aws_batch_job_definition.this.timeout[0].attempt_duration_seconds} seconds."
  }
}

run "the_container_begins_with_code_that_the_job_names" {
  assert {
    condition     = slice(jsondecode(aws_batch_job_definition.this.container_properties).command, 0, 2) == ["python3", "-c"] && strcontains(jsondecode(aws_batch_job_definition.this.container_properties).command[2], "TRAINING_SOURCE")
    error_message = "The command is ${jsonencode(jsondecode(aws_batch_job_definition.this.container_properties).command)}."
  }
}

run "log_lines_are_encrypted_and_forgotten" {
  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.this.retention_in_days == 90 && output.log_group == "/aws/batch/stockcast-dev-train"
    error_message = "The log group ${output.log_group} is kept for ${aws_cloudwatch_log_group.this.retention_in_days} days."
  }
}

run "whoever_submits_reaches_this_queue_and_definition_only" {
  assert {
    condition = output.grants.submit_to_batch.resources == [
      "arn:aws:batch:us-east-1:111111111111:job-queue/stockcast-dev-train",
      "arn:aws:batch:us-east-1:111111111111:job-definition/stockcast-dev-train",
      "arn:aws:batch:us-east-1:111111111111:job-definition/stockcast-dev-train:*",
    ]
    error_message = "The grant opens ${jsonencode(output.grants.submit_to_batch.resources)}."
  }
}

run "memory_that_fargate_does_not_pair_with_the_processors_is_refused" {
  command = plan
  variables { machine = { vcpus = 2, memory_gb = 32 } }
  expect_failures = [var.machine]
}

run "a_disk_smaller_than_fargates_is_refused" {
  command = plan
  variables { machine = { disk_gb = 20 } }
  expect_failures = [var.machine]
}

run "more_attempts_than_batch_makes_are_refused" {
  command = plan
  variables { attempts = 11 }
  expect_failures = [var.attempts]
}

run "a_network_without_subnets_is_refused" {
  command = plan
  variables { network = { security_group_ids = ["sg-1"], subnet_ids = [] } }
  expect_failures = [var.network]
}

run "a_timeout_beyond_fargates_own_is_refused" {
  command = plan
  variables { timeout_minutes = 20161 }
  expect_failures = [var.timeout_minutes]
}
