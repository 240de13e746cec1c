mock_provider "aws" {
  override_during = plan
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_data "aws_codestarconnections_connection" {
    defaults = {
      arn               = "arn:aws:codestar-connections:us-east-1:111111111111:connection/00000000-0000-0000-0000-000000000000"
      connection_status = "AVAILABLE"
    }
  }
  mock_resource "aws_cloudwatch_log_group" { defaults = { arn = "arn:aws:logs:us-east-1:111111111111:log-group:/aws/codebuild/a" } }
  mock_resource "aws_codepipeline" { defaults = { arn = "arn:aws:codepipeline:us-east-1:111111111111:a" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/stockcast-delivery-a" } }
  mock_resource "aws_kms_key" { defaults = { arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000" } }
  mock_resource "aws_s3_bucket" { defaults = { arn = "arn:aws:s3:::stockcast-delivery-111111111111-artifacts" } }
  mock_resource "aws_sns_topic" { defaults = { arn = "arn:aws:sns:us-east-1:111111111111:stockcast-delivery-alerts" } }
}

variables {
  account_id = "111111111111"
  region     = "us-east-1"
  connection = "stockcast-github"
  repository = { id = "you/stockcast", branch = "main" }
  environments = [
    { name = "dev", account_id = "111111111111" },
    { name = "prod", account_id = "333333333333", approve = ["dags", "infrastructure", "models"], images = false },
  ]
  drift     = { schedule = "cron(0 5 ? * MON-FRI *)" }
  retention = { artifacts_days = 14, log_days = 30 }
}

run "a_build_of_one_environment_takes_no_role_of_another" {
  command = plan
  assert {
    condition = output.projects == {
      stockcast-delivery-dags-check       = null
      stockcast-delivery-infra-check      = null
      stockcast-delivery-infra-plan-dev   = "arn:aws:iam::111111111111:role/stockcast-dev-plan"
      stockcast-delivery-infra-apply-dev  = "arn:aws:iam::111111111111:role/stockcast-dev-apply"
      stockcast-delivery-dags-dev         = "arn:aws:iam::111111111111:role/stockcast-dev-release"
      stockcast-delivery-models-dev       = "arn:aws:iam::111111111111:role/stockcast-dev-release"
      stockcast-delivery-infra-plan-prod  = "arn:aws:iam::333333333333:role/stockcast-prod-plan"
      stockcast-delivery-infra-apply-prod = "arn:aws:iam::333333333333:role/stockcast-prod-apply"
      stockcast-delivery-dags-prod        = "arn:aws:iam::333333333333:role/stockcast-prod-release"
      stockcast-delivery-models-prod      = "arn:aws:iam::333333333333:role/stockcast-prod-release"
    }
    error_message = "The projects are ${jsonencode(output.projects)}."
  }
  assert {
    condition = { for name, build in module.build : name => flatten([
      for s in jsondecode(build.policy).Statement : s.Resource if contains(s.Action, "sts:AssumeRole")
    ]) if strcontains(name, "plan-dev") } == { infra-plan-dev = ["arn:aws:iam::111111111111:role/stockcast-dev-plan"] }
    error_message = "Its policy is ${module.build["infra-plan-dev"].policy}."
  }
}

run "a_build_takes_in_and_hands_on_what_its_actions_do_and_nothing_else" {
  command = plan
  assert {
    condition = { for key, build in module.build : key => sort(distinct(flatten([for s in jsondecode(build.policy).Statement : s.Resource if contains(s.Action, "s3:GetObject")]))) } == {
      for key, build in module.build : key => sort(distinct(concat(
        ["arn:aws:s3:::stockcast-delivery-111111111111-artifacts/cache/${build.name}/*"],
        flatten([for pipeline, p in local._pipelines : [for stage in p.stages : [for action in stage.actions : [
          for input in try(action.inputs, ["source"]) : "arn:aws:s3:::stockcast-delivery-111111111111-artifacts/${substr("stockcast-${pipeline}", 0, 20)}/${substr(input, 0, 10)}/*"
        ] if try(action.project, null) == build.name]]]),
      )))
    }
    error_message = "They read: ${jsonencode({ for key, build in module.build : key => flatten([for s in jsondecode(build.policy).Statement : s.Resource if contains(s.Action, "s3:GetObject")]) })}."
  }
  assert {
    condition = { for key, build in module.build : key => sort(distinct(flatten([for s in jsondecode(build.policy).Statement : s.Resource if contains(s.Action, "s3:PutObject")]))) } == {
      for key, build in module.build : key => sort(distinct(concat(
        ["arn:aws:s3:::stockcast-delivery-111111111111-artifacts/cache/${build.name}/*"],
        flatten([for pipeline, p in local._pipelines : [for stage in p.stages : [for action in stage.actions :
          "arn:aws:s3:::stockcast-delivery-111111111111-artifacts/${substr("stockcast-${pipeline}", 0, 20)}/${substr(action.output, 0, 10)}/*"
          if try(action.project, null) == build.name && try(action.output, null) != null
        ]]]),
      )))
    }
    error_message = "They write: ${jsonencode({ for key, build in module.build : key => flatten([for s in jsondecode(build.policy).Statement : s.Resource if contains(s.Action, "s3:PutObject")]) })}."
  }
}

run "a_saved_plan_is_written_by_its_planner_and_read_by_its_apply_and_its_verify_alone" {
  command = plan
  assert {
    condition = jsonencode({ for name, build in module.build : name => distinct(flatten([
      for s in jsondecode(build.policy).Statement : [for action in s.Action : action if startswith(action, "s3:") && action != "s3:GetObjectVersion"] if strcontains(jsonencode(s.Resource), "/plan_prod/")
    ])) if strcontains(build.policy, "/plan_prod/") }) == jsonencode({ infra-apply-prod = ["s3:GetObject"], infra-plan-prod = ["s3:GetObject", "s3:PutObject"] })
    error_message = "These reach it: ${jsonencode([for name, build in module.build : name if strcontains(build.policy, "/plan_prod/")])}."
  }
}

run "only_builds_of_infrastructure_reach_its_artifacts" {
  command = plan
  assert {
    condition = sort([for name, build in module.build : name if strcontains(build.policy, "/stockcast-infrastruc/")]) == sort([
      "infra-apply-dev", "infra-apply-prod", "infra-check", "infra-plan-dev", "infra-plan-prod",
    ])
    error_message = "These do: ${jsonencode([for name, build in module.build : name if strcontains(build.policy, "/stockcast-infrastruc/")])}."
  }
}

run "there_are_three_pipelines_and_the_clocks" {
  command = plan
  assert {
    condition     = keys(output.pipelines) == ["stockcast-dags", "stockcast-drift", "stockcast-infrastructure", "stockcast-models"]
    error_message = "The pipelines are ${jsonencode(output.pipelines)}."
  }
  assert {
    condition     = strcontains(output.pipelines["stockcast-dags"], "https://us-east-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/stockcast-dags/view")
    error_message = "The pipelines are ${jsonencode(output.pipelines)}."
  }
  assert {
    condition     = aws_cloudwatch_event_rule.drift[0].schedule_expression == "cron(0 5 ? * MON-FRI *)" && aws_cloudwatch_event_target.drift[0].arn == module.pipeline["drift"].arn
    error_message = "The clock is ${jsonencode(aws_cloudwatch_event_rule.drift)}."
  }
}

run "without_a_schedule_nothing_looks_for_drift" {
  command = plan
  variables { drift = null }
  assert {
    condition     = !contains(keys(output.pipelines), "stockcast-drift") && length(aws_cloudwatch_event_rule.drift) == 0 && length(module.drift_role) == 0
    error_message = "The pipelines are ${jsonencode(output.pipelines)}."
  }
}

run "people_are_asked_where_the_values_say_so" {
  command = plan
  assert {
    condition     = jsonencode(local._infrastructure[*].name) == jsonencode(["Check", "Plan-dev", "Apply-dev", "Verify-dev", "Plan-prod", "Approve-prod", "Apply-prod", "Verify-prod"])
    error_message = "The stages are ${jsonencode(local._infrastructure[*].name)}."
  }
  assert {
    condition = one([for stage in local._infrastructure : stage.actions[0].link if stage.name == "Approve-prod"]) == (
      "https://us-east-1.console.aws.amazon.com/codesuite/codebuild/projects/stockcast-delivery-infra-plan-prod/build/#{Plan_prod.CODEBUILD_BUILD_ID}/log?region=us-east-1"
    )
    error_message = "Who approves is sent to ${jsonencode(local._reviews)}."
  }
  assert {
    condition     = jsonencode([for stage in concat(local._dags_stages, local._models_stages) : endswith(stage.actions[0].link, "&FullRepositoryId=you/stockcast&Commit=#{SourceVariables.CommitId}") if startswith(stage.name, "Approve")]) == jsonencode([true, true])
    error_message = "Who approves is sent to ${local._commit}."
  }
  assert {
    condition     = jsonencode(local._dags_stages[*].name) == jsonencode(["Check", "Sync-dev", "Approve-prod", "Sync-prod"])
    error_message = "The stages are ${jsonencode(local._dags_stages[*].name)}."
  }
  assert {
    condition     = jsonencode(local._models_stages[*].name) == jsonencode(["Release-dev", "Approve-prod", "Release-prod"])
    error_message = "The stages are ${jsonencode(local._models_stages[*].name)}."
  }
}

run "what_an_image_or_a_build_is_made_of_starts_the_infrastructure" {
  command = plan
  assert {
    condition     = length(setsubtract(["serving/*", "serving/**", "training/*", "training/**", "src/stockcast/*", "src/stockcast/**", "lambda/*", "lambda/**", "buildspec-infra.yml"], local._paths.infrastructure)) == 0
    error_message = "It starts after a change of ${jsonencode(local._paths.infrastructure)}."
  }
  assert {
    condition     = alltrue([for paths in values(local._paths) : length(paths) <= 24])
    error_message = "The paths are ${jsonencode(local._paths)}."
  }
}

run "what_changes_nothing_is_neither_approved_nor_applied" {
  command = plan
  assert {
    condition     = jsonencode({ for stage in local._infrastructure : stage.name => stage.skipped_where if can(stage.skipped_where.is) }) == jsonencode({ for name, e in { Apply-dev = "dev", Apply-prod = "prod", Approve-prod = "prod" } : name => { is = "no", variable = "#{Plan_${e}.CHANGES}" } })
    error_message = "The conditions are ${jsonencode({ for stage in local._infrastructure : stage.name => try(stage.skipped_where, null) })}."
  }
}

run "every_action_runs_targets_in_an_environment" {
  command = plan
  assert {
    condition = alltrue(flatten([for stages in [local._infrastructure, local._dags_stages, local._models_stages, local._drift_stages] : [
      for stage in stages : [for action in stage.actions : can(action.message) || try(action.variables.ENVIRONMENT != "" && action.variables.TARGETS != "", false)]
    ]]))
    error_message = "An action lacks ENVIRONMENT or TARGETS."
  }
  assert {
    condition     = jsonencode([for stage in local._infrastructure : [for action in stage.actions : [action.name, action.variables.TARGETS]] if contains(["Apply-dev", "Verify-dev"], stage.name)]) == jsonencode([[["Apply", "apply handover"]], [["Verify", "verify handover"]]])
    error_message = "The stages are ${jsonencode(local._infrastructure)}."
  }
}

run "images_are_built_where_wanted_and_training_comes_after" {
  command = plan
  assert {
    condition     = { for stage in local._models_stages : stage.name => join(" ", [for action in stage.actions : action.name]) if startswith(stage.name, "Release") } == { Release-dev = "Images Retrain", Release-prod = "Retrain" }
    error_message = "The stages are ${jsonencode(local._models_stages)}."
  }
  assert {
    condition     = { for name, build in local._builds : name => build.docker if startswith(name, "models") } == { models-dev = true, models-prod = false }
    error_message = "Privileged are ${jsonencode([for name, build in local._builds : name if build.docker])}."
  }
}

run "a_failed_pipeline_is_told_in_words" {
  command = plan
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failed.event_pattern).detail.state == ["FAILED"] && aws_cloudwatch_event_target.failed.arn == output.alerts_topic_arn
    error_message = "The rule is ${aws_cloudwatch_event_rule.failed.event_pattern}."
  }
  assert {
    condition     = strcontains(aws_cloudwatch_event_target.failed.input_transformer[0].input_template, "<pipeline> failed") && can(jsondecode(aws_cloudwatch_event_target.failed.input_transformer[0].input_template))
    error_message = "The message is ${aws_cloudwatch_event_target.failed.input_transformer[0].input_template}."
  }
}

run "no_pipeline_is_made_before_the_connection_is_available" {
  command = plan
  override_data {
    target = data.aws_codestarconnections_connection.code
    values = {
      arn               = "arn:aws:codestar-connections:us-east-1:111111111111:connection/00000000-0000-0000-0000-000000000000"
      connection_status = "PENDING"
    }
  }
  expect_failures = [data.aws_codestarconnections_connection.code]
}

run "an_environment_twice_is_refused" {
  command = plan
  variables { environments = [{ name = "dev", account_id = "111111111111" }, { name = "dev", account_id = "222222222222" }] }
  expect_failures = [var.environments]
}

run "an_account_that_is_none_is_refused" {
  command = plan
  variables { environments = [{ name = "dev", account_id = "mine" }] }
  expect_failures = [var.environments]
}

run "an_approval_of_something_unknown_is_refused" {
  command = plan
  variables { environments = [{ name = "dev", account_id = "111111111111", approve = ["everything"] }] }
  expect_failures = [var.environments]
}

run "an_environment_that_would_be_a_check_is_refused" {
  command = plan
  variables { environments = [{ name = "check", account_id = "111111111111" }] }
  expect_failures = [var.environments]
}

run "an_environment_that_would_own_the_pipelines_roles_is_refused" {
  command = plan
  variables { environments = [{ name = "delivery", account_id = "111111111111" }] }
  expect_failures = [var.environments]
}

run "environments_whose_plans_would_lie_in_one_folder_are_refused" {
  command = plan
  variables { environments = [{ name = "staging", account_id = "111111111111" }, { name = "stagingeu", account_id = "111111111111" }] }
  expect_failures = [var.environments]
}

run "no_environment_is_refused" {
  command = plan
  variables { environments = [] }
  expect_failures = [var.environments]
}

run "a_schedule_of_five_fields_is_refused" {
  command = plan
  variables { drift = { schedule = "cron(0 5 * * 1-5)" } }
  expect_failures = [var.drift]
}

run "an_account_id_with_dashes_is_refused" {
  command = plan
  variables { account_id = "1111-1111-1111" }
  expect_failures = [var.account_id]
}

run "a_connection_by_its_arn_is_refused" {
  command = plan
  variables { connection = "arn:aws:codeconnections:us-east-1:111111111111:connection/1" }
  expect_failures = [var.connection]
}

run "a_region_that_is_none_is_refused" {
  command = plan
  variables { region = "us-east" }
  expect_failures = [var.region]
}
