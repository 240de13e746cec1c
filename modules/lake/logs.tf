# One bucket for what AWS notes down: who read or wrote which object, and connections in the VPC. Log delivery cannot use
# our key, hence S3's own; nobody but AWS's two log services writes here.
locals {
  _logs       = "${local._prefix}-logs"
  _logs_arn   = "arn:${local._partition}:s3:::${local._logs}" # as text, so that others know it at plan
  _deliveries = "arn:${local._partition}:logs:${data.aws_region.current.id}:${local._account_id}:*"
}

resource "aws_s3_bucket" "logs" {
  bucket        = local._logs
  force_destroy = !var.protect_data
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule { object_ownership = "BucketOwnerEnforced" }
  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccessLogsOfOurBuckets"
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local._logs_arn}/access/*"
        Condition = {
          ArnEquals    = { "aws:SourceArn" = [for zone in sort(var.zones) : "arn:${local._partition}:s3:::${local._prefix}-${zone}"] }
          StringEquals = { "aws:SourceAccount" = local._account_id }
        }
      },
      {
        # By these names AWS looks for the two statements when flow logs are made, and adds what it misses.
        Sid       = "AWSLogDeliveryWrite"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local._logs_arn}/flow-logs/AWSLogs/${local._account_id}/*"
        Condition = {
          ArnLike      = { "aws:SourceArn" = local._deliveries }
          StringEquals = { "aws:SourceAccount" = local._account_id, "s3:x-amz-acl" = "bucket-owner-full-control" }
        }
      },
      {
        Sid       = "AWSLogDeliveryAclCheck"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = local._logs_arn
        Condition = {
          ArnLike      = { "aws:SourceArn" = local._deliveries }
          StringEquals = { "aws:SourceAccount" = local._account_id }
        }
      },
      {
        Sid       = "EncryptedTransportOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local._logs_arn, "${local._logs_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
  depends_on = [aws_s3_bucket_public_access_block.logs] # S3 refuses two changes of access at once
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
  }
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration { status = "Enabled" } # what was noted down stays, even when written over
}
