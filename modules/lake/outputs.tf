output "arns" {
  description = "The buckets' ARNs by zone."
  value       = { for zone, bucket in aws_s3_bucket.this : zone => bucket.arn }
}

output "buckets" {
  description = "The buckets' names by zone. Known only once they are encrypted, versioned and closed to the public."
  value       = { for zone, bucket in aws_s3_bucket.this : zone => bucket.id }
  depends_on = [
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_public_access_block.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "logs_bucket" {
  description = "Name of the bucket that access logs and flow logs go into."
  value       = aws_s3_bucket.logs.id
  depends_on  = [aws_s3_bucket_ownership_controls.logs, aws_s3_bucket_policy.logs, aws_s3_bucket_server_side_encryption_configuration.logs]
}

output "logs_bucket_arn" {
  description = "ARN of the same bucket, known at plan. Whatever delivers there waits until its policy stands."
  value       = local._logs_arn
  depends_on  = [aws_s3_bucket_ownership_controls.logs, aws_s3_bucket_policy.logs, aws_s3_bucket_server_side_encryption_configuration.logs]
}
