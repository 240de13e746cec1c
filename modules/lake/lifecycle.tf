# Rules by bucket, each switched on by a number in `retention`. A bucket without rules gets no configuration at all, since
# S3 takes a minute to confirm one.
locals {
  _rules = { for bucket in setunion(var.zones, ["logs"]) : bucket => { for name, days in {
    abort_uploads       = var.retention.abort_uploads_days
    archive_history     = bucket == "bronze" ? var.retention.archive_after_days : null
    expire_logs         = bucket == "logs" ? var.retention.logs_days : null
    expire_old_versions = bucket == "logs" ? var.retention.logs_days : var.retention.expire_old_versions_days
  } : name => days if days != null } }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = { for bucket, rules in local._rules : bucket => rules if length(rules) > 0 }
  bucket   = each.key == "logs" ? aws_s3_bucket.logs.id : aws_s3_bucket.this[each.key].id

  dynamic "rule" {
    for_each = each.value
    content {
      id     = replace(rule.key, "_", "-")
      status = "Enabled"
      # Only raw answers are history: each run reads its own day's. What MWAA, jobs and functions read stays as it is.
      filter { prefix = rule.key == "archive_history" ? "bars/" : null }

      dynamic "abort_incomplete_multipart_upload" {
        for_each = rule.key == "abort_uploads" ? [rule.value] : []
        content { days_after_initiation = abort_incomplete_multipart_upload.value }
      }
      dynamic "expiration" {
        for_each = rule.key == "expire_logs" ? [rule.value] : []
        content { days = expiration.value }
      }
      dynamic "expiration" {
        for_each = rule.key == "expire_old_versions" ? [true] : []
        content { expired_object_delete_marker = true } # what is left when the last version is gone
      }
      dynamic "noncurrent_version_expiration" {
        for_each = rule.key == "expire_old_versions" ? [rule.value] : []
        content { noncurrent_days = noncurrent_version_expiration.value }
      }
      dynamic "transition" {
        for_each = rule.key == "archive_history" ? [rule.value] : []
        content {
          days          = transition.value
          storage_class = "GLACIER_IR" # still read at once, so that an old day can be cleaned anew without a restore
        }
      }
    }
  }
  depends_on = [aws_s3_bucket_versioning.logs, aws_s3_bucket_versioning.this]
}
