output "store" {
  description = "Bucket, its ARN and its key's ARN, as modules/build and modules/pipeline take them. Known only once the bucket is closed."
  value = {
    arn         = aws_s3_bucket.this.arn
    bucket      = aws_s3_bucket.this.bucket
    kms_key_arn = var.kms_key_arn
  }
  depends_on = [
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this, # the first execution starts at once, and each of its keys carries a version
  ]
}
