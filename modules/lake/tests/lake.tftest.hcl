mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
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

run "access_to_every_bucket_is_noted_in_the_logs_bucket" {
  command = plan
  assert {
    condition = { for zone, logging in aws_s3_bucket_logging.this : zone => logging.target_prefix } == {
      for zone in var.zones : zone => "access/${zone}/"
    }
    error_message = "Noted are ${jsonencode({ for zone, logging in aws_s3_bucket_logging.this : zone => logging.target_prefix })}."
  }
  assert {
    condition     = output.logs_bucket_arn == "arn:aws:s3:::stockcast-dev-111111111111-logs"
    error_message = "The logs bucket is ${output.logs_bucket_arn}, or not known at plan."
  }
}

run "no_bucket_knows_owners_other_than_the_account" {
  command = plan
  assert {
    condition = alltrue([
      for controls in concat(values(aws_s3_bucket_ownership_controls.this), [aws_s3_bucket_ownership_controls.logs]) :
      one(controls.rule).object_ownership == "BucketOwnerEnforced"
    ])
    error_message = "Some bucket still takes ACLs."
  }
}

run "the_logs_bucket_is_closed_versioned_and_encrypted_by_s3_since_log_delivery_cannot_use_our_key" {
  command = plan
  assert {
    condition = (
      aws_s3_bucket_public_access_block.logs.block_public_policy && aws_s3_bucket_public_access_block.logs.restrict_public_buckets &&
      aws_s3_bucket_versioning.logs.versioning_configuration[0].status == "Enabled" &&
      one(aws_s3_bucket_server_side_encryption_configuration.logs.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    )
    error_message = "The logs bucket is open, unversioned or under a key that log delivery cannot use."
  }
}

run "only_log_services_acting_for_our_account_write_logs" {
  command = plan
  assert {
    condition = {
      for s in jsondecode(aws_s3_bucket_policy.logs.policy).Statement : s.Sid => [s.Principal.Service, s.Action, s.Resource] if s.Effect == "Allow"
      } == {
      AWSLogDeliveryAclCheck = ["delivery.logs.amazonaws.com", "s3:GetBucketAcl", "arn:aws:s3:::stockcast-dev-111111111111-logs"]
      AWSLogDeliveryWrite = [
        "delivery.logs.amazonaws.com", "s3:PutObject", "arn:aws:s3:::stockcast-dev-111111111111-logs/flow-logs/AWSLogs/111111111111/*",
      ]
      AccessLogsOfOurBuckets = ["logging.s3.amazonaws.com", "s3:PutObject", "arn:aws:s3:::stockcast-dev-111111111111-logs/access/*"]
    }
    error_message = "The logs bucket's policy is ${aws_s3_bucket_policy.logs.policy}."
  }
  assert {
    condition = alltrue([
      for s in jsondecode(aws_s3_bucket_policy.logs.policy).Statement : s.Condition.StringEquals["aws:SourceAccount"] == "111111111111" if s.Effect == "Allow"
    ])
    error_message = "Somebody else's logs are taken as well: ${aws_s3_bucket_policy.logs.policy}."
  }
  assert {
    condition = one([
      for s in jsondecode(aws_s3_bucket_policy.logs.policy).Statement : s.Condition.ArnEquals["aws:SourceArn"] if s.Sid == "AccessLogsOfOurBuckets"
    ]) == [for zone in sort(var.zones) : "arn:aws:s3:::stockcast-dev-111111111111-${zone}"]
    error_message = "Logs are taken of other buckets than ours: ${aws_s3_bucket_policy.logs.policy}."
  }
  assert {
    condition = one([
      for s in jsondecode(aws_s3_bucket_policy.logs.policy).Statement : s.Condition if s.Effect == "Deny"
    ]) == { Bool = { "aws:SecureTransport" = "false" } }
    error_message = "The logs bucket takes requests without TLS."
  }
}

run "by_default_unfinished_uploads_and_old_logs_go_and_nothing_else" {
  command = plan
  assert {
    condition = { for bucket, made in aws_s3_bucket_lifecycle_configuration.this : bucket => join(" ", made.rule[*].id) } == merge(
      { for zone in var.zones : zone => "abort-uploads" },
      { logs = "abort-uploads expire-logs expire-old-versions" },
    )
    error_message = "Rules are ${jsonencode({ for bucket, made in aws_s3_bucket_lifecycle_configuration.this : bucket => made.rule[*].id })}."
  }
}

run "only_raw_answers_are_archived_and_stay_readable" {
  command = plan
  variables { retention = { archive_after_days = 30 } }
  assert {
    condition     = keys(aws_s3_bucket_lifecycle_configuration.this) == ["bronze"]
    error_message = "Archived are ${jsonencode(keys(aws_s3_bucket_lifecycle_configuration.this))}."
  }
  assert {
    condition = one([
      for rule in aws_s3_bucket_lifecycle_configuration.this["bronze"].rule : [one(rule.filter).prefix, one(rule.transition).days, one(rule.transition).storage_class]
    ]) == ["bars/", 30, "GLACIER_IR"]
    error_message = "The rule is ${jsonencode(aws_s3_bucket_lifecycle_configuration.this["bronze"].rule)}."
  }
}

run "old_versions_expire_and_current_objects_never_do" {
  command = plan
  variables { retention = { expire_old_versions_days = 60 } }
  assert {
    condition     = toset(keys(aws_s3_bucket_lifecycle_configuration.this)) == var.zones
    error_message = "Rules have ${jsonencode(keys(aws_s3_bucket_lifecycle_configuration.this))}."
  }
  assert {
    condition = alltrue([
      for made in aws_s3_bucket_lifecycle_configuration.this :
      one(one(made.rule).noncurrent_version_expiration).noncurrent_days == 60 && one(one(made.rule).expiration).days == null
    ])
    error_message = "Some bucket's rule is ${jsonencode(values(aws_s3_bucket_lifecycle_configuration.this)[*].rule)}."
  }
}

run "without_numbers_there_is_no_lifecycle_to_wait_for" {
  command = plan
  variables { retention = {} }
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this) == 0
    error_message = "Lifecycles have ${jsonencode(keys(aws_s3_bucket_lifecycle_configuration.this))}."
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

run "a_zone_that_takes_the_logs_buckets_name_is_refused" {
  command = plan
  variables { zones = ["bronze", "logs"] }
  expect_failures = [var.zones]
}

run "half_a_day_of_retention_is_refused" {
  command = plan
  variables { retention = { logs_days = 0.5 } }
  expect_failures = [var.retention]
}
