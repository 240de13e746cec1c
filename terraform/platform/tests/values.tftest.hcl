# Plans the whole stack with the values of one environment, which the caller names:
#   terraform test -var-file=../../envs/dev/platform.tfvars
mock_provider "aws" {
  override_during = plan # what AWS decides is known without an apply of the whole stack

  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { dns_suffix = "amazonaws.com", partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_resource "aws_ce_anomaly_monitor" { defaults = { arn = "arn:aws:ce::111111111111:anomalymonitor/00000000-0000-0000-0000-000000000000" } }
  mock_resource "aws_cloudwatch_log_group" { defaults = { arn = "arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/stockcast-a-function" } }
  mock_resource "aws_ecr_repository" {
    defaults = {
      arn            = "arn:aws:ecr:us-east-1:111111111111:repository/stockcast-an-image"
      repository_url = "111111111111.dkr.ecr.us-east-1.amazonaws.com/stockcast-an-image"
    }
  }
  mock_resource "aws_iam_policy" { defaults = { arn = "arn:aws:iam::111111111111:policy/stockcast-a-boundary" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/stockcast-a-role" } }
  mock_resource "aws_kms_key" { defaults = { arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000" } }
  mock_resource "aws_lambda_function" { defaults = { arn = "arn:aws:lambda:us-east-1:111111111111:function:stockcast-a-function" } }
  mock_resource "aws_s3_bucket" { defaults = { arn = "arn:aws:s3:::stockcast-a-bucket" } }
  mock_resource "aws_sagemaker_model_package_group" {
    defaults = { arn = "arn:aws:sagemaker:us-east-1:111111111111:model-package-group/stockcast-a-group" }
  }
  mock_resource "aws_secretsmanager_secret" { defaults = { arn = "arn:aws:secretsmanager:us-east-1:111111111111:secret:stockcast-a-secret-a1B2c3" } }
  mock_resource "aws_sns_topic" { defaults = { arn = "arn:aws:sns:us-east-1:111111111111:stockcast-alerts" } }
  mock_resource "aws_sqs_queue" { defaults = { arn = "arn:aws:sqs:us-east-1:111111111111:stockcast-a-queue" } }
}

run "code_gets_every_setting_airflow_its_grants_and_a_rollback_alarms_that_exist" {
  command = plan
  assert {
    condition     = alltrue([for value in values(local.settings) : length(value) > 0])
    error_message = "Empty are ${jsonencode([for key, value in local.settings : key if length(value) == 0])}."
  }
  assert {
    condition     = local.settings.symbols == join(",", var.symbols) && tomap(jsondecode(local.settings.training_hyperparameters)) == tomap(var.training.hyperparameters)
    error_message = "symbols or hyperparameters do not survive the way through the settings."
  }
  assert {
    condition     = length(module.airflow.role_policy) < 10240
    error_message = "The grants of Airflow's role have ${length(module.airflow.role_policy)} characters; IAM takes 10240."
  }
  assert {
    condition     = length(setsubtract(local.rollback_alarms, module.observability.alarm_names)) == 0
    error_message = "Deployments wait for ${jsonencode(local.rollback_alarms)}, of ${jsonencode(module.observability.alarm_names)}."
  }
}

run "a_source_with_a_key_has_its_secret_and_others_have_none" {
  command = plan
  variables {
    market = { base_url = "https://query1.finance.yahoo.com", sources = ["yahoo", "alpha_vantage"] }
  }
  assert {
    condition     = local.settings.market_secret == one(module.market_keys[*].arn) && local.settings.sources == "yahoo,alpha_vantage"
    error_message = "The function looks for its key in ${local.settings.market_secret}."
  }
}

run "asleep_nothing_stands_that_costs_by_the_hour_and_without_keys_no_secret_is_paid_for" {
  command = plan
  variables {
    asleep = true
    market = { base_url = "http://127.0.0.1:4567" }
  }
  assert {
    condition     = module.network.nat_count == 0 && module.network.endpoint_count == 0 && output.airflow.url == null && output.asleep
    error_message = "Something that costs by the hour still stands."
  }
  assert {
    condition     = length(module.market_keys) == 0 && local.settings.market_secret == "none" && local.settings.sources == "yahoo"
    error_message = "There are ${length(module.market_keys)} secrets, and the setting is ${local.settings.market_secret}."
  }
}

run "awake_airflow_stands_with_a_way_out" {
  command = plan
  variables { asleep = false }
  assert {
    condition     = module.network.nat_count + module.network.endpoint_count > 0
    error_message = "Airflow would stand without a way out."
  }
}
