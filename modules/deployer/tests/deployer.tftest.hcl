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
        for resource in s.Resource : can(regex("(-airflow/|-models/code/|-models/mlflow/db/README\\.md$|-tfstate/)", resource)) if can(regex("^arn:aws:s3:::[^/]*/", resource))
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

run "the_boundary_is_made_once_and_never_rewritten_by_a_deploy" {
  command = plan
  assert {
    condition = [for s in jsondecode(output.policies["apply-roles"]).Statement : s.Action if s.Effect == "Allow" && contains(s.Resource, "arn:aws:iam::222222222222:policy/stockcast-dev-boundary")] == [
      ["iam:CreatePolicy", "iam:TagPolicy", "iam:UntagPolicy"]
    ]
    error_message = "The apply role may do more to the boundary than make it."
  }
  assert {
    condition = one([for s in jsondecode(output.policies["apply-roles"]).Statement : s if s.Sid == "NeverTheBoundary"]) == {
      Sid    = "NeverTheBoundary", Effect = "Deny", Resource = ["*"]
      Action = ["iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteRolePermissionsBoundary", "iam:SetDefaultPolicyVersion"]
    }
    error_message = "A deploy could rewrite the boundary, and so have no limits."
  }
}

run "a_tag_takes_over_nothing_of_others" {
  command = plan
  assert {
    condition = alltrue(flatten([for policy in values(output.policies) : [
      for s in jsondecode(policy).Statement : try(s.Condition.Null["aws:ResourceTag/Project"] == "true", s.Condition.StringEquals["aws:ResourceTag/Project"] == "stockcast", s.Condition.Null["ec2:CreateAction"] == "false", false)
      if s.Effect == "Allow" && length(setintersection(s.Action, ["ce:TagResource", "ec2:CreateTags", "emr-serverless:TagResource", "kms:TagResource"])) > 0
    ]]))
    error_message = "What others tagged could be tagged as ours."
  }
  assert {
    condition     = one([for s in jsondecode(output.policies["apply-data"]).Statement : s.Condition.Null if s.Sid == "MakeKey"]) == { "aws:ResourceTag/Project" = "true", "kms:ResourceAliases" = "true" }
    error_message = "A key of others that bears no tag could be tagged as ours."
  }
  assert {
    condition = { for s in jsondecode(output.policies["apply-network-making"]).Statement : one(s.Action) => one(s.Resource) if startswith(s.Sid, "Make") } == {
      for action, kind in {
        "ec2:AllocateAddress"       = "elastic-ip", "ec2:AuthorizeSecurityGroup*" = "security-group-rule", "ec2:CreateFlowLogs" = "vpc-flow-log"
        "ec2:CreateInternetGateway" = "internet-gateway", "ec2:CreateNatGateway" = "natgateway", "ec2:CreateRouteTable" = "route-table"
        "ec2:CreateSecurityGroup"   = "security-group", "ec2:CreateSubnet" = "subnet", "ec2:CreateVpc" = "vpc", "ec2:CreateVpcEndpoint" = "vpc-endpoint"
      } : action => "arn:aws:ec2:us-east-1:222222222222:${kind}/*"
    }
    error_message = "A tag in the request is enough to change what stands already."
  }
  assert {
    condition     = one([for s in jsondecode(output.policies["apply-network"]).Statement : s.Condition.StringEquals["aws:RequestTag/Name"] if s.Sid == "TagTheDefaultGroup"]) == "stockcast-dev-closed"
    error_message = "A group that nobody tagged could be taken over under any name."
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

run "a_repository_with_githubs_numbers_is_trusted_with_them" {
  command = plan
  variables { github = { provider_arn = "arn:aws:iam::222222222222:oidc-provider/x", repository = "you@123/stockcast@456" } }
  assert {
    condition     = one(jsondecode(aws_iam_role.this["review"].assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:you@123/stockcast@456:pull_request"
    error_message = "The review role trusts ${aws_iam_role.this["review"].assume_role_policy}."
  }
}

run "a_number_with_a_pattern_is_refused" {
  command = plan
  variables { github = { provider_arn = "arn:aws:iam::222222222222:oidc-provider/x", repository = "you@*/stockcast@456" } }
  expect_failures = [var.github]
}

run "an_environment_called_like_the_pipelines_is_refused" {
  command = plan
  variables { environment = "delivery" }
  expect_failures = [var.environment]
}

run "an_environment_called_like_the_check_of_dags_is_refused" {
  command = plan
  variables { environment = "check" }
  expect_failures = [var.environment]
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
