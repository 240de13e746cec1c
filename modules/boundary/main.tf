# A role may do what both its own statements and this policy allow. So a statement that somebody writes too wide opens
# nothing outside the environment, and no role can give itself or others more rights.
locals {
  _account   = "${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  _iam       = "arn:${local._partition}:iam::${data.aws_caller_identity.current.account_id}"
  _partition = data.aws_partition.current.partition

  _buckets = ["arn:${local._partition}:s3:::${var.name_prefix}-${data.aws_caller_identity.current.account_id}-*"]
  _catalog = replace(var.name_prefix, "-", "_")                                             # the catalog's names take no -
  _queues  = "arn:${local._partition}:sqs:${data.aws_region.current.id}:*:airflow-celery-*" # Airflow's own, in an account of AWS
  _roles   = "${local._iam}:role/${var.name_prefix}-*"
  _scaling = "${local._iam}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*"
  _own     = concat([var.kms_key_arn], values(local._names))
  _names = {
    for service, name in {
      airflow        = "environment/${var.name_prefix}-*"
      batch          = "job*/${var.name_prefix}-*"
      ecr            = "repository/${var.name_prefix}-*"
      lambda         = "function:${var.name_prefix}-*"
      sagemaker      = "*/${var.name_prefix}-*"
      secretsmanager = "secret:${var.name_prefix}-*"
      sns            = "${var.name_prefix}-*"
      sqs            = "${var.name_prefix}-*"
      ssm            = "parameter${var.settings_prefix}/*"
    } : service => "arn:${local._partition}:${service}:${local._account}:${name}"
  }
}

resource "aws_iam_policy" "this" {
  name        = "${var.name_prefix}-boundary"
  description = "What no role of ${var.name_prefix} exceeds, whatever its own policy says."
  policy      = local._policy
  lifecycle {
    precondition {
      condition     = length(local._policy) <= 6144
      error_message = "The boundary of ${var.name_prefix} has ${length(local._policy)} characters; IAM takes 6144 in a managed policy. Shorten name_prefix, or join actions by a *."
    }
  }
}
