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
  buckets     = { bronze = "the-bronze", models = "the-models", silver = "the-silver" }
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
      ReadInputs   = ["arn:aws:s3:::the-models/code/*", "arn:aws:s3:::the-silver/bars/*"]
      WriteOutputs = ["arn:aws:s3:::the-models/training/*"]
    }
    error_message = "The policy of train is ${module.role["train"].policy}."
  }
}

run "serving_writes_nothing_into_the_lake" {
  assert {
    condition     = !strcontains(module.role["serve"].policy, "s3:PutObject") && !strcontains(module.role["serve"].policy, "kms:Encrypt")
    error_message = "The policy of serve is ${module.role["serve"].policy}."
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
