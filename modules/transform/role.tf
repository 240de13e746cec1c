# What a Spark script may do, whichever engine runs it: read bronze and silver, write silver where cleaning writes too.
locals {
  _catalog = [
    for what in ["catalog", "database/${aws_glue_catalog_database.this.name}", "table/${aws_glue_catalog_database.this.name}/*"] :
    "arn:${local._partition}:glue:${local._region}:${local._account}:${what}"
  ]
  # A conditional would want both sides of one shape, hence the conditions behind the maps.
  _spark = merge(
    {
      list_lake = {
        actions   = ["s3:ListBucket"]
        resources = [local._buckets.bronze, local._buckets.silver]
      }
      look_for_default_database = { # Spark does so at its start, whatever it works on
        actions   = ["glue:GetDatabase"]
        resources = ["arn:${local._partition}:glue:${local._region}:${local._account}:database/default"]
      }
      read_lake = {
        actions   = ["s3:GetObject"]
        resources = ["${local._buckets.bronze}/bars/*", "${local._buckets.silver}/bars/*"]
      }
      use_catalog = {
        actions   = ["glue:BatchCreatePartition", "glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"]
        resources = local._catalog
      }
      use_key = {
        actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
        resources = [var.kms_key_arn]
      }
      write_lake = { # DeleteObject: Spark writes beside, moves, and clears away; its folders are objects _$folder$
        actions = ["s3:DeleteObject", "s3:PutObject"]
        resources = concat(
          [for prefix in ["bars", "quarantine", "recent", "reports"] : "${local._buckets.silver}/${prefix}/*"],
          ["${local._buckets.silver}/*_$folder$"],
        )
      }
    },
    { for name, statement in {
      read_script = {
        actions   = ["s3:GetObject"]
        resources = ["arn:${local._partition}:s3:::${trimprefix(coalesce(var.script, "s3://"), "s3://")}"]
      }
    } : name => statement if var.script != null },
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
  count              = var.engine == "none" ? 0 : 1
  source             = "../role"
  name               = local._name
  description        = "The Spark script that turns bronze into silver."
  boundary_arn       = var.boundary_arn
  trusted_account_id = local._account
  trusted_services   = [local._has_glue ? "glue.amazonaws.com" : "emr-serverless.amazonaws.com"]
  statements         = local._spark
}
