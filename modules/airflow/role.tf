# The execution role stands even while the environment does not: it costs nothing, and whoever runs the DAGs elsewhere
# runs them under the same rights. Its first part is what MWAA asks of every environment; `statements` is ours.
locals {
  _account   = data.aws_caller_identity.current.account_id
  _partition = data.aws_partition.current.partition
  _region    = data.aws_region.current.id
  _bucket    = "arn:${local._partition}:s3:::${var.bucket}"

  _environment = {
    find_log_groups = {
      actions   = ["logs:DescribeLogGroups"]
      resources = ["*"]
    }
    know_public_access_block = { # create fails without it
      actions   = ["s3:GetAccountPublicAccessBlock"]
      resources = ["*"]
    }
    list_no_other_buckets = {
      effect    = "Deny"
      actions   = ["s3:ListAllMyBuckets"]
      resources = ["*"]
    }
    publish_health = { # the name as text: the environment's own ARN would go in a circle
      actions   = ["airflow:PublishMetrics"]
      resources = ["arn:${local._partition}:airflow:${local._region}:${local._account}:environment/${var.name}"]
    }
    read_dags = {
      actions   = ["s3:GetBucket*", "s3:GetObject*", "s3:List*"]
      resources = [local._bucket, "${local._bucket}/*"]
    }
    use_key = {
      actions    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"]
      resources  = [var.kms_key_arn]
      conditions = [{ test = "StringLike", variable = "kms:ViaService", values = [for s in ["s3", "sqs"] : "${s}.${local._region}.amazonaws.com"] }]
    }
    use_queue = { # the queue lies in AWS's own account, hence the *
      actions = [
        "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
        "sqs:ReceiveMessage", "sqs:SendMessage",
      ]
      resources = ["arn:${local._partition}:sqs:${local._region}:*:airflow-celery-*"]
    }
    write_logs = {
      actions = [
        "logs:CreateLogGroup", "logs:CreateLogStream", "logs:GetLogEvents", "logs:GetLogGroupFields",
        "logs:GetLogRecord", "logs:GetQueryResults", "logs:PutLogEvents",
      ]
      resources = ["arn:${local._partition}:logs:${local._region}:${local._account}:log-group:airflow-${var.name}-*"]
    }
    write_metrics = {
      actions   = ["cloudwatch:PutMetricData"]
      resources = ["*"]
    }
  }
}

module "role" {
  source             = "../role"
  name               = var.name
  boundary_arn       = var.boundary_arn
  description        = "Airflow: its own working, and what its DAGs do."
  trusted_account_id = local._account
  trusted_services   = ["airflow-env.amazonaws.com", "airflow.amazonaws.com"]
  statements         = merge(var.statements, local._environment)
}
