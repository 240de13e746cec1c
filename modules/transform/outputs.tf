locals {
  _grants = merge(
    { for name, statement in {
      run_transform = {
        actions    = ["glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"]
        resources  = aws_glue_job.this[*].arn
        conditions = []
      }
    } : name => statement if local._has_glue },
    { for name, statement in {
      follow_transform = {
        actions    = ["emr-serverless:CancelJobRun", "emr-serverless:GetJobRun"]
        resources  = [for application in aws_emrserverless_application.this : "${application.arn}/jobruns/*"]
        conditions = []
      }
      lend_role_to_transform = {
        actions    = ["iam:PassRole"]
        resources  = module.role[*].arn
        conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["emr-serverless.amazonaws.com"] }]
      }
      run_transform = {
        actions    = ["emr-serverless:StartJobRun"]
        resources  = aws_emrserverless_application.this[*].arn
        conditions = []
      }
    } : name => statement if local._has_emr },
    merge(module.function[*].grants...),
  )
  _dpus = { "G.1X" = 1, "G.2X" = 2, "G.4X" = 4, "G.8X" = 8 }
}

output "crawler" {
  description = "The crawler's name; null without one."
  value       = one(aws_glue_crawler.this[*].name)
}

output "database" {
  description = "The catalog's database, such as `stockcast_dev`."
  value       = aws_glue_catalog_database.this.name
}

output "emr_serverless" {
  description = "The application, as observability watches it; null unless it is the engine."
  value = local._has_emr ? {
    application_id   = one(aws_emrserverless_application.this).id
    application_name = one(aws_emrserverless_application.this).name
  } : null
}

output "function" {
  description = "The function's name; null unless Lambda is the engine."
  value       = one(module.function[*].name)
}

output "glue" {
  description = "The job and the DPUs of a run, as observability watches it; null unless it is the engine."
  value       = local._has_glue ? { dpus = local._dpus[var.glue.worker_type] * var.glue.workers, job_name = one(aws_glue_job.this).name } : null
}

output "grants" {
  description = "Statements for a role that runs the engine and waits for it; none without an engine."
  value       = local._grants
}

output "log_group" {
  description = "Where the engine's runs write; null without an engine."
  value       = one(concat(aws_cloudwatch_log_group.this[*].name, module.function[*].log_group))
}

output "role_arn" {
  description = "The role that the transform runs under; null without an engine."
  value       = one(concat(module.role[*].arn, module.function[*].role_arn))
}

output "run" {
  description = <<-EOT
    What whoever starts the transform has to know, as JSON: the `function` of Lambda, the `job` of Glue, or for a run of EMR
    Serverless `application_id`, `role_arn`, `script`, `arguments`, `parameters` and `log_group`. `{}` without an engine.
  EOT
  value = {
    emr_serverless = jsonencode(local._emr_run)
    glue           = jsonencode({ job = local._name })
    lambda         = jsonencode({ function = local._name })
    none           = jsonencode({})
  }[var.engine]
}

output "tables" {
  description = "The tables' names: `bars` and `features` over silver, `forecasts` over gold."
  value       = { bars = aws_glue_catalog_table.bars.name, features = aws_glue_catalog_table.features.name, forecasts = aws_glue_catalog_table.forecasts.name }
}
