# For up to some thousand symbols: one function, polars in its zip, a part of the symbols in memory at a time.
module "function" {
  count              = var.engine == "lambda" ? 1 : 0
  source             = "../function"
  name               = local._name
  description        = "Turns silver's bars into the feature table."
  alarms             = var.alarms
  boundary_arn       = var.boundary_arn
  environment        = { STOCKCAST_SILVER_BUCKET = var.buckets.silver }
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days
  package            = var.code.function
  runtime            = { disk_mb = var.lambda.disk_mb, memory_mb = var.lambda.memory_mb, timeout_seconds = var.lambda.timeout_seconds }
  upload             = { bucket = var.code.bucket, prefix = "code/functions/" }
  statements = {
    list_features = {
      actions   = ["s3:ListBucket"]
      resources = [local._buckets.silver]
    }
    read_bars = {
      actions   = ["s3:GetObject"]
      resources = ["${local._buckets.silver}/bars/*"]
    }
    use_key = {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [var.kms_key_arn]
    }
    write_features = { # DeleteObject: parts of a longer table before this one
      actions   = ["s3:DeleteObject", "s3:PutObject"]
      resources = ["${local._buckets.silver}/features/*"]
    }
  }
}
