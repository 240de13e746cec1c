mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
}

variables {
  bucket      = "the-models"
  name_prefix = "stockcast-dev"
}

run "without_a_server_runs_are_kept_in_the_bucket_and_nothing_is_granted" {
  command = plan
  assert {
    condition     = output.server == "none" && length(output.statements) == 0
    error_message = "The server is ${output.server}, granted is ${jsonencode(output.statements)}."
  }
}

run "the_first_run_finds_something_below_its_input" {
  assert {
    condition     = output.database == "s3://the-models/mlflow/db/" && aws_s3_object.place.key == "mlflow/db/README.md"
    error_message = "${output.database} would be empty, and the job would refuse to start."
  }
}

run "a_server_is_named_by_its_arn_and_the_job_may_write_to_it_alone" {
  command = plan
  variables { server = "stockcast-dev-runs" }
  assert {
    condition     = output.server == "arn:aws:sagemaker:us-east-1:111111111111:mlflow-tracking-server/stockcast-dev-runs"
    error_message = "The server is ${output.server}."
  }
  assert {
    condition     = output.statements.keep_runs_on_server.resources == [output.server]
    error_message = "Granted is ${jsonencode(output.statements)}."
  }
}

run "a_server_of_another_environment_is_refused" {
  command = plan
  variables { server = "stockcast-prod-runs" }
  expect_failures = [var.server]
}
