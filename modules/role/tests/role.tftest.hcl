mock_provider "aws" {}

variables {
  name             = "stockcast-dev-ingest"
  description      = "The function that brings bars into bronze."
  trusted_services = ["lambda.amazonaws.com"]
  statements = {
    write_bars = {
      actions    = ["s3:PutObject"]
      resources  = ["arn:aws:s3:::bronze/bars/*"]
      conditions = [{ test = "StringEquals", variable = "aws:SourceAccount", values = ["111111111111"] }]
    }
    no_listing_of_all = { effect = "Deny", actions = ["s3:ListAllMyBuckets"], resources = ["*"] }
  }
}

run "statements_become_a_policy_with_ids_and_conditions" {
  assert {
    condition = jsondecode(aws_iam_role_policy.grants.policy).Statement == [
      { Sid = "NoListingOfAll", Effect = "Deny", Action = ["s3:ListAllMyBuckets"], Resource = ["*"] },
      {
        Sid       = "WriteBars", Effect = "Allow", Action = ["s3:PutObject"], Resource = ["arn:aws:s3:::bronze/bars/*"]
        Condition = { StringEquals = { "aws:SourceAccount" = ["111111111111"] } }
      },
    ]
    error_message = "The policy is ${aws_iam_role_policy.grants.policy}."
  }
}

run "a_boundary_limits_the_role" {
  command = plan
  variables { boundary_arn = "arn:aws:iam::111111111111:policy/stockcast-dev-boundary" }
  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.boundary_arn
    error_message = "The boundary is ${jsonencode(aws_iam_role.this.permissions_boundary)}."
  }
}

run "two_conditions_of_one_test_must_both_hold" {
  variables {
    statements = {
      lend_roles = {
        actions   = ["iam:PassRole"]
        resources = ["arn:aws:iam::111111111111:role/stockcast-dev-*"]
        conditions = [
          { test = "StringEquals", variable = "aws:ResourceAccount", values = ["111111111111"] },
          { test = "StringEquals", variable = "iam:PassedToService", values = ["sagemaker.amazonaws.com"] },
        ]
      }
    }
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.grants.policy).Statement[0].Condition == {
      StringEquals = { "aws:ResourceAccount" = ["111111111111"], "iam:PassedToService" = ["sagemaker.amazonaws.com"] }
    }
    error_message = "The policy is ${aws_iam_role_policy.grants.policy}."
  }
}

run "only_the_named_services_may_take_the_role" {
  variables {
    trusted_services   = ["scheduler.amazonaws.com"]
    trusted_account_id = "111111111111"
  }
  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0] == {
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = "111111111111" } }
      Effect    = "Allow"
      Principal = { Service = ["scheduler.amazonaws.com"] }
    }
    error_message = "The trust policy is ${aws_iam_role.this.assume_role_policy}."
  }
}

run "a_statement_that_allows_a_whole_service_is_refused" {
  command = plan
  variables {
    statements = { everything = { actions = ["s3:*"], resources = ["*"] } }
  }
  expect_failures = [var.statements]
}

run "a_statement_without_resources_is_refused" {
  command = plan
  variables {
    statements = { write_bars = { actions = ["s3:PutObject"] } }
  }
  expect_failures = [var.statements]
}

run "a_role_without_grants_is_refused" {
  command = plan
  variables { statements = {} }
  expect_failures = [var.statements]
}

run "a_person_cannot_be_trusted_by_name" {
  command = plan
  variables { trusted_services = ["arn:aws:iam::111111111111:user/anna"] }
  expect_failures = [var.trusted_services]
}

run "a_boundary_that_is_no_policy_is_refused" {
  command = plan
  variables { boundary_arn = "stockcast-dev-boundary" }
  expect_failures = [var.boundary_arn]
}

run "an_account_that_lambda_never_tells_is_refused" {
  command = plan
  variables { trusted_account_id = "111111111111" }
  expect_failures = [var.trusted_account_id]
}

run "a_name_longer_than_iam_takes_is_refused" {
  command = plan
  variables { name = "stockcast-dev-a-role-whose-name-tells-everything-that-it-does-and-more" }
  expect_failures = [var.name]
}

run "two_statements_of_one_id_are_refused" {
  command = plan
  variables {
    statements = {
      write_bars  = { actions = ["s3:PutObject"], resources = ["arn:aws:s3:::bronze/bars/*"] }
      write__bars = { actions = ["s3:PutObject"], resources = ["arn:aws:s3:::silver/bars/*"] }
    }
  }
  expect_failures = [var.statements]
}

run "a_policy_larger_than_iam_takes_is_refused" {
  command = plan
  variables {
    statements = {
      write_bars = { actions = ["s3:PutObject"], resources = [for day in range(400) : "arn:aws:s3:::bronze/bars/day=${day}/*"] }
    }
  }
  expect_failures = [aws_iam_role_policy.grants]
}
