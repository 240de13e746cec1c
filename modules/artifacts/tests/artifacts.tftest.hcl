mock_provider "aws" {
  mock_resource "aws_s3_bucket" { defaults = { arn = "arn:aws:s3:::stockcast-delivery-111111111111-artifacts" } }
}

variables {
  name              = "stockcast-delivery-111111111111-artifacts"
  expire_after_days = 14
  kms_key_arn       = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
}

run "the_bucket_is_encrypted_and_closed" {
  assert {
    condition = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default) == {
      kms_master_key_id = var.kms_key_arn
      sse_algorithm     = "aws:kms"
    }
    error_message = "Artifacts are not encrypted with the given key."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Artifacts could be made public."
  }
}

run "nothing_but_transport_in_the_clear_is_denied" {
  assert {
    condition     = one(jsondecode(aws_s3_bucket_policy.this.policy).Statement).Condition == { Bool = { "aws:SecureTransport" = "false" } }
    error_message = "CodePipeline's uploads rely on the bucket's own encryption; the policy is ${aws_s3_bucket_policy.this.policy}."
  }
}

run "artifacts_end" {
  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.this[0].rule).expiration).days == 14 && one(one(aws_s3_bucket_lifecycle_configuration.this[0].rule).noncurrent_version_expiration).noncurrent_days == 1
    error_message = "The rule is ${jsonencode(aws_s3_bucket_lifecycle_configuration.this[0].rule)}."
  }
}

run "null_keeps_them" {
  command = plan
  variables { expire_after_days = null }
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this) == 0
    error_message = "A rule was made although none was wanted."
  }
}

run "a_plan_that_ends_before_its_approval_is_refused" {
  command = plan
  variables { expire_after_days = 7 }
  expect_failures = [var.expire_after_days]
}

run "a_name_that_s3_does_not_take_is_refused" {
  command = plan
  variables { name = "Stockcast_Artifacts" }
  expect_failures = [var.name]
}
