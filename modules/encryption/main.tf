locals {
  _account_id = data.aws_caller_identity.current.account_id
  _partition  = data.aws_partition.current.partition
  _region     = data.aws_region.current.id

  # Senders into an encrypted topic: without it their messages are lost silently. EventBridge does not tell KMS for whom
  # it sends and would never meet a condition on that, so it is bound to our topics instead.
  _senders = {
    SendersOfThisAccount = {
      services  = setsubtract(var.alert_senders, ["events.amazonaws.com"])
      condition = { StringEquals = { "aws:SourceAccount" = local._account_id } }
    }
    SendersToOurTopics = {
      services  = setintersection(var.alert_senders, ["events.amazonaws.com"])
      condition = { ArnLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:${local._partition}:sns:${local._region}:${local._account_id}:${var.name_prefix}-*" } }
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "${var.name_prefix}: ${var.holds}"
  deletion_window_in_days = var.deletion_window_days
  enable_key_rotation     = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # Without it nobody could ever change this policy again; who may use the key is then said by IAM policies.
          Sid       = "AccountDecidesByItsPolicies"
          Effect    = "Allow"
          Principal = { AWS = "arn:${local._partition}:iam::${local._account_id}:root" }
          Action    = "kms:*"
          Resource  = "*"
        },
        {
          # Log groups of functions, jobs and Airflow: without it MWAA's create fails late, as INCORRECT_CONFIGURATION.
          Sid       = "LogsOfThisAccount"
          Effect    = "Allow"
          Principal = { Service = "logs.${local._region}.amazonaws.com" }
          Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
          Resource  = "*"
          Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local._partition}:logs:${local._region}:${local._account_id}:*" } }
        },
      ],
      [
        for sid, sender in local._senders : {
          Sid       = sid
          Effect    = "Allow"
          Principal = { Service = sort(sender.services) }
          Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
          Resource  = "*"
          Condition = sender.condition
        } if length(sender.services) > 0
      ],
    )
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name_prefix}"
  target_key_id = aws_kms_key.this.key_id
}
