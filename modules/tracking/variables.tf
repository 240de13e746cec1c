variable "bucket" {
  description = "Name of the bucket that runs are kept in, below `mlflow/`."
  type        = string
}

variable "name_prefix" {
  description = "Starts every name, such as `stockcast-dev`; the environment's roles reach servers of such names only."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name_prefix))
    error_message = "name_prefix is \"${var.name_prefix}\"; use 3 to 31 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "server" {
  description = <<-EOT
    Name of a SageMaker MLflow tracking server that stands already, such as `stockcast-dev-runs`, with its artifacts below
    `mlflow/server/` of the bucket. Null keeps runs in an SQLite file in the bucket, which costs nothing by the hour.
  EOT
  type        = string
  default     = null
  validation {
    condition     = var.server == null || can(regex("^${var.name_prefix}-[A-Za-z0-9-]{1,200}$", var.server))
    error_message = "server is \"${coalesce(var.server, "null")}\"; it must start with ${var.name_prefix}-, since the environment's roles reach no other. Make one of such a name, or leave it out."
  }
}
