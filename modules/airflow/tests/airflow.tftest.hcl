mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/stockcast-dev-airflow" } }
  mock_resource "aws_mwaa_environment" { defaults = { webserver_url = "0a1b.c2.us-east-1.airflow.amazonaws.com" } }
  mock_resource "aws_s3_object" { defaults = { version_id = "v1" } }
}

variables {
  name            = "stockcast-dev-airflow"
  enabled         = true
  bucket          = "the-airflow"
  kms_key_arn     = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  network         = { security_group_ids = ["sg-1"], subnet_ids = ["subnet-1", "subnet-2"] }
  settings_prefix = "/stockcast/dev"
  statements      = { send_alerts = { actions = ["sns:Publish"], resources = ["arn:aws:sns:us-east-1:111111111111:alerts"] } }
}

run "variables_come_from_the_parameter_store_and_connections_do_not" {
  assert {
    condition = jsondecode(aws_mwaa_environment.this[0].airflow_configuration_options["secrets.backend_kwargs"]) == {
      config_prefix = null, connections_prefix = null, variables_prefix = "/stockcast/dev"
    }
    error_message = "The secrets backend is not told to look for variables alone."
  }
  assert {
    condition     = output.webserver_url == "https://0a1b.c2.us-east-1.airflow.amazonaws.com"
    error_message = "The address is ${output.webserver_url}."
  }
}

run "the_role_holds_its_own_grants_and_the_dags" {
  assert {
    condition = length(setsubtract(
      ["KnowPublicAccessBlock", "PublishHealth", "ReadDags", "SendAlerts", "UseKey", "UseQueue", "WriteLogs"],
      [for s in jsondecode(module.role.policy).Statement : s.Sid],
    )) == 0
    error_message = "The role's policy is ${module.role.policy}."
  }
}

run "the_smallest_class_has_one_of_each" {
  assert {
    condition     = aws_mwaa_environment.this[0].schedulers == 1 && aws_mwaa_environment.this[0].max_workers == 1 && aws_mwaa_environment.this[0].max_webservers == 1
    error_message = "mw1.micro takes exactly one scheduler, worker and web server."
  }
}

run "larger_classes_have_two_schedulers_and_grow" {
  variables { environment = { class = "mw1.small", max_workers = 5 } }
  assert {
    condition     = aws_mwaa_environment.this[0].schedulers == 2 && aws_mwaa_environment.this[0].max_workers == 5
    error_message = "mw1.small has ${aws_mwaa_environment.this[0].schedulers} schedulers and ${aws_mwaa_environment.this[0].max_workers} workers at most."
  }
}

run "requirements_are_named_with_their_version" {
  variables { environment = { requirements_file = "tests/requirements.txt" } }
  assert {
    condition     = aws_mwaa_environment.this[0].requirements_s3_object_version == "v1"
    error_message = "A new requirements file would be ignored."
  }
}

run "an_environment_put_to_sleep_leaves_its_role" {
  variables { enabled = false }
  assert {
    condition     = length(aws_mwaa_environment.this) == 0 && output.role_arn != "" && output.webserver_url == null
    error_message = "The environment stands, or its role does not."
  }
}

run "an_unknown_class_is_refused" {
  command = plan
  variables { environment = { class = "mw1.tiny" } }
  expect_failures = [var.environment]
}

run "airflow_2_is_refused" {
  command = plan
  variables { environment = { version = "2.10.3" } }
  expect_failures = [var.environment]
}

run "a_single_subnet_is_refused" {
  command = plan
  variables { network = { security_group_ids = ["sg-1"], subnet_ids = ["subnet-1"] } }
  expect_failures = [var.network]
}
