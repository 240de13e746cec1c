# Who runs Terraform for one environment gets that environment's policy, and so cannot touch another's state.
resource "aws_iam_policy" "state" {
  for_each    = var.environments
  name        = "stockcast-${each.key}-state"
  description = "Reach Terraform's state of ${each.key}: read and write it, take and free its lock."
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "FindState"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.state.arn
      },
      {
        Sid      = "ReadAndWriteState"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${aws_s3_bucket.state.arn}/${each.key}/platform.tfstate"
      },
      {
        # Deleting the lock file is what frees the lock.
        Sid      = "TakeAndFreeLock"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = "${aws_s3_bucket.state.arn}/${each.key}/platform.tfstate.tflock"
      },
      {
        Sid      = "UseKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
        Resource = aws_kms_key.state.arn
      },
    ]
  })
}
