# Once per account, before anything else: where state lies, who may reach it, and the connection to the code.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  bucket = "stockcast-${var.account_id}-tfstate"
}

resource "aws_kms_key" "state" {
  description             = "stockcast: Terraform's state of this account"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # Who may use the key is said by IAM policies such as those in access.tf; without it nobody could change this one.
      Sid       = "AccountDecidesByItsPolicies"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
  lifecycle { prevent_destroy = true } # every state would be unreadable
}

resource "aws_kms_alias" "state" {
  name          = "alias/stockcast-tfstate"
  target_key_id = aws_kms_key.state.key_id
}

resource "aws_s3_bucket" "state" {
  bucket = local.bucket
  lifecycle { prevent_destroy = true } # without it nobody knows any more what belongs to whom
}

resource "aws_s3_bucket_ownership_controls" "state" {
  bucket = aws_s3_bucket.state.id
  rule { object_ownership = "BucketOwnerEnforced" }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket                  = aws_s3_bucket.state.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "EncryptedTransportOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
  depends_on = [aws_s3_bucket_public_access_block.state] # S3 refuses two changes of access at once
}

# Backends say nothing of encryption, so that this key is used: `encrypt = true` would ask for S3's own instead.
resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id
  rule {
    bucket_key_enabled = true # one call to KMS per while, instead of one per object
    apply_server_side_encryption_by_default {
      kms_master_key_id = aws_kms_key.state.arn
      sse_algorithm     = "aws:kms"
    }
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id
  versioning_configuration { status = "Enabled" } # the way back from a damaged state
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  count  = var.expire_old_versions_days == null ? 0 : 1
  bucket = aws_s3_bucket.state.id
  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload { days_after_initiation = 7 }
    noncurrent_version_expiration {
      newer_noncurrent_versions = 10
      noncurrent_days           = var.expire_old_versions_days
    }
  }
  depends_on = [aws_s3_bucket_versioning.state]
}
