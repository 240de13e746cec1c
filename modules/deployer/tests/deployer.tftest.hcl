mock_provider "aws" {
  override_during = plan
  mock_data "aws_caller_identity" { defaults = { account_id = "222222222222" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_resource "aws_iam_policy" { defaults = { arn = "arn:aws:iam::222222222222:policy/made" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::222222222222:role/made" } }
}

variables {
  name_prefix         = "stockcast-dev"
  delivery_account_id = "111111111111"
  environment         = "dev"
  settings_prefix     = "/stockcast/dev"
  state = {
    bucket_arn = "arn:aws:s3:::stockcast-222222222222-tfstate"
    key        = "dev/platform.tfstate"
    key_arn    = "arn:aws:kms:us-east-1:222222222222:key/00000000-0000-0000-0000-000000000000"
    policy_arn = "arn:aws:iam::222222222222:policy/stockcast-dev-state"
  }
}

run "each_role_is_taken_by_the_home_accounts_own_build_alone" {
  command = plan
  assert {
    condition = { for name, role in aws_iam_role.this : role.name => one(jsondecode(role.assume_role_policy).Statement).Condition } == {
      "stockcast-dev-apply"   = { ArnEquals = { "aws:PrincipalArn" = ["arn:aws:iam::111111111111:role/stockcast-delivery-infra-apply-dev"] } }
      "stockcast-dev-plan"    = { ArnEquals = { "aws:PrincipalArn" = ["arn:aws:iam::111111111111:role/stockcast-delivery-infra-plan-dev"] } }
      "stockcast-dev-release" = { ArnEquals = { "aws:PrincipalArn" = ["arn:aws:iam::111111111111:role/stockcast-delivery-dags-dev", "arn:aws:iam::111111111111:role/stockcast-delivery-models-dev"] } }
    }
    error_message = "Trusted are ${jsonencode([for role in aws_iam_role.this : role.assume_role_policy])}."
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.this : one(jsondecode(role.assume_role_policy).Statement).Principal == { AWS = "arn:aws:iam::111111111111:root" }])
    error_message = "Another account than the home of the pipelines is trusted."
  }
}

run "only_the_apply_role_writes_the_state" {
  command = plan
  assert {
    condition     = aws_iam_role_policy_attachment.state.role == "stockcast-dev-apply" && aws_iam_role_policy_attachment.state.policy_arn == var.state.policy_arn
    error_message = "The state's policy hangs on ${aws_iam_role_policy_attachment.state.role}."
  }
  assert {
    condition = !anytrue(flatten([for topic in ["planning", "reading", "release"] : [
      for s in jsondecode(output.policies[topic]).Statement : contains(flatten([s.Action]), "s3:PutObject") && contains(s.Resource, "${var.state.bucket_arn}/${var.state.key}")
    ]]))
    error_message = "A role that does not apply may write the state."
  }
}

run "no_policy_reaches_the_lakes_data" {
  command = plan
  assert {
    condition = alltrue(flatten([for topic, policy in output.policies : [
      for s in jsondecode(policy).Statement : [
        for resource in s.Resource : can(regex("(-airflow/|-models/code/|-tfstate/)", resource)) if can(regex("^arn:aws:s3:::[^/]*/", resource))
      ]
    ]]))
    error_message = "Objects other than code, DAGs and state are granted."
  }
  assert {
    condition = alltrue(flatten([for policy in values(output.policies) : [
      for s in jsondecode(policy).Statement : !contains(s.Resource, "*") || !anytrue([for action in s.Action : can(regex("^s3:|^iam:|^lambda:|^ssm:Get", action))]) if s.Effect == "Allow"
    ]]))
    error_message = "Something that has names is granted for every name."
  }
}

run "roles_are_made_within_the_boundary_and_deployers_are_left_alone" {
  command = plan
  assert {
    condition = {
      for s in jsondecode(output.policies["apply-roles"]).Statement : s.Sid => s.Condition if s.Sid == "BoundedRoles"
    } == { BoundedRoles = { StringEquals = { "iam:PermissionsBoundary" = "arn:aws:iam::222222222222:policy/stockcast-dev-boundary" } } }
    error_message = "Roles may be made without the boundary."
  }
  assert {
    condition = !anytrue(flatten([for s in jsondecode(output.policies["apply-roles"]).Statement : [
      for action in s.Action : contains(["iam:*", "iam:AttachRolePolicy", "iam:CreateUser", "iam:CreateAccessKey"], action)
    ] if s.Effect == "Allow"]))
    error_message = "The apply role may give more than the boundary lets."
  }
  assert {
    condition = alltrue([for role in ["apply", "plan", "release", "review"] : contains(
      one([for s in jsondecode(output.policies["apply-roles"]).Statement : s.Resource if s.Sid == "NeverTheDeployers"]),
      "arn:aws:iam::222222222222:role/stockcast-dev-${role}"
    )])
    error_message = "A deploy role may be changed by a deploy."
  }
}

run "roles_are_lent_to_the_services_that_run_our_things" {
  command = plan
  assert {
    condition     = [for s in jsondecode(output.policies["apply-roles"]).Statement : length(s.Condition.StringEquals["iam:PassedToService"]) > 0 if contains(s.Action, "iam:PassRole") && s.Effect == "Allow"] == [true]
    error_message = "A role may be handed to any service."
  }
}

run "without_github_nobody_reviews" {
  command = plan
  assert {
    condition     = keys(output.role_arns) == ["apply", "plan", "release"]
    error_message = "There are ${jsonencode(keys(output.role_arns))}."
  }
}

run "pull_requests_of_one_repository_may_look_and_not_lock" {
  command = plan
  variables {
    github = { provider_arn = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com", repository = "you/stockcast" }
  }
  assert {
    condition = one(jsondecode(aws_iam_role.this["review"].assume_role_policy).Statement).Condition == { StringEquals = {
      "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
      "token.actions.githubusercontent.com:sub" = "repo:you/stockcast:pull_request"
    } }
    error_message = "The review role trusts ${aws_iam_role.this["review"].assume_role_policy}."
  }
  assert {
    condition     = [for key, attached in aws_iam_role_policy_attachment.this : key if attached.role == "stockcast-dev-review"] == ["review/reading"]
    error_message = "A pull request may do more than read."
  }
  assert {
    condition = !anytrue(flatten([for s in jsondecode(output.policies["reading"]).Statement : [
      for action in s.Action : !can(regex(":(Decrypt|Describe|Get|List|View)", action))
    ]]))
    error_message = "Reading changes something."
  }
}

run "a_repository_with_a_pattern_is_refused" {
  command = plan
  variables { github = { provider_arn = "arn:aws:iam::222222222222:oidc-provider/x", repository = "you/*" } }
  expect_failures = [var.github]
}

run "an_account_that_is_no_account_is_refused" {
  command = plan
  variables { delivery_account_id = "*" }
  expect_failures = [var.delivery_account_id]
}

run "a_role_of_airflow_that_does_not_exist_is_refused" {
  command = plan
  variables { airflow_role = "Root" }
  expect_failures = [var.airflow_role]
}

run "a_policy_too_long_for_iam_is_refused" {
  command = plan
  variables {
    state = {
      bucket_arn = join("", [for n in range(1000) : "very-long"])
      key        = "dev/platform.tfstate"
      key_arn    = "arn:aws:kms:us-east-1:222222222222:key/00000000-0000-0000-0000-000000000000"
      policy_arn = "arn:aws:iam::222222222222:policy/stockcast-dev-state"
    }
  }
  expect_failures = [aws_iam_policy.this]
}
