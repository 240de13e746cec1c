locals {
  _grants = {
    "call_${replace(var.name, "-", "_")}" = {
      actions   = ["lambda:InvokeFunction"]
      resources = [aws_lambda_function.this.arn]
    }
  }
}

output "alarm_names" {
  description = "Names of the function's alarms; empty without `alarms`."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}

output "failed_queue" {
  description = "The queue with the events that the function or its schedule gave up on: `arn`, `name` and `url`."
  value       = { arn = aws_sqs_queue.failed.arn, name = aws_sqs_queue.failed.name, url = aws_sqs_queue.failed.url }
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

output "policy" {
  description = "What the function may do, as JSON: for tests and for people who look."
  value       = module.role.policy
}

output "role_arn" {
  description = "The role that the function runs under."
  value       = module.role.arn
}
