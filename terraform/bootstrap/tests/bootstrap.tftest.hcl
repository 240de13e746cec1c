# Plans only: bucket and key refuse to be destroyed, also after a test.
mock_provider "aws" {
  override_during = plan
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_resource "aws_iam_openid_connect_provider" { defaults = { arn = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/made" } }
  mock_resource "aws_kms_key" { defaults = { arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000" } }
  mock_resource "aws_s3_bucket" { defaults = { arn = "arn:aws:s3:::stockcast-111111111111-tfstate" } }
  mock_resource "aws_iam_policy" { defaults = { arn = "arn:aws:iam::111111111111:policy/stockcast-a-state" } }
  mock_resource "aws_codeconnections_connection" {
    defaults = {
      arn               = "arn:aws:codeconnections:us-east-1:111111111111:connection/00000000-0000-0000-0000-000000000000"
      connection_status = "PENDING"
    }
  }
}

variables {
  account_id               = "111111111111"
  connection               = { name = "stockcast-github" }
  delivery_account_id      = "111111111111"
  environments             = ["dev", "staging"]
  expire_old_versions_days = 90
  region                   = "us-east-1"
}

run "the_bucket_is_versioned_encrypted_and_closed" {
  command = plan
  assert {
    condition     = aws_s3_bucket.state.bucket == "stockcast-111111111111-tfstate" && output.state_bucket == aws_s3_bucket.state.bucket
    error_message = "The bucket is ${aws_s3_bucket.state.bucket}."
  }
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "A damaged state could not be called back."
  }
  assert {
    condition = one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default) == {
      kms_master_key_id = aws_kms_key.state.arn
      sse_algorithm     = "aws:kms"
    }
    error_message = "State is not encrypted with its own key."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls, aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls, aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "State could be made public."
  }
  assert {
    condition     = one(jsondecode(aws_s3_bucket_policy.state.policy).Statement).Condition == { Bool = { "aws:SecureTransport" = "false" } }
    error_message = "The bucket policy is ${aws_s3_bucket_policy.state.policy}."
  }
}

run "old_states_go_but_never_the_newest_ten" {
  command = plan
  assert {
    condition = one(one(aws_s3_bucket_lifecycle_configuration.state[0].rule).noncurrent_version_expiration) == {
      newer_noncurrent_versions = 10
      noncurrent_days           = 90
    }
    error_message = "The rule is ${jsonencode(aws_s3_bucket_lifecycle_configuration.state[0].rule)}."
  }
}

run "null_keeps_every_old_state" {
  command = plan
  variables { expire_old_versions_days = null }
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.state) == 0
    error_message = "A rule was made although none was wanted."
  }
}

run "each_environment_reaches_its_own_state_and_lock_alone" {
  command = plan
  assert {
    condition = { for s in jsondecode(aws_iam_policy.state["dev"].policy).Statement : s.Sid => [s.Action, s.Resource] } == {
      FindState         = ["s3:ListBucket", "arn:aws:s3:::stockcast-111111111111-tfstate"]
      ReadAndWriteState = [["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::stockcast-111111111111-tfstate/dev/platform.tfstate"]
      TakeAndFreeLock   = [["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], "arn:aws:s3:::stockcast-111111111111-tfstate/dev/platform.tfstate.tflock"]
      UseKey            = [["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], aws_kms_key.state.arn]
    }
    error_message = "The policy of dev is ${aws_iam_policy.state["dev"].policy}."
  }
  assert {
    condition     = toset(keys(output.state_policy_arns)) == toset(["dev", "staging"])
    error_message = "Policies exist for ${jsonencode(keys(output.state_policy_arns))}."
  }
}

run "a_pending_connection_says_where_to_click" {
  command = plan
  assert {
    condition     = output.connection.status == "PENDING" && strcontains(output.connection.to_do, "https://us-east-1.console.aws.amazon.com/codesuite/settings/connections") && strcontains(output.connection.to_do, "stockcast-github")
    error_message = "It says ${jsonencode(output.connection)}."
  }
}

run "without_a_pipeline_there_is_no_connection" {
  command = plan
  variables { connection = null }
  assert {
    condition     = output.connection == null
    error_message = "There is ${jsonencode(output.connection)}."
  }
}

run "an_account_id_with_dashes_is_refused" {
  command = plan
  variables { account_id = "1111-1111-1111" }
  expect_failures = [var.account_id]
}

run "no_environment_at_all_is_refused" {
  command = plan
  variables {
    delivery_account_id = "222222222222"
    environments        = []
  }
  expect_failures = [var.environments]
}

run "the_pipelines_account_may_hold_no_environment" {
  command = plan
  variables {
    environments = []
    github       = { repository = "you/stockcast" }
  }
  assert {
    condition     = output.deploy_role_arns == {} && output.connection != null && length(aws_iam_openid_connect_provider.github) == 0
    error_message = "It gets ${jsonencode(output.deploy_role_arns)} and ${jsonencode(output.connection)}."
  }
}

run "an_environment_called_like_the_pipelines_is_refused" {
  command = plan
  variables { environments = ["dev", "delivery"] }
  expect_failures = [var.environments]
}

run "an_environment_called_like_the_check_of_dags_is_refused" {
  command = plan
  variables { environments = ["check"] }
  expect_failures = [var.environments]
}

run "a_week_of_old_states_is_refused" {
  command = plan
  variables { expire_old_versions_days = 7 }
  expect_failures = [var.expire_old_versions_days]
}

run "a_connection_to_another_host_is_refused" {
  command = plan
  variables { connection = { name = "stockcast-github", provider_type = "SourceForge" } }
  expect_failures = [var.connection]
}

run "a_connection_name_longer_than_codeconnections_takes_is_refused" {
  command = plan
  variables { connection = { name = "stockcast-connection-to-where-code-lies" } }
  expect_failures = [var.connection]
}

run "a_region_that_is_none_is_refused" {
  command = plan
  variables { region = "us-east" }
  expect_failures = [var.region]
}

run "each_environment_gets_deployers_of_its_own" {
  command = plan
  assert {
    condition     = { for name, roles in output.deploy_role_arns : name => keys(roles) } == { dev = ["apply", "plan", "release"], staging = ["apply", "plan", "release"] }
    error_message = "The roles are ${jsonencode(output.deploy_role_arns)}."
  }
  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "GitHub's tokens are trusted although nobody asked for it."
  }
}

run "github_may_review_where_it_is_wanted" {
  command = plan
  variables { github = { repository = "you/stockcast" } }
  assert {
    condition     = one(aws_iam_openid_connect_provider.github).client_id_list == toset(["sts.amazonaws.com"]) && contains(keys(output.deploy_role_arns["staging"]), "review")
    error_message = "Pull requests get no plan."
  }
}

run "a_repository_with_githubs_numbers_is_taken" {
  command = plan
  variables { github = { repository = "you@123/stockcast@456" } }
  assert {
    condition     = contains(keys(output.deploy_role_arns["dev"]), "review")
    error_message = "Pull requests of a new repository get no plan."
  }
}

run "a_repository_of_anybody_is_refused" {
  command = plan
  variables { github = { repository = "*/*" } }
  expect_failures = [var.github]
}

run "a_home_account_that_is_no_account_is_refused" {
  command = plan
  variables { delivery_account_id = "root" }
  expect_failures = [var.delivery_account_id]
}
