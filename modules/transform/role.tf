# What the Spark script may do, whichever engine runs it: read bars, replace the feature table.
locals {
  _catalog = [
    for what in ["catalog", "database/${aws_glue_catalog_database.this.name}", "table/${aws_glue_catalog_database.this.name}/*"] :
    "arn:${local._partition}:glue:${local._region}:${local._account}:${what}"
  ]
  # A conditional would want both sides of one shape, hence the conditions behind the maps.
  _script_may = merge(
    {
      list_lake = {
        actions   = ["s3:ListBucket"]
        resources = [local._buckets.silver]
      }
      read_code = {
        actions = ["s3:GetObject"]
        resources = concat(
          ["arn:${local._partition}:s3:::${trimprefix(var.code.script, "s3://")}"],
          [for key in concat([local._library], aws_s3_object.archive[*].key) : "arn:${local._partition}:s3:::${var.code.bucket}/${key}"],
        )
      }
      read_lake = { # features/ too: Spark looks at what it is about to replace, and counts what it wrote
        actions   = ["s3:GetObject"]
        resources = [for prefix in ["bars", "features"] : "${local._buckets.silver}/${prefix}/*"]
      }
      use_key = {
        actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
        resources = [var.kms_key_arn]
      }
      write_features = { # DeleteObject: Spark writes beside, moves, and clears away; its folders are objects _$folder$
        actions   = ["s3:DeleteObject", "s3:PutObject"]
        resources = ["${local._buckets.silver}/features/*", "${local._buckets.silver}/features_$folder$"]
      }
    },
    { for name, statement in {
      write_log = { # with encrypted logs Glue adds to the groups' names what it likes
        actions   = ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        resources = ["${local._log_arn}:/aws-glue/jobs/*"]
      }
      write_metrics = {
        actions    = ["cloudwatch:PutMetricData"]
        resources  = ["*"]
        conditions = [{ test = "StringEquals", variable = "cloudwatch:namespace", values = ["Glue"] }]
      }
    } : name => statement if local._has_glue },
    { for name, statement in {
      find_log_groups = {
        actions   = ["logs:DescribeLogGroups"]
        resources = ["*"]
      }
      write_log = {
        actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        resources = ["${local._log_arn}:${local._log_group.emr_serverless}:*"]
      }
    } : name => statement if local._has_emr },
  )
}

module "role" {
  count              = local._has_spark ? 1 : 0
  source             = "../role"
  name               = "${local._name}-spark" # not the function's: an engine that takes over comes before the old one goes
  description        = "The Spark script that turns silver's bars into the feature table."
  boundary_arn       = var.boundary_arn
  trusted_account_id = local._account
  trusted_services   = [local._has_glue ? "glue.amazonaws.com" : "emr-serverless.amazonaws.com"]
  statements         = local._script_may
}
