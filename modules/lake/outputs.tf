output "arns" {
  description = "The buckets' ARNs by zone."
  value       = { for zone, bucket in aws_s3_bucket.this : zone => bucket.arn }
}

output "buckets" {
  description = "The buckets' names by zone. Known only once they are encrypted, versioned and closed to the public."
  value       = { for zone, bucket in aws_s3_bucket.this : zone => bucket.id }
  depends_on = [
    aws_s3_bucket_policy.this,
    aws_s3_bucket_public_access_block.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}
