mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_resource "aws_s3_bucket" { defaults = { arn = "arn:aws:s3:::a-bucket" } }
}

variables {
  name_prefix = "stockcast-dev"
  kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
}

run "five_buckets_are_named_after_their_zones" {
  command = plan
  assert {
    condition = { for zone, bucket in aws_s3_bucket.this : zone => bucket.bucket } == {
      airflow = "stockcast-dev-111111111111-airflow"
      bronze  = "stockcast-dev-111111111111-bronze"
      gold    = "stockcast-dev-111111111111-gold"
      models  = "stockcast-dev-111111111111-models"
      silver  = "stockcast-dev-111111111111-silver"
    }
    error_message = "The buckets are ${jsonencode([for bucket in aws_s3_bucket.this : bucket.bucket])}."
  }
}

run "every_bucket_is_closed_versioned_and_encrypted_with_the_key" {
  assert {
    condition = alltrue([for zone in var.zones : (
      aws_s3_bucket_public_access_block.this[zone].block_public_policy &&
      aws_s3_bucket_public_access_block.this[zone].restrict_public_buckets &&
      aws_s3_bucket_versioning.this[zone].versioning_configuration[0].status == "Enabled" &&
      one(aws_s3_bucket_server_side_encryption_configuration.this[zone].rule).apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn
    )])
    error_message = "Some bucket is open, unversioned or not under ${var.kms_key_arn}."
  }
}

run "unencrypted_transport_is_denied" {
  assert {
    condition = alltrue([for policy in aws_s3_bucket_policy.this :
      jsondecode(policy.policy).Statement[0].Condition == { Bool = { "aws:SecureTransport" = "false" } }
    ])
    error_message = "Some bucket takes requests without TLS."
  }
}

run "buckets_with_objects_refuse_destruction_unless_told_otherwise" {
  command = plan
  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : !bucket.force_destroy])
    error_message = "force_destroy must be off by default."
  }
}

run "a_prefix_with_capitals_is_refused" {
  command = plan
  variables { name_prefix = "Stockcast" }
  expect_failures = [var.name_prefix]
}

run "a_zone_that_makes_a_bucket_name_too_long_is_refused" {
  command = plan
  variables { zones = ["bronze-of-a-very-long-name"] }
  expect_failures = [var.zones]
}
