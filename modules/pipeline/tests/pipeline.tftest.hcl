mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/stockcast-infrastructure" } }
}

variables {
  name = "stockcast-infrastructure"
  artifacts = {
    arn         = "arn:aws:s3:::artifacts"
    bucket      = "artifacts"
    kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  }
  connection_arn = "arn:aws:codeconnections:us-east-1:111111111111:connection/00000000-0000-0000-0000-000000000000"
  file_paths     = ["terraform/**", "modules/**"]
  repository     = { id = "you/stockcast", branch = "main" }
  topic = {
    arn    = "arn:aws:sns:us-east-1:111111111111:stockcast-delivery-alerts"
    grants = { send_alerts = { actions = ["sns:Publish"], resources = ["arn:aws:sns:us-east-1:111111111111:stockcast-delivery-alerts"] } }
  }
  stages = [
    {
      name = "Plan-dev"
      actions = [{
        name      = "Plan-dev", project = "stockcast-delivery-infra-plan-dev", namespace = "Plan_dev", output = "plan_dev"
        variables = { ENVIRONMENT = "dev", TARGETS = "plan" }
      }]
    },
    {
      name          = "Approve-dev"
      skipped_where = { variable = "#{Plan_dev.CHANGES}", is = "no" }
      actions       = [{ name = "Approve-dev", message = "#{Plan_dev.SUMMARY}", link = "https://example.com/#{Plan_dev.CODEBUILD_BUILD_ID}/log" }]
    },
    {
      name          = "Apply-dev"
      skipped_where = { variable = "#{Plan_dev.CHANGES}", is = "no" }
      actions = [
        { name = "Apply", project = "stockcast-delivery-infra-apply-dev", inputs = ["source", "plan_dev"] },
        { name = "Verify", project = "stockcast-delivery-infra-plan-dev", run_order = 2 },
      ]
    },
    { name = "Apply-prod", actions = [{ name = "Apply", project = "stockcast-delivery-infra-apply-dev" }] },
  ]
}

run "only_the_trigger_starts_it" {
  command = plan
  assert {
    condition     = aws_codepipeline.this.stage[0].action[0].configuration["DetectChanges"] == "false"
    error_message = "A second trigger would start everything at every push."
  }
  assert {
    condition     = aws_codepipeline.this.trigger[0].git_configuration[0].push[0].branches[0].includes == tolist(["main"]) && aws_codepipeline.this.trigger[0].git_configuration[0].push[0].file_paths[0].includes == tolist(var.file_paths)
    error_message = "The trigger is ${jsonencode(aws_codepipeline.this.trigger)}."
  }
  assert {
    condition     = aws_codepipeline.this.pipeline_type == "V2" && aws_codepipeline.this.execution_mode == "QUEUED"
    error_message = "A second push could overtake the first."
  }
}

run "without_paths_no_push_starts_it" {
  command = plan
  variables { file_paths = [] }
  assert {
    condition     = length(aws_codepipeline.this.trigger) == 0
    error_message = "The trigger is ${jsonencode(aws_codepipeline.this.trigger)}."
  }
}

run "nothing_to_do_skips_approval_and_apply" {
  command = plan
  assert {
    condition = jsonencode({ for stage in aws_codepipeline.this.stage : stage.name => [
      for entry in stage.before_entry : [entry.condition[0].result, one(entry.condition[0].rule).configuration]
      ] }) == jsonencode({
      Source      = []
      Plan-dev    = []
      Approve-dev = [["SKIP", { Operator = "NE", Value = "no", Variable = "#{Plan_dev.CHANGES}" }]]
      Apply-dev   = [["SKIP", { Operator = "NE", Value = "no", Variable = "#{Plan_dev.CHANGES}" }]]
      Apply-prod  = []
    })
    error_message = "The stages are ${jsonencode(aws_codepipeline.this.stage)}."
  }
}

run "an_approval_tells_the_topic_and_the_person" {
  command = plan
  assert {
    condition = aws_codepipeline.this.stage[2].action[0].provider == "Manual" && aws_codepipeline.this.stage[2].action[0].configuration == tomap({
      CustomData         = "#{Plan_dev.SUMMARY}"
      ExternalEntityLink = "https://example.com/#{Plan_dev.CODEBUILD_BUILD_ID}/log"
      NotificationArn    = var.topic.arn
    })
    error_message = "The approval is ${jsonencode(aws_codepipeline.this.stage[2].action)}."
  }
}

run "a_build_learns_its_commit" {
  command = plan
  assert {
    condition = { for v in jsondecode(aws_codepipeline.this.stage[1].action[0].configuration["EnvironmentVariables"]) : v.name => v.value } == {
      ENVIRONMENT = "dev", STOCKCAST_COMMIT = "#{SourceVariables.CommitId}", TARGETS = "plan"
    }
    error_message = "The build is told ${aws_codepipeline.this.stage[1].action[0].configuration["EnvironmentVariables"]}."
  }
}

run "an_apply_takes_the_plan_that_was_carried" {
  command = plan
  assert {
    condition     = aws_codepipeline.this.stage[3].action[0].input_artifacts == tolist(["source", "plan_dev"]) && aws_codepipeline.this.stage[3].action[0].configuration["PrimarySource"] == "source" && aws_codepipeline.this.stage[3].action[1].run_order == 2
    error_message = "The actions are ${jsonencode(aws_codepipeline.this.stage[3].action)}."
  }
}

