locals {
  _account = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
  _logs    = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:*"
}

resource "aws_kms_key" "this" {
  description             = "${var.name_prefix}: lake, logs, alerts and Airflow"
  deletion_window_in_days = var.deletion_window_days
  enable_key_rotation     = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Without it nobody could ever change this policy again; who may use the key is then said by IAM policies.
        Sid       = "AccountDecidesByItsPolicies"
        Effect    = "Allow"
        Principal = { AWS = local._account }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        # Log groups of functions, and those that MWAA makes: without it its create fails late, as INCORRECT_CONFIGURATION.
        Sid       = "LogsOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = "logs.${data.aws_region.current.id}.amazonaws.com" }
        Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = local._logs } }
      },
      {
        # Senders into an encrypted topic: without it their messages are lost silently.
        Sid       = "SendersOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = sort(var.alert_senders) }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name_prefix}"
  target_key_id = aws_kms_key.this.key_id
}
