variable "alarms" {
  description = "Whom the alarms tell: errors, throttles, runs near the time limit, and what is kept as failed. Null makes no alarms."
  type        = object({ topic_arn = string })
  default     = null
}

variable "boundary_arn" {
  description = "The managed policy that the function's and the schedule's roles can never exceed; null sets no such limit."
  type        = string
  default     = null
  validation {
    condition     = var.boundary_arn == null || can(regex("^arn:[a-z-]+:iam::(\\d{12}|aws):policy/.+$", var.boundary_arn))
    error_message = "boundary_arn is \"${coalesce(var.boundary_arn, "null")}\"; give the ARN of a managed policy, such as the output arn of modules/boundary."
  }
}

variable "concurrency" {
  description = <<-EOT
    How many calls may run at once, set aside for this function; 0 stops it, null shares the account's. A new account
    has 10 in all and AWS refuses to leave fewer than 10 to share, so anything but null and 0 needs a raised quota.
  EOT
  type        = number
  default     = null
  validation {
    condition     = var.concurrency == null || try(var.concurrency >= 0 && var.concurrency <= 1000 && floor(var.concurrency) == var.concurrency, false)
    error_message = "concurrency is ${coalesce(var.concurrency, -1)}; give a whole number from 0 to 1000, or null to share the account's."
  }
}

variable "description" {
  description = "What the function does, as people see it in the console."
  type        = string
}

variable "environment" {
  description = "The function's environment variables, such as `{ STOCKCAST_BRONZE_BUCKET = \"...\" }`. Never secrets."
  type        = map(string)
  default     = {}
}

variable "kms_key_arn" {
  description = "The key that encrypts the function's log, its environment variables and what it failed on."
  type        = string
}

variable "log_retention_days" {
  description = "Days after which a log line is forgotten."
  type        = number
  default     = 30
}

variable "name" {
  description = "The function's, its role's and its log's name, such as `stockcast-dev-ingest`."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{2,63}$", var.name))
    error_message = "name is \"${var.name}\"; use 3 to 64 letters, digits and -, starting with a letter."
  }
}

variable "package" {
  description = "Path of the zip with `handler.py` at its top. A changed zip is a changed function."
  type        = string
  validation {
    condition     = endswith(var.package, ".zip")
    error_message = "package is \"${var.package}\"; it must be a zip file, made by `make package`."
  }
}

variable "runtime" {
  description = "Processor, Python version, memory, disk and time limit. Memory also buys processor time."
  type = object({
    architecture    = optional(string, "x86_64")
    disk_mb         = optional(number, 512)
    memory_mb       = optional(number, 256)
    python          = optional(string, "python3.12")
    timeout_seconds = optional(number, 300)
  })
  default  = {}
  nullable = false
  validation {
    condition     = contains(["arm64", "x86_64"], var.runtime.architecture)
    error_message = "runtime.architecture is \"${var.runtime.architecture}\"; choose arm64 or x86_64, the one that the zip was built for."
  }
  validation {
    condition     = var.runtime.disk_mb >= 512 && var.runtime.disk_mb <= 10240
    error_message = "runtime.disk_mb is ${var.runtime.disk_mb}; Lambda takes 512 to 10240."
  }
  validation {
    condition     = var.runtime.memory_mb >= 128 && var.runtime.memory_mb <= 10240
    error_message = "runtime.memory_mb is ${var.runtime.memory_mb}; Lambda takes 128 to 10240."
  }
  validation {
    condition     = contains(["python3.11", "python3.12"], var.runtime.python)
    error_message = "runtime.python is \"${var.runtime.python}\"; our code runs on python3.11 and python3.12."
  }
  validation {
    condition     = var.runtime.timeout_seconds >= 1 && var.runtime.timeout_seconds <= 900
    error_message = "runtime.timeout_seconds is ${var.runtime.timeout_seconds}; Lambda takes 1 to 900."
  }
}

variable "schedule" {
  description = <<-EOT
    When the function is called by itself, and with which JSON; null for never. `name` is the schedule's and its
    role's; `expression` is cron(...), rate(...) or at(...); `enabled = false` keeps it and stops it.
  EOT
  type = object({
    enabled    = optional(bool, true)
    expression = string
    input      = optional(string, "{}")
    name       = string
    timezone   = optional(string, "UTC")
  })
  default = null
  validation {
    condition     = var.schedule == null || can(regex("^(cron|rate|at)\\(.+\\)$", var.schedule.expression))
    error_message = "schedule.expression is \"${try(var.schedule.expression, "null")}\"; write cron(30 22 ? * MON-FRI *), rate(1 day) or at(2026-01-01T00:00:00)."
  }
  validation {
    condition     = var.schedule == null || can(jsondecode(var.schedule.input))
    error_message = "schedule.input is ${try(var.schedule.input, "null")}; it must be JSON, such as {}."
  }
}

variable "statements" {
  description = "What the function may do besides writing its own log, in the shape of the role module's `statements`."
  type = map(object({
    actions    = list(string)
    conditions = optional(list(object({ test = string, values = list(string), variable = string })), [])
    resources  = list(string)
  }))
  default = {}
}

variable "upload" {
  description = "Where a zip of more than 50 MB lies before Lambda takes it, such as `{ bucket = \"...\", prefix = \"code/functions/\" }`; null hands it over directly."
  type        = object({ bucket = string, prefix = optional(string, "") })
  default     = null
  validation {
    condition     = var.upload == null || !startswith(try(var.upload.prefix, ""), "/")
    error_message = "upload.prefix is \"${try(var.upload.prefix, "")}\"; a key does not begin with /."
  }
}
