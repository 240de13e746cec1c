module "role" {
  source           = "../role"
  name             = var.name
  description      = var.description
  boundary_arn     = var.boundary_arn
  trusted_services = ["lambda.amazonaws.com"] # without an account: Lambda names none when it takes a function's role
  statements = merge(var.statements, local._keep_what_failed, {
    trace = { # X-Ray knows no resources to narrow this to
      actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      resources = ["*"]
    }
    write_log = {
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
    }
  })
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}

# Lambda takes a zip of up to 50 MB directly. The name holds its content, so that an old function keeps its old zip.
resource "aws_s3_object" "package" {
  count       = var.upload == null ? 0 : 1
  bucket      = var.upload.bucket
  key         = "${var.upload.prefix}${var.name}-${substr(filesha256(var.package), 0, 12)}.zip"
  source      = var.package
  source_hash = filemd5(var.package)
  lifecycle { create_before_destroy = true }
}

resource "aws_lambda_function" "this" {
  function_name                  = var.name
  description                    = var.description
  role                           = module.role.arn
  filename                       = var.upload == null ? var.package : null
  s3_bucket                      = one(aws_s3_object.package[*].bucket)
  s3_key                         = one(aws_s3_object.package[*].key)
  source_code_hash               = filebase64sha256(var.package)
  handler                        = "handler.handler"
  runtime                        = var.runtime.python
  architectures                  = [var.runtime.architecture]
  memory_size                    = var.runtime.memory_mb
  timeout                        = var.runtime.timeout_seconds
  kms_key_arn                    = length(var.environment) > 0 ? var.kms_key_arn : null # Lambda forgets a key that encrypts nothing
  reserved_concurrent_executions = coalesce(var.concurrency, -1)
  environment { variables = var.environment }
  dead_letter_config { target_arn = aws_sqs_queue.failed.arn }
  ephemeral_storage { size = var.runtime.disk_mb }
  tracing_config { mode = "Active" }
  depends_on = [aws_cloudwatch_log_group.this] # else the first call makes one without key and end
}
