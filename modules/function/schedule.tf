resource "aws_scheduler_schedule" "this" {
  count                        = var.schedule == null ? 0 : 1
  name                         = var.schedule.name
  description                  = "Calls ${var.name}"
  schedule_expression          = var.schedule.expression
  schedule_expression_timezone = var.schedule.timezone
  state                        = var.schedule.enabled ? "ENABLED" : "DISABLED"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_lambda_function.this.arn
    input    = var.schedule.input
    role_arn = one(module.schedule_role).arn
    dead_letter_config { arn = aws_sqs_queue.failed.arn }
    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}

module "schedule_role" {
  count              = var.schedule == null ? 0 : 1
  source             = "../role"
  name               = var.schedule.name
  description        = "The schedule that calls ${var.name}."
  boundary_arn       = var.boundary_arn
  trusted_services   = ["scheduler.amazonaws.com"]
  trusted_account_id = data.aws_caller_identity.current.account_id
  statements         = merge(local._grants, local._keep_what_failed)
}
