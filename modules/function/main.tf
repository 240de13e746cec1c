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

resource "aws_lambda_function" "this" {
  function_name                  = var.name
  description                    = var.description
  role                           = module.role.arn
  filename                       = var.package
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
  tracing_config { mode = "Active" }
  depends_on = [aws_cloudwatch_log_group.this] # else the first call makes one without key and end
}
