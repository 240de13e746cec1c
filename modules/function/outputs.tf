locals {
  _grants = {
    "call_${replace(var.name, "-", "_")}" = {
      actions   = ["lambda:InvokeFunction"]
      resources = [aws_lambda_function.this.arn]
    }
  }
}

output "grants" {
  description = "Statements for a role that calls the function."
  value       = local._grants
}

output "log_group" {
  description = "The log group that the function writes to."
  value       = aws_cloudwatch_log_group.this.name
}

output "name" {
  description = "The function's name, to call it by."
  value       = aws_lambda_function.this.function_name
}

output "role_arn" {
  description = "The role that the function runs under."
  value       = module.role.arn
}