run "the_role_starts_its_own_projects_and_uses_the_connection_by_both_names" {
  assert {
    condition = one([for s in jsondecode(output.policy).Statement : s.Resource if s.Sid == "RunBuilds"]) == [
      "arn:aws:codebuild:us-east-1:111111111111:project/stockcast-delivery-infra-plan-dev",
      "arn:aws:codebuild:us-east-1:111111111111:project/stockcast-delivery-infra-apply-dev",
    ]
    error_message = "The role may ${output.policy}."
  }
  assert {
    condition = one([for s in jsondecode(output.policy).Statement : s.Resource if s.Sid == "UseConnection"]) == [
      "arn:aws:codeconnections:us-east-1:111111111111:connection/00000000-0000-0000-0000-000000000000",
      "arn:aws:codestar-connections:us-east-1:111111111111:connection/00000000-0000-0000-0000-000000000000",
    ]
    error_message = "The role may ${output.policy}."
  }
  assert {
    condition     = one([for s in jsondecode(output.policy).Statement : s.Resource if s.Sid == "CarryArtifacts"]) == ["arn:aws:s3:::artifacts/stockcast-infrastruc/*"]
    error_message = "The role may ${output.policy}."
  }
}

run "who_asks_nobody_sends_nothing" {
  variables {
    stages = [{ name = "Check", actions = [{ name = "Check", project = "stockcast-delivery-dags-check" }] }]
  }
  assert {
    condition     = !strcontains(output.policy, "sns:Publish")
    error_message = "The role may ${output.policy}."
  }
}

run "a_ninth_path_gets_a_filter_of_its_own_for_the_same_branch" {
  command = plan
  variables { file_paths = ["a/**", "b/**", "c/**", "d/**", "e/**", "f/**", "g/**", "h/**", "i/**"] }
  assert {
    condition     = jsonencode([for push in aws_codepipeline.this.trigger[0].git_configuration[0].push : push.file_paths[0].includes]) == jsonencode([slice(var.file_paths, 0, 8), ["i/**"]])
    error_message = "The filters are ${jsonencode(aws_codepipeline.this.trigger[0].git_configuration[0].push)}."
  }
  assert {
    condition     = alltrue([for push in aws_codepipeline.this.trigger[0].git_configuration[0].push : push.branches[0].includes == tolist(["main"])])
    error_message = "A filter without its branch starts the pipeline for every branch."
  }
}

run "three_full_filters_are_the_most" {
  command = plan
  variables { file_paths = [for number in range(24) : "folder${number}/**"] }
  assert {
    condition     = jsonencode([for push in aws_codepipeline.this.trigger[0].git_configuration[0].push : length(push.file_paths[0].includes)]) == jsonencode([8, 8, 8])
    error_message = "The filters are ${jsonencode(aws_codepipeline.this.trigger[0].git_configuration[0].push)}."
  }
}

run "twenty_five_paths_are_refused" {
  command = plan
  variables { file_paths = [for number in range(25) : "folder${number}/**"] }
  expect_failures = [var.file_paths]
}

run "a_path_from_the_root_of_a_disk_is_refused" {
  command = plan
  variables { file_paths = ["/dags/**"] }
  expect_failures = [var.file_paths]
}

run "two_stages_of_one_name_are_refused" {
  command = plan
  variables {
    stages = [
      { name = "Plan-dev", actions = [{ name = "Plan-dev", project = "a" }] },
      { name = "Plan-dev", actions = [{ name = "Again", project = "a" }] },
    ]
  }
  expect_failures = [var.stages]
}

run "two_actions_of_one_name_in_a_stage_are_refused" {
  command = plan
  variables {
    stages = [{ name = "Check", actions = [{ name = "Check", project = "a" }, { name = "Check", project = "b" }] }]
  }
  expect_failures = [var.stages]
}

run "two_artifacts_of_one_name_are_refused" {
  command = plan
  variables {
    stages = [
      { name = "Plan-dev", actions = [{ name = "Plan-dev", project = "a", output = "plan" }] },
      { name = "Plan-prod", actions = [{ name = "Plan-prod", project = "a", output = "plan" }] },
    ]
  }
  expect_failures = [var.stages]
}

run "an_artifact_that_nobody_made_is_refused" {
  command = plan
  variables {
    stages = [{ name = "Apply-dev", actions = [{ name = "Apply", project = "a", inputs = ["source", "plan_dev"] }] }]
  }
  expect_failures = [var.stages]
}

run "an_approval_without_a_word_is_refused" {
  command = plan
  variables {
    stages = [{ name = "Approve-dev", actions = [{ name = "Approve-dev" }] }]
  }
  expect_failures = [var.stages]
}

run "a_link_that_is_not_encrypted_is_refused" {
  command = plan
  variables {
    stages = [{ name = "Approve-dev", actions = [{ name = "Approve-dev", message = "Go?", link = "http://example.com" }] }]
  }
  expect_failures = [var.stages]
}

run "a_link_of_a_build_is_refused" {
  command = plan
  variables {
    stages = [{ name = "Check", actions = [{ name = "Check", project = "a", link = "https://example.com" }] }]
  }
  expect_failures = [var.stages]
}

run "no_stage_is_refused" {
  command = plan
  variables { stages = [] }
  expect_failures = [var.stages]
}

run "a_pattern_of_branches_is_refused" {
  command = plan
  variables { repository = { id = "you/stockcast", branch = "*" } }
  expect_failures = [var.repository]
}

run "a_connection_by_its_name_is_refused" {
  command = plan
  variables { connection_arn = "stockcast-github" }
  expect_failures = [var.connection_arn]
}

run "a_name_with_blanks_is_refused" {
  command = plan
  variables { name = "stockcast dags" }
  expect_failures = [var.name]
}
