variable "kms_key_arn" {
  description = "The key that encrypts every object."
  type        = string
}

variable "name_prefix" {
  description = "Starts every bucket's name, such as `stockcast-dev`; the account id and the zone follow."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name_prefix))
    error_message = "name_prefix is \"${var.name_prefix}\"; use 3 to 31 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "protect_data" {
  description = "Whether a bucket that holds objects refuses to be destroyed."
  type        = bool
  default     = true
}

variable "retention" {
  description = <<-EOT
    Days after which something happens by itself; null switches a rule off, and with none at all no lifecycle is made:
    unfinished uploads are dropped, bronze's raw answers go to Glacier (at once readable still), versions that were
    written over expire, and so do logs.
  EOT
  type = object({
    abort_uploads_days       = optional(number)
    archive_after_days       = optional(number)
    expire_old_versions_days = optional(number)
    logs_days                = optional(number)
  })
  default  = { abort_uploads_days = 7, logs_days = 90 }
  nullable = false
  validation {
    condition     = alltrue([for days in values(var.retention) : days == null || try(days >= 1 && floor(days) == days, false)])
    error_message = "retention is ${jsonencode(var.retention)}; give whole days of at least 1, or null for never."
  }
}

variable "zones" {
  description = "One bucket each: raw answers, clean bars, forecasts, models with their code, and Airflow's DAG folder."
  type        = set(string)
  default     = ["airflow", "bronze", "gold", "models", "silver"]
  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^[a-z][a-z0-9-]{1,15}$", zone))])
    error_message = "zones is ${jsonencode(var.zones)}; each takes 2 to 16 of a-z, 0-9 and -, so that a bucket's name stays within 63."
  }
  validation {
    condition     = !contains(var.zones, "logs")
    error_message = "zones is ${jsonencode(var.zones)}; `logs` is the bucket that access to the others is noted in. Choose another name."
  }
}
