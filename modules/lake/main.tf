locals {
  _account_id = data.aws_caller_identity.current.account_id
  _partition  = data.aws_partition.current.partition
  _prefix     = "${var.name_prefix}-${local._account_id}"
}

resource "aws_s3_bucket" "this" {
  for_each      = var.zones
  bucket        = "${local._prefix}-${each.key}"
  force_destroy = !var.protect_data
}

resource "aws_s3_bucket_logging" "this" {
  for_each      = var.zones
  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "access/${each.key}/"
  depends_on    = [aws_s3_bucket_policy.logs]
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = var.zones
  bucket   = aws_s3_bucket.this[each.key].id
  rule { object_ownership = "BucketOwnerEnforced" }
  depends_on = [aws_s3_bucket_policy.this]
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = var.zones
  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "this" {
  for_each = var.zones
  bucket   = aws_s3_bucket.this[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "EncryptedTransportOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.this[each.key].arn, "${aws_s3_bucket.this[each.key].arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
  depends_on = [aws_s3_bucket_public_access_block.this] # S3 refuses two changes of access at once
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = var.zones
  bucket   = aws_s3_bucket.this[each.key].id
  rule {
    bucket_key_enabled = true # one call to KMS per bucket and while, instead of one per object
    apply_server_side_encryption_by_default {
      kms_master_key_id = var.kms_key_arn
      sse_algorithm     = "aws:kms"
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = var.zones
  bucket   = aws_s3_bucket.this[each.key].id
  versioning_configuration { status = "Enabled" } # MWAA refuses a bucket without it; the lake forgives a bad overwrite
}
