module "role" {
  source           = "../role"
  name             = var.name
  description      = var.description
  trusted_services = ["lambda.amazonaws.com"]
  statements = merge(var.statements, {
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
  function_name    = var.name
  description      = var.description
  role             = module.role.arn
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "handler.handler"
  runtime          = var.runtime.python
  memory_size      = var.runtime.memory_mb
  timeout          = var.runtime.timeout_seconds
  environment { variables = var.environment }
}
