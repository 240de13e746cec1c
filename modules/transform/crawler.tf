# For what a team puts beside the tables: it looks at these paths and writes down the tables that it finds there.
locals {
  _crawled = [for path in try(var.crawler.paths, []) : "arn:${local._partition}:s3:::${trimprefix(path, "s3://")}"]
}

resource "aws_glue_crawler" "this" {
  count                  = var.crawler == null ? 0 : 1
  name                   = "${var.name_prefix}-crawl"
  description            = "Writes down tables for what lies in ${join(", ", var.crawler.paths)}"
  database_name          = aws_glue_catalog_database.this.name
  role                   = one(module.crawler_role).arn
  schedule               = var.crawler.schedule
  security_configuration = one(aws_glue_security_configuration.this).name
  table_prefix           = "found_" # else it could take the place of bars or forecasts
  dynamic "s3_target" {
    for_each = var.crawler.paths
    content { path = s3_target.value }
  }
  schema_change_policy {
    delete_behavior = "LOG"
    update_behavior = "UPDATE_IN_DATABASE"
  }
}

module "crawler_role" {
  count              = var.crawler == null ? 0 : 1
  source             = "../role"
  name               = "${var.name_prefix}-crawl"
  description        = "The crawler that writes down what tables lie in the lake."
  boundary_arn       = var.boundary_arn
  trusted_account_id = local._account
  trusted_services   = ["glue.amazonaws.com"]
  statements = {
    decrypt_objects = {
      actions   = ["kms:Decrypt"]
      resources = [var.kms_key_arn]
    }
    list_paths = {
      actions   = ["s3:ListBucket"]
      resources = distinct([for arn in local._crawled : split("/", arn)[0]])
    }
    read_paths = {
      actions   = ["s3:GetObject"]
      resources = [for arn in local._crawled : "${trimsuffix(arn, "/")}/*"]
    }
    write_log = { # with encrypted logs Glue adds to the groups' names what it likes
      actions   = ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["${local._log_arn}:/aws-glue/crawlers*"]
    }
    write_tables = {
      actions = [
        "glue:BatchCreatePartition", "glue:BatchGetPartition", "glue:CreateTable", "glue:GetDatabase", "glue:GetPartitions",
        "glue:GetTable", "glue:GetTables", "glue:UpdatePartition", "glue:UpdateTable",
      ]
      resources = local._catalog
    }
  }
}
