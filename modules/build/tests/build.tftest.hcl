mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_resource "aws_cloudwatch_log_group" { defaults = { arn = "arn:aws:logs:us-east-1:111111111111:log-group:/aws/codebuild/stockcast-delivery-infra-plan-dev" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/stockcast-delivery-infra-plan-dev" } }
}

variables {
  name        = "stockcast-delivery-infra-plan-dev"
  description = "Plans and verifies dev."
  artifacts = {
    arn         = "arn:aws:s3:::artifacts"
    bucket      = "artifacts"
    kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  }
  buildspec          = "buildspec-infra.yml"
  deploy_role_arn    = "arn:aws:iam::222222222222:role/stockcast-dev-plan"
  log_retention_days = 30
  reads              = ["stockcast-drift/source", "stockcast-infrastructure/source"]
  writes             = ["stockcast-infrastructure/plan_staging"]
  variables          = { TF_PLUGIN_CACHE_DIR = "/var/cache/stockcast/terraform" }
}

run "a_build_takes_exactly_one_role" {
  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Resource if contains(s.Action, "sts:AssumeRole")] == [[var.deploy_role_arn]]
    error_message = "The role may ${output.policy}."
  }
  assert {
    condition     = { for v in aws_codebuild_project.this.environment[0].environment_variable : v.name => v.value } == merge(var.variables, { DEPLOY_ROLE_ARN = var.deploy_role_arn })
    error_message = "A build sees ${jsonencode(aws_codebuild_project.this.environment[0].environment_variable)}."
  }
}

run "a_check_takes_none" {
  variables { deploy_role_arn = null }
  assert {
    condition     = !strcontains(output.policy, "sts:") && !contains(aws_codebuild_project.this.environment[0].environment_variable[*].name, "DEPLOY_ROLE_ARN")
    error_message = "The role may ${output.policy}."
  }
}

run "a_build_takes_in_and_hands_on_its_artifacts_alone" {
  assert {
    condition = flatten([for s in jsondecode(output.policy).Statement : s.Resource if contains(s.Action, "s3:GetObject")]) == [
      "arn:aws:s3:::artifacts/stockcast-drift/source/*",
      "arn:aws:s3:::artifacts/stockcast-infrastruc/source/*",
      "arn:aws:s3:::artifacts/cache/stockcast-delivery-infra-plan-dev/*",
    ]
    error_message = "The role may ${output.policy}."
  }
  assert {
    condition = flatten([for s in jsondecode(output.policy).Statement : s.Resource if contains(s.Action, "s3:PutObject")]) == [
      "arn:aws:s3:::artifacts/stockcast-infrastruc/plan_stagi/*",
      "arn:aws:s3:::artifacts/cache/stockcast-delivery-infra-plan-dev/*",
    ]
    error_message = "The role may ${output.policy}."
  }
  assert {
    condition     = !strcontains(output.policy, "\"Resource\":[\"*\"]")
    error_message = "The role may ${output.policy}."
  }
}

run "log_and_outputs_are_encrypted_and_end" {
  assert {
    condition     = aws_codebuild_project.this.encryption_key == var.artifacts.kms_key_arn && aws_cloudwatch_log_group.this.kms_key_id == var.artifacts.kms_key_arn
    error_message = "The keys are ${aws_codebuild_project.this.encryption_key} and ${aws_cloudwatch_log_group.this.kms_key_id}."
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_codebuild_project.this.logs_config[0].cloudwatch_logs[0].group_name == aws_cloudwatch_log_group.this.name
    error_message = "The log is ${jsonencode(aws_codebuild_project.this.logs_config)}."
  }
}

run "source_and_artifacts_are_the_pipelines" {
  assert {
    condition     = one(aws_codebuild_project.this.source).type == "CODEPIPELINE" && one(aws_codebuild_project.this.artifacts).type == "CODEPIPELINE" && one(aws_codebuild_project.this.source).buildspec == "buildspec-infra.yml"
    error_message = "The source is ${jsonencode(aws_codebuild_project.this.source)}."
  }
}

