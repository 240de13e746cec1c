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
  dags_folder     = "tests/dags"
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
  assert {
    condition     = aws_mwaa_environment.this[0].requirements_s3_path == "requirements.txt" && aws_mwaa_environment.this[0].requirements_s3_object_version == "v1"
    error_message = "A new requirements file would be ignored."
  }
}

run "the_constraints_lie_in_the_dag_folder_as_a_sync_would_put_them" {
  assert {
    condition = (
      aws_s3_object.constraints.key == "dags/constraints-3.0.6-py3.12.txt" &&
      aws_s3_object.constraints.metadata == tomap({ sha256 = filesha256("tests/dags/constraints-3.0.6-py3.12.txt") })
    )
    error_message = "The first start finds no constraints, or every sync brings them again."
  }
}

run "a_startup_script_comes_with_its_version" {
  variables { environment = { startup_script = "tests/dags/startup.sh" } }
  assert {
    condition     = aws_mwaa_environment.this[0].startup_script_s3_path == "startup.sh" && aws_mwaa_environment.this[0].startup_script_s3_object_version == "v1"
    error_message = "A new script would be ignored."
  }
}

run "log_lines_are_encrypted_and_do_not_stay_for_ever" {
  variables { log_retention_days = 30 }
  assert {
    condition = output.log_groups == {
      DAGProcessing = "airflow-stockcast-dev-airflow-DAGProcessing"
      Scheduler     = "airflow-stockcast-dev-airflow-Scheduler"
      Task          = "airflow-stockcast-dev-airflow-Task"
      WebServer     = "airflow-stockcast-dev-airflow-WebServer"
      Worker        = "airflow-stockcast-dev-airflow-Worker"
    }
    error_message = "The groups are ${jsonencode(output.log_groups)}; Airflow would make its own."
  }
  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.kms_key_id == var.kms_key_arn && group.retention_in_days == 30])
    error_message = "Some group is in the clear, or keeps its lines too long."
  }
}

run "log_levels_are_chosen_one_by_one" {
  variables { environment = { log_levels = { scheduler = "INFO" } } }
  assert {
    condition = [
      aws_mwaa_environment.this[0].logging_configuration[0].scheduler_logs[0].log_level,
      aws_mwaa_environment.this[0].logging_configuration[0].task_logs[0].log_level,
      aws_mwaa_environment.this[0].logging_configuration[0].worker_logs[0].log_level,
    ] == ["INFO", "INFO", "WARNING"]
    error_message = "A chosen level is lost, or changes the others."
  }
}

run "an_environment_put_to_sleep_leaves_its_role" {
  variables { enabled = false }
  assert {
    condition = (
      length(aws_mwaa_environment.this) == 0 && output.role_arn != "" && output.webserver_url == null &&
      length(output.log_groups) == 5 && aws_s3_object.requirements.key == "requirements.txt"
    )
    error_message = "The environment stands, or what it wakes up to does not."
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

run "a_version_that_mwaa_does_not_offer_is_refused" {
  command = plan
  variables { environment = { version = "3.1.0" } }
  expect_failures = [var.environment]
}

run "a_version_that_the_dags_have_no_constraints_for_is_refused" {
  command = plan
  variables { environment = { version = "3.2.1" } }
  expect_failures = [var.environment]
}

run "requirements_without_the_versions_constraints_are_refused" {
  command = plan
  variables { environment = { requirements_file = "loose.txt" } }
  expect_failures = [var.environment]
}

run "requirements_that_are_not_there_are_refused" {
  command = plan
  variables { environment = { requirements_file = "none.txt" } }
  expect_failures = [var.environment]
}

run "a_startup_script_that_is_not_there_is_refused" {
  command = plan
  variables { environment = { startup_script = "tests/dags/none.sh" } }
  expect_failures = [var.environment]
}

run "two_workers_in_the_smallest_class_are_refused" {
  command = plan
  variables { environment = { max_workers = 2 } }
  expect_failures = [var.environment]
}

run "more_workers_than_mwaa_takes_are_refused" {
  command = plan
  variables { environment = { class = "mw1.small", max_workers = 26 } }
  expect_failures = [var.environment]
}

run "fewer_workers_at_most_than_at_least_are_refused" {
  command = plan
  variables { environment = { class = "mw1.small", max_workers = 2, min_workers = 3 } }
  expect_failures = [var.environment]
}

run "a_single_scheduler_in_a_larger_class_is_refused" {
  command = plan
  variables { environment = { class = "mw1.small", schedulers = 1 } }
  expect_failures = [var.environment]
}

run "fewer_web_servers_at_most_than_at_least_are_refused" {
  command = plan
  variables { environment = { class = "mw1.small", max_webservers = 2, min_webservers = 3 } }
  expect_failures = [var.environment]
}

run "an_unknown_log_level_is_refused" {
  command = plan
  variables { environment = { log_levels = { task = "TRACE" } } }
  expect_failures = [var.environment]
}

run "an_option_without_its_section_is_refused" {
  command = plan
  variables { environment = { options = { parallelism = "4" } } }
  expect_failures = [var.environment]
}

run "a_retention_that_the_logs_do_not_offer_is_refused" {
  command = plan
  variables { log_retention_days = 45 }
  expect_failures = [var.log_retention_days]
}

run "a_single_subnet_is_refused" {
  command = plan
  variables { network = { security_group_ids = ["sg-1"], subnet_ids = ["subnet-1"] } }
  expect_failures = [var.network]
}
