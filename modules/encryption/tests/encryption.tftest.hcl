mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
}

variables { name_prefix = "stockcast-dev" }

run "the_key_rotates_and_has_a_name" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation && output.alias == "alias/stockcast-dev"
    error_message = "Rotation is ${aws_kms_key.this.enable_key_rotation}, the alias ${output.alias}."
  }
}

run "it_says_what_it_holds" {
  variables { holds = "artifacts" }
  assert {
    condition     = aws_kms_key.this.description == "stockcast-dev: artifacts"
    error_message = "It says ${aws_kms_key.this.description}."
  }
}

run "logs_may_use_it_for_this_account_alone" {
  assert {
    condition = one([
      for s in jsondecode(aws_kms_key.this.policy).Statement : s.Condition if s.Sid == "LogsOfThisAccount"
    ]) == { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:us-east-1:111111111111:*" } }
    error_message = "The key policy is ${aws_kms_key.this.policy}."
  }
}

run "senders_of_alerts_may_use_it_for_this_account_alone" {
  assert {
    condition = one([
      for s in jsondecode(aws_kms_key.this.policy).Statement : [s.Principal.Service, s.Condition] if s.Sid == "SendersOfThisAccount"
      ]) == [
      ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"],
      { StringEquals = { "aws:SourceAccount" = "111111111111" } },
    ]
    error_message = "The key policy is ${aws_kms_key.this.policy}."
  }
}

run "eventbridge_which_tells_no_account_may_use_it_for_our_topics_alone" {
  assert {
    condition = one([
      for s in jsondecode(aws_kms_key.this.policy).Statement : s.Condition if try(contains(s.Principal.Service, "events.amazonaws.com"), false)
    ]) == { ArnLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:us-east-1:111111111111:stockcast-dev-*" } }
    error_message = "The key policy is ${aws_kms_key.this.policy}."
  }
}

run "a_sender_that_is_not_named_is_not_let_in" {
  variables { alert_senders = ["cloudwatch.amazonaws.com"] }
  assert {
    condition     = [for s in jsondecode(aws_kms_key.this.policy).Statement : s.Sid] == ["AccountDecidesByItsPolicies", "LogsOfThisAccount", "SendersOfThisAccount"]
    error_message = "The key policy is ${aws_kms_key.this.policy}."
  }
}

run "no_principal_outside_the_account_is_let_in_without_a_condition" {
  assert {
    condition = alltrue([
      for s in jsondecode(aws_kms_key.this.policy).Statement :
      can(s.Condition) || s.Principal == { AWS = "arn:aws:iam::111111111111:root" }
    ])
    error_message = "The key policy is ${aws_kms_key.this.policy}."
  }
}

run "a_window_shorter_than_a_week_is_refused" {
  command = plan
  variables { deletion_window_days = 1 }
  expect_failures = [var.deletion_window_days]
}

run "a_prefix_with_capitals_is_refused" {
  command = plan
  variables { name_prefix = "Stockcast" }
  expect_failures = [var.name_prefix]
}

run "a_sender_that_is_no_service_is_refused" {
  command = plan
  variables { alert_senders = ["cloudwatch"] }
  expect_failures = [var.alert_senders]
}