run "only_a_build_of_images_is_privileged" {
  assert {
    condition     = !aws_codebuild_project.this.environment[0].privileged_mode
    error_message = "A build without Docker is privileged."
  }
}

run "docker_asks_for_privileges" {
  command = plan
  variables { builds_images = true }
  assert {
    condition     = aws_codebuild_project.this.environment[0].privileged_mode
    error_message = "Docker would not start."
  }
}

run "a_cache_in_s3_is_the_projects_own" {
  assert {
    condition     = one(aws_codebuild_project.this.cache).location == "artifacts/cache/stockcast-delivery-infra-plan-dev"
    error_message = "The cache is ${jsonencode(aws_codebuild_project.this.cache)}."
  }
}

run "a_cache_on_the_host_keeps_what_the_buildspec_names" {
  command = plan
  variables { machine = { cache = "LOCAL" } }
  assert {
    condition     = one(aws_codebuild_project.this.cache).modes == tolist(["LOCAL_CUSTOM_CACHE"])
    error_message = "The cache is ${jsonencode(aws_codebuild_project.this.cache)}."
  }
}

run "codebuild_alone_and_for_this_account_takes_the_role" {
  assert {
    condition     = module.role.name == var.name
    error_message = "The role is ${module.role.name}; deploy roles trust it by the project's name."
  }
}

run "an_unknown_cache_is_refused" {
  command = plan
  variables { machine = { cache = "REDIS" } }
  expect_failures = [var.machine]
}

run "an_unknown_machine_is_refused" {
  command = plan
  variables { machine = { compute_type = "HUGE" } }
  expect_failures = [var.machine]
}

run "a_pattern_of_roles_is_refused" {
  command = plan
  variables { deploy_role_arn = "arn:aws:iam::222222222222:role/stockcast-*" }
  expect_failures = [var.deploy_role_arn]
}

run "another_role_by_a_variable_is_refused" {
  command = plan
  variables { variables = { DEPLOY_ROLE_ARN = "arn:aws:iam::333333333333:role/stockcast-prod-apply" } }
  expect_failures = [var.variables]
}

run "commands_that_no_rule_checks_are_refused" {
  command = plan
  variables { buildspec = "version: 0.2" }
  expect_failures = [var.buildspec]
}

run "who_hands_nothing_on_writes_no_artifact" {
  variables { writes = [] }
  assert {
    condition     = flatten([for s in jsondecode(output.policy).Statement : s.Resource if contains(s.Action, "s3:PutObject")]) == ["arn:aws:s3:::artifacts/cache/stockcast-delivery-infra-plan-dev/*"]
    error_message = "The role may ${output.policy}."
  }
}

run "all_artifacts_of_a_pipeline_at_once_are_refused" {
  command = plan
  variables { reads = ["stockcast-infrastructure/*"] }
  expect_failures = [var.reads]
}

run "an_artifact_without_its_pipeline_is_refused" {
  command = plan
  variables { writes = ["plan_dev"] }
  expect_failures = [var.writes]
}

run "a_build_that_would_change_the_source_is_refused" {
  command = plan
  variables { writes = ["stockcast-infrastructure/source"] }
  expect_failures = [var.writes]
}

run "a_build_of_a_day_is_refused" {
  command = plan
  variables { timeout_minutes = 1440 }
  expect_failures = [var.timeout_minutes]
}

run "days_that_cloudwatch_does_not_know_are_refused" {
  command = plan
  variables { log_retention_days = 31 }
  expect_failures = [var.log_retention_days]
}

run "a_name_longer_than_its_report_group_takes_is_refused" {
  command = plan
  variables { name = "stockcast-delivery-of-a-project-whose-name-tells-everything-it-does" }
  expect_failures = [var.name]
}
