mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_resource "aws_ecr_repository" { defaults = { arn = "arn:aws:ecr:us-east-1:111111111111:repository/an-image" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/a-role" } }
}

variables {
  name_prefix = "stockcast-dev"
  kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  buckets     = { bronze = "the-bronze", gold = "the-gold", models = "the-models", silver = "the-silver" }
  code        = { folder = "tests/packages", hash = "0123456789abcdef" }
}

run "every_file_of_the_jobs_lies_under_the_hash" {
  command = plan
  assert {
    condition = toset([for object in aws_s3_object.file : object.key]) == toset([
      "code/0123456789abcdef/files/stockcast/__init__.py", "code/0123456789abcdef/files/train.py",
    ])
    error_message = "The files are ${jsonencode([for object in aws_s3_object.file : object.key])}."
  }
  assert {
    condition     = output.job_source == "s3://the-models/code/0123456789abcdef/source.tar.gz"
    error_message = "The archive is ${output.job_source}."
  }
}

run "training_reads_clean_bars_and_writes_models_only" {
  assert {
    condition = {
      for s in jsondecode(module.role["train"].policy).Statement : s.Sid => s.Resource if startswith(s.Action[0], "s3:")
      } == {
      ListInputs   = ["arn:aws:s3:::the-models", "arn:aws:s3:::the-silver"]
      ReadInputs   = ["arn:aws:s3:::the-models/checkpoints/*", "arn:aws:s3:::the-models/code/*", "arn:aws:s3:::the-silver/bars/*"]
      WriteOutputs = ["arn:aws:s3:::the-models/checkpoints/*", "arn:aws:s3:::the-models/training/*"]
    }
    error_message = "The policy of train is ${module.role["train"].policy}."
  }
}

run "challenging_reads_clean_bars_and_writes_beside_the_served_forecasts" {
  assert {
    condition = {
      for s in jsondecode(module.role["challenge"].policy).Statement : s.Sid => s.Resource if startswith(s.Action[0], "s3:")
      } == {
      ListInputs   = ["arn:aws:s3:::the-models", "arn:aws:s3:::the-silver"]
      ReadInputs   = ["arn:aws:s3:::the-models/code/*", "arn:aws:s3:::the-silver/bars/*"]
      WriteOutputs = ["arn:aws:s3:::the-gold/challengers/*"]
    }
    error_message = "The policy of challenge is ${module.role["challenge"].policy}."
  }
}

run "tracking_reads_what_it_tells_of_and_writes_runs_only" {
  assert {
    condition = {
      for s in jsondecode(module.role["track"].policy).Statement : s.Sid => s.Resource if startswith(s.Action[0], "s3:")
      } == {
      ListInputs = ["arn:aws:s3:::the-models"]
      ReadInputs = [
        "arn:aws:s3:::the-models/code/*", "arn:aws:s3:::the-models/evaluation/*", "arn:aws:s3:::the-models/mlflow/db/*",
        "arn:aws:s3:::the-models/training/*",
      ]
      WriteOutputs = ["arn:aws:s3:::the-models/mlflow/*"]
    }
    error_message = "The policy of track is ${module.role["track"].policy}."
  }
}

run "only_tracking_reaches_a_tracking_server" {
  variables {
    tracking = { keep_runs_on_server = { actions = ["sagemaker-mlflow:LogBatch"], resources = ["arn:aws:sagemaker:us-east-1:111111111111:mlflow-tracking-server/stockcast-dev-runs"] } }
  }
  assert {
    condition     = [for step, role in module.role : step if strcontains(role.policy, "sagemaker-mlflow:")] == ["track"]
    error_message = "Others reach the server too, or track does not."
  }
}

run "serving_writes_nothing_into_the_lake" {
  assert {
    condition     = !strcontains(module.role["serve"].policy, "s3:PutObject") && !strcontains(module.role["serve"].policy, "kms:Encrypt")
    error_message = "The policy of serve is ${module.role["serve"].policy}."
  }
}

run "the_key_is_lent_to_machines_and_to_nobody_else" {
  assert {
    condition = alltrue([for step in ["challenge", "clean", "evaluate", "track", "train"] : contains(
      jsondecode(module.role[step].policy).Statement,
      {
        Sid       = "LendKeyToDisk", Effect = "Allow", Action = ["kms:CreateGrant"], Resource = [var.kms_key_arn],
        Condition = { Bool = { "kms:GrantIsForAWSResource" = ["true"] } }
      },
    )])
    error_message = "A job's disk could not be encrypted, or its role could give the key away."
  }
  assert {
    condition     = !strcontains(module.role["serve"].policy, "kms:CreateGrant")
    error_message = "The key is lent to the endpoint's machines by whoever makes the endpoint."
  }
}

run "the_endpoints_log_is_ours_and_its_role_makes_no_other" {
  assert {
    condition = (
      aws_cloudwatch_log_group.endpoint.name == "/aws/sagemaker/Endpoints/stockcast-dev-forecasts" &&
      aws_cloudwatch_log_group.endpoint.kms_key_id == var.kms_key_arn &&
      aws_cloudwatch_log_group.endpoint.retention_in_days == 90
    )
    error_message = "The endpoint's lines would stay for ever, or in the clear."
  }
  assert {
    condition = [for s in jsondecode(module.role["serve"].policy).Statement : s if s.Sid == "WriteLog"][0] == {
      Sid = "WriteLog", Effect = "Allow", Action = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      Resource = [
        "arn:aws:logs:us-east-1:111111111111:log-group:/aws/sagemaker/Endpoints/stockcast-dev-forecasts",
        "arn:aws:logs:us-east-1:111111111111:log-group:/aws/sagemaker/Endpoints/stockcast-dev-forecasts:*",
      ]
    }
    error_message = "The policy of serve is ${module.role["serve"].policy}."
  }
}

run "a_new_model_takes_over_at_once_unless_told_otherwise" {
  command = plan
  assert {
    condition = jsondecode(output.endpoint_deployment) == {
      BlueGreenUpdatePolicy = {
        MaximumExecutionTimeoutInSeconds = 1800
        TerminationWaitInSeconds         = 0
        TrafficRoutingConfiguration      = { Type = "ALL_AT_ONCE", WaitIntervalInSeconds = 0 }
      }
    }
    error_message = "The deployment is ${output.endpoint_deployment}."
  }
  assert {
    condition     = output.endpoint_scaling == "{}" && !contains(keys(output.grants.operate), "scale")
    error_message = "The endpoint scales, or might, though nobody asked for it."
  }
}

run "a_line_gives_way_to_the_alarms_and_has_time_for_each_of_its_steps" {
  command = plan
  variables {
    rollback_alarms = ["stockcast-dev-endpoint-5xx"]
    serving = {
      instance_count = 2
      instance_type  = "ml.m5.large"
      deployment     = { kind = "LINEAR", step_percent = 30, wait_seconds = 120, bake_seconds = 600 }
    }
  }
  assert {
    condition = jsondecode(output.endpoint_deployment) == {
      AutoRollbackConfiguration = { Alarms = [{ AlarmName = "stockcast-dev-endpoint-5xx" }] }
      BlueGreenUpdatePolicy = {
        MaximumExecutionTimeoutInSeconds = 4 * 120 + 600 + 1800
        TerminationWaitInSeconds         = 600
        TrafficRoutingConfiguration = {
          LinearStepSize = { Type = "CAPACITY_PERCENT", Value = 30 }, Type = "LINEAR", WaitIntervalInSeconds = 120
        }
      }
    }
    error_message = "The deployment is ${output.endpoint_deployment}."
  }
}

run "the_serving_role_reads_the_alarms_that_may_roll_back" {
  variables {
    rollback_alarms = ["stockcast-dev-endpoint-5xx"]
    serving         = { instance_count = 2, deployment = { kind = "CANARY", step_percent = 10 } }
  }
  assert {
    condition = [for s in jsondecode(module.role["serve"].policy).Statement : s.Resource if s.Sid == "WatchRollbackAlarms"] == [
      ["arn:aws:cloudwatch:us-east-1:111111111111:alarm:stockcast-dev-endpoint-5xx"],
    ]
    error_message = "SageMaker would refuse the deployment: it cannot see its alarms."
  }
  assert {
    condition     = jsondecode(output.endpoint_deployment).BlueGreenUpdatePolicy.TrafficRoutingConfiguration.CanarySize.Value == 10
    error_message = "The deployment is ${output.endpoint_deployment}."
  }
}

run "an_endpoint_that_scales_is_registered_by_the_dags" {
  variables {
    serving = { instance_count = 2, instance_type = "ml.m5.large", scaling = { max_instances = 6, invocations_per_instance = 120 } }
  }
  assert {
    condition = jsondecode(output.endpoint_scaling) == {
      MaxCapacity = 6
      MinCapacity = 2
      TargetTrackingScalingPolicyConfiguration = {
        PredefinedMetricSpecification = { PredefinedMetricType = "SageMakerVariantInvocationsPerInstance" }
        ScaleInCooldown               = 300
        ScaleOutCooldown              = 60
        TargetValue                   = 120
      }
    }
    error_message = "The scaling is ${output.endpoint_scaling}."
  }
  assert {
    condition     = output.grants.operate.scale_alarms.resources == ["arn:aws:cloudwatch:us-east-1:111111111111:alarm:TargetTracking-endpoint/stockcast-dev-forecasts/*"]
    error_message = "Scaling opens ${jsonencode(output.grants.operate.scale_alarms.resources)}."
  }
  assert {
    condition     = output.grants.operate.scale_for_the_first_time.conditions[0].values == ["sagemaker.application-autoscaling.amazonaws.com"]
    error_message = "The DAGs could make other services' roles."
  }
}

run "where_a_person_approves_the_dags_cannot" {
  variables { approval = "manual" }
  assert {
    condition = jsonencode(output.grants.operate.register.conditions) == jsonencode([
      { test = "StringEquals", variable = "sagemaker:ModelApprovalStatus", values = ["PendingManualApproval"] },
    ])
    error_message = "A DAG could register a version as approved."
  }
}

run "where_nobody_has_to_approve_the_dags_may" {
  assert {
    condition     = length(output.grants.operate.register.conditions) == 0
    error_message = "Registering asks for ${jsonencode(output.grants.operate.register.conditions)}."
  }
}

run "roles_are_lent_to_sagemaker_alone" {
  assert {
    condition = output.grants.operate.lend_roles_to_jobs.conditions == [
      { test = "StringEquals", variable = "iam:PassedToService", values = ["sagemaker.amazonaws.com"] },
    ]
    error_message = "PassRole is granted with ${jsonencode(output.grants.operate.lend_roles_to_jobs.conditions)}."
  }
}

run "forecasting_asks_this_endpoint_alone" {
  assert {
    condition     = output.grants.invoke.invoke_endpoint.resources == ["arn:aws:sagemaker:us-east-1:111111111111:endpoint/stockcast-dev-forecasts"]
    error_message = "The grant opens ${jsonencode(output.grants.invoke.invoke_endpoint.resources)}."
  }
}

run "operating_opens_our_own_names_alone" {
  assert {
    condition = output.grants.operate.run_jobs.resources == [
      "arn:aws:sagemaker:us-east-1:111111111111:processing-job/stockcast-dev-*",
      "arn:aws:sagemaker:us-east-1:111111111111:training-job/stockcast-dev-*",
    ]
    error_message = "The grant opens ${jsonencode(output.grants.operate.run_jobs.resources)}."
  }
  assert {
    condition     = output.grants.operate.tune.resources == ["arn:aws:sagemaker:us-east-1:111111111111:hyper-parameter-tuning-job/stockcast-dev-*"]
    error_message = "The grant opens ${jsonencode(output.grants.operate.tune.resources)}."
  }
  assert {
    condition     = [for name, s in output.grants.operate : name if s.resources == ["*"]] == ["list"]
    error_message = "Only lists may reach beyond our own names."
  }
}

run "a_judged_image_cannot_be_replaced_under_its_tag" {
  command = plan
  assert {
    condition     = alltrue([for r in aws_ecr_repository.this : r.image_tag_mutability == "IMMUTABLE" && r.image_scanning_configuration[0].scan_on_push])
    error_message = "Some repository takes a tag twice or does not scan."
  }
}

run "old_images_go_and_the_newest_stay" {
  command = plan
  variables { images_kept = 5 }
  assert {
    condition     = alltrue([for policy in aws_ecr_lifecycle_policy.this : jsondecode(policy.policy).rules[0].selection.countNumber == 5])
    error_message = "Images would pile up."
  }
}

run "a_canary_of_one_machine_is_refused" {
  command = plan
  variables {
    rollback_alarms = ["an-alarm"]
    serving         = { deployment = { kind = "CANARY" } }
  }
  expect_failures = [var.serving]
}

run "a_canary_that_no_alarm_watches_is_refused" {
  command = plan
  variables { serving = { instance_count = 2, deployment = { kind = "CANARY" } } }
  expect_failures = [var.serving]
}

run "an_unknown_way_of_deploying_is_refused" {
  command = plan
  variables { serving = { deployment = { kind = "ROLLING" } } }
  expect_failures = [var.serving]
}

run "a_step_of_more_than_half_is_refused" {
  command = plan
  variables {
    rollback_alarms = ["an-alarm"]
    serving         = { instance_count = 2, deployment = { kind = "CANARY", step_percent = 80 } }
  }
  expect_failures = [var.serving]
}

run "a_line_of_tiny_steps_is_refused" {
  command = plan
  variables {
    rollback_alarms = ["an-alarm"]
    serving         = { instance_count = 2, deployment = { kind = "LINEAR", step_percent = 5 } }
  }
  expect_failures = [var.serving]
}

run "waiting_longer_than_sagemaker_does_is_refused" {
  command = plan
  variables {
    rollback_alarms = ["an-alarm"]
    serving         = { instance_count = 2, deployment = { kind = "LINEAR", step_percent = 10, wait_seconds = 3600 } }
  }
  expect_failures = [var.serving]
}

run "a_wait_of_more_than_an_hour_is_refused" {
  command = plan
  variables { serving = { deployment = { bake_seconds = 7200 } } }
  expect_failures = [var.serving]
}

run "a_burstable_machine_that_scales_is_refused" {
  command = plan
  variables { serving = { instance_type = "ml.t2.medium", scaling = { max_instances = 3 } } }
  expect_failures = [var.serving]
}

run "a_scaling_without_room_is_refused" {
  command = plan
  variables { serving = { instance_count = 3, instance_type = "ml.m5.large", scaling = { max_instances = 3 } } }
  expect_failures = [var.serving]
}

run "a_machine_with_its_own_disk_is_refused" {
  command = plan
  variables { serving = { instance_type = "ml.m5d.large" } }
  expect_failures = [var.serving]
}

run "no_machines_at_all_are_refused" {
  command = plan
  variables { serving = { instance_count = 0 } }
  expect_failures = [var.serving]
}

run "more_alarms_than_sagemaker_watches_are_refused" {
  command = plan
  variables { rollback_alarms = [for n in range(11) : "alarm-${n}"] }
  expect_failures = [var.rollback_alarms]
}

run "an_approval_by_nobody_is_refused" {
  command = plan
  variables { approval = "never" }
  expect_failures = [var.approval]
}

run "a_retention_that_the_logs_do_not_offer_is_refused" {
  command = plan
  variables { log_retention_days = 45 }
  expect_failures = [var.log_retention_days]
}

run "code_without_a_hash_is_refused" {
  command = plan
  variables { code = { folder = "tests/packages", hash = "latest" } }
  expect_failures = [var.code]
}

run "a_prefix_with_capitals_is_refused" {
  command = plan
  variables { name_prefix = "Stockcast" }
  expect_failures = [var.name_prefix]
}
