# The lake as tables, and the engine that makes the feature table. What is chosen stands, nothing else does: catalog.tf
# always; lambda.tf, or spark.tf with glue.tf or emr_serverless.tf; crawler.tf.
locals {
  _account   = data.aws_caller_identity.current.account_id
  _partition = data.aws_partition.current.partition
  _region    = data.aws_region.current.id

  _buckets   = { for zone, name in var.buckets : zone => "arn:${local._partition}:s3:::${name}" }
  _has_emr   = var.engine == "emr_serverless"
  _has_glue  = var.engine == "glue"
  _has_spark = local._has_emr || local._has_glue
  _log_arn   = "arn:${local._partition}:logs:${local._region}:${local._account}:log-group"
  _log_group = { emr_serverless = "/aws/emr-serverless/${local._name}", glue = "/aws-glue/jobs/${local._name}" }
  _name      = "${var.name_prefix}-transform"
}

# Made here, so that it has a key and an end; the engine would make one without.
resource "aws_cloudwatch_log_group" "this" {
  count             = var.engine == "emr_serverless" || var.engine == "glue" ? 1 : 0
  name              = local._log_group[var.engine]
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}
