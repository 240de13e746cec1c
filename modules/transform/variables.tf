variable "alarms" {
  description = "Whom the function's alarms tell; null makes none. The Spark engines are watched by modules/observability."
  type        = object({ topic_arn = string })
  default     = null
}

variable "boundary_arn" {
  description = "The managed policy that the engine's and the crawler's roles can never exceed; null sets no such limit."
  type        = string
  default     = null
  validation {
    condition     = var.boundary_arn == null || can(regex("^arn:[a-z-]+:iam::(\\d{12}|aws):policy/.+$", var.boundary_arn))
    error_message = "boundary_arn is \"${coalesce(var.boundary_arn, "null")}\"; give the ARN of a managed policy, such as the output arn of modules/boundary."
  }
}

variable "buckets" {
  description = "Names of the buckets that the engine and the tables read and write."
  type        = object({ gold = string, silver = string })
}

variable "code" {
  description = <<-EOT
    What runs, as `make package` made it: the `function`'s zip; for Spark the `script`, an address in S3, the `library` beside
    it, a zip, and what Spark lacks: `libraries` by name and version, which Glue installs, and the `archive` that holds them
    for EMR Serverless. All of it goes into `bucket`.
  EOT
  type = object({
    archive   = string
    bucket    = string
    function  = string
    libraries = map(string)
    library   = string
    script    = string
  })
  validation {
    condition     = can(regex("^s3://[a-z0-9.-]{3,63}/.+$", var.code.script))
    error_message = "code.script is \"${var.code.script}\"; give where it lies, such as s3://bucket/code/transform_spark.py."
  }
  validation {
    condition     = var.engine != "emr_serverless" || fileexists(var.code.archive)
    error_message = "code.archive is \"${var.code.archive}\", which does not exist; EMR Serverless needs it. Write engine = \"emr_serverless\" into an environment's platform.tfvars and run `make package`."
  }
}

variable "crawler" {
  description = "Where a crawler looks for tables, such as `[\"s3://bucket/reports/\"]`, and when, as cron(...); without a schedule on demand. Null makes none."
  type        = object({ paths = set(string), schedule = optional(string) })
  default     = null
  validation {
    condition     = var.crawler == null || try(length(var.crawler.paths) > 0 && alltrue([for p in var.crawler.paths : can(regex("^s3://[a-z0-9.-]{3,63}/.+$", p))]), false)
    error_message = "crawler.paths is ${jsonencode(try(var.crawler.paths, []))}; give at least one s3://bucket/prefix/."
  }
  validation {
    condition     = try(var.crawler.schedule, null) == null || can(regex("^cron\\(.+\\)$", var.crawler.schedule))
    error_message = "crawler.schedule is \"${try(coalesce(var.crawler.schedule, "null"), "null")}\"; write cron(0 3 ? * SUN *), or leave it out to start the crawler by hand."
  }
}

variable "emr_serverless" {
  description = <<-EOT
    How much the application may use at once over all its runs (`max_vcpus`, `max_memory_gb`), after how many `idle_minutes` it
    stops, its `release`, and where that has Python 3.11. A new account may use 16 vCPUs in all.
  EOT
  type = object({
    idle_minutes  = optional(number, 5)
    max_memory_gb = optional(number, 64)
    max_vcpus     = optional(number, 16)
    python        = optional(string, "/usr/bin/python3.11")
    release       = optional(string, "emr-7.10.0")
  })
  default  = {}
  nullable = false
  validation {
    condition     = var.emr_serverless.idle_minutes >= 1 && var.emr_serverless.idle_minutes <= 10080
    error_message = "emr_serverless.idle_minutes is ${var.emr_serverless.idle_minutes}; EMR Serverless takes 1 to 10080."
  }
  validation {
    condition     = var.emr_serverless.max_vcpus >= 2 && var.emr_serverless.max_memory_gb >= 2 * var.emr_serverless.max_vcpus
    error_message = "emr_serverless.max_vcpus is ${var.emr_serverless.max_vcpus} and max_memory_gb ${var.emr_serverless.max_memory_gb}; a driver and an executor need 2 vCPUs, and every vCPU comes with at least 2 GB."
  }
  validation {
    condition     = can(regex("^emr-(7\\.[1-9]\\d|[89]\\.\\d+|[1-9]\\d\\.\\d+)\\.\\d+$", var.emr_serverless.release))
    error_message = "emr_serverless.release is \"${var.emr_serverless.release}\"; give emr-7.10.0 or later, whose metrics the cost alarm reads."
  }
}

variable "engine" {
  description = "What makes the feature table: `lambda` for some thousand symbols, `glue` for minutes of work a day, `emr_serverless` for hours, `none` where nobody reads it."
  type        = string
  default     = "none"
  validation {
    condition     = contains(["emr_serverless", "glue", "lambda", "none"], var.engine)
    error_message = "engine is \"${var.engine}\"; choose emr_serverless, glue, lambda or none."
  }
}

variable "glue" {
  description = "The job's workers, after how many minutes a run is told to be late and after how many it is stopped."
  type = object({
    late_after_minutes = optional(number, 30)
    timeout_minutes    = optional(number, 60)
    worker_type        = optional(string, "G.1X")
    workers            = optional(number, 2)
  })
  default  = {}
  nullable = false
  validation {
    condition     = var.glue.timeout_minutes >= 1 && var.glue.timeout_minutes <= 2880 && var.glue.late_after_minutes >= 1 && var.glue.late_after_minutes < var.glue.timeout_minutes
    error_message = "glue.late_after_minutes is ${var.glue.late_after_minutes} and timeout_minutes ${var.glue.timeout_minutes}; a run is late before it is stopped, and stopped within 2880 minutes."
  }
  validation {
    condition     = contains(["G.1X", "G.2X", "G.4X", "G.8X"], var.glue.worker_type)
    error_message = "glue.worker_type is \"${var.glue.worker_type}\"; choose G.1X, G.2X, G.4X or G.8X."
  }
  validation {
    condition     = var.glue.workers >= 2 && var.glue.workers <= 299
    error_message = "glue.workers is ${var.glue.workers}; Spark on Glue takes 2 to 299, one of which drives."
  }
}

variable "history_start" {
  description = "First day that forecasts can be of, such as `2000-01-01`."
  type        = string
  validation {
    condition     = can(regex("^\\d{4}-\\d{2}-\\d{2}$", var.history_start))
    error_message = "history_start is \"${var.history_start}\"; write a day as YYYY-MM-DD, such as 2000-01-01."
  }
}

variable "kms_key_arn" {
  description = "The key of the buckets; logs and bookmarks are encrypted with it too. Its policy must let CloudWatch Logs use it."
  type        = string
}

variable "lambda" {
  description = "The function's memory, which buys processors too, its disk for the bars of all symbols, and its time limit."
  type = object({
    disk_mb         = optional(number, 1024)
    memory_mb       = optional(number, 2048)
    timeout_seconds = optional(number, 900)
  })
  default  = {}
  nullable = false
}

variable "log_retention_days" {
  description = "Days after which a log line is forgotten."
  type        = number
  default     = 30
}

variable "name_prefix" {
  description = "Starts every name, such as `stockcast-dev`; with _ for - it is the database's."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name_prefix))
    error_message = "name_prefix is \"${var.name_prefix}\"; use 3 to 31 of a-z, 0-9 and -, starting with a letter."
  }
}
