variable "boundary_arn" {
  description = "The managed policy that the role cannot exceed; null for none."
  type        = string
  default     = null
}

variable "bucket" {
  description = "The versioned bucket with `dags/`, in the environment's region and under the same key."
  type        = string
}

variable "dags_folder" {
  description = "Where `requirements.txt` and the constraint files lie; null for this repository's `dags/`."
  type        = string
  default     = null
}

variable "enabled" {
  description = "Whether the environment stands. It cannot be paused and costs by the hour; without it its run history is gone."
  type        = bool
}

variable "environment" {
  description = <<-EOT
    Size, version and manners: `class` from mw1.micro (3 tasks at once) to mw1.2xlarge. `min_workers` to `max_workers` at
    work, `schedulers` and `min_webservers` to `max_webservers`: mw1.micro has one of each, and left out they are the
    fewest that a class takes. `log_levels` by what writes, `maintenance_start` in UTC, `options` as Airflow configuration
    such as `{ "core.dagbag_import_timeout" = "60" }`, `requirements_file` in the DAG folder, `startup_script` as a path
    here or null, `webserver_access` PUBLIC_ONLY (IAM decides) or PRIVATE_ONLY.
  EOT
  type = object({
    class = optional(string, "mw1.micro")
    log_levels = optional(object({
      dag_processing = optional(string, "WARNING")
      scheduler      = optional(string, "WARNING")
      task           = optional(string, "INFO")
      webserver      = optional(string, "WARNING")
      worker         = optional(string, "WARNING")
    }), {})
    maintenance_start = optional(string, "SUN:06:00")
    max_webservers    = optional(number)
    max_workers       = optional(number)
    min_webservers    = optional(number)
    min_workers       = optional(number)
    options           = optional(map(string), {})
    requirements_file = optional(string, "requirements.txt")
    schedulers        = optional(number)
    startup_script    = optional(string)
    version           = optional(string, "3.0.6")
    webserver_access  = optional(string, "PUBLIC_ONLY")
  })
  default  = {}
  nullable = false
  validation {
    condition     = contains(["mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge"], var.environment.class)
    error_message = "environment.class is \"${var.environment.class}\"; choose mw1.micro, mw1.small, mw1.medium, mw1.large, mw1.xlarge or mw1.2xlarge."
  }
  validation {
    condition     = alltrue([for level in values(var.environment.log_levels) : contains(["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"], level)])
    error_message = "environment.log_levels is ${jsonencode(var.environment.log_levels)}; each must be CRITICAL, ERROR, WARNING, INFO or DEBUG."
  }
  validation {
    condition     = can(regex("^(MON|TUE|WED|THU|FRI|SAT|SUN):([01]\\d|2[0-3]):(00|30)$", var.environment.maintenance_start))
    error_message = "environment.maintenance_start is \"${var.environment.maintenance_start}\"; write a day and a half hour, such as SUN:06:00."
  }
  validation {
    condition = var.environment.class != "mw1.micro" || alltrue([
      for count in [
        var.environment.max_webservers, var.environment.max_workers, var.environment.min_webservers,
        var.environment.min_workers, var.environment.schedulers,
      ] : coalesce(count, 1) == 1
    ])
    error_message = "environment.class is \"mw1.micro\" with max_workers ${jsonencode(var.environment.max_workers)}, schedulers ${jsonencode(var.environment.schedulers)} and max_webservers ${jsonencode(var.environment.max_webservers)}; it has exactly one of each. Leave them out, or choose mw1.small."
  }
  validation {
    condition     = var.environment.class == "mw1.micro" || (coalesce(var.environment.max_workers, 2) >= 1 && coalesce(var.environment.max_workers, 2) <= 25)
    error_message = "environment.max_workers is ${jsonencode(var.environment.max_workers)}; MWAA takes 1 to 25 unless a quota is raised."
  }
  validation {
    condition     = coalesce(var.environment.min_workers, 1) >= 1 && (var.environment.class == "mw1.micro" || coalesce(var.environment.min_workers, 1) <= coalesce(var.environment.max_workers, 2))
    error_message = "environment.min_workers is ${jsonencode(var.environment.min_workers)}; it must be 1 or more and not above max_workers, ${jsonencode(var.environment.max_workers)}."
  }
  validation {
    condition = var.environment.class == "mw1.micro" || alltrue([
      for count in [var.environment.max_webservers, var.environment.min_webservers, var.environment.schedulers] :
      coalesce(count, 2) >= 2 && coalesce(count, 2) <= 5
    ])
    error_message = "environment has ${jsonencode(var.environment.schedulers)} schedulers and ${jsonencode(var.environment.min_webservers)} to ${jsonencode(var.environment.max_webservers)} web servers; ${var.environment.class} takes 2 to 5 of each."
  }
  validation {
    condition     = coalesce(var.environment.min_webservers, 1) <= coalesce(var.environment.max_webservers, 5)
    error_message = "environment.min_webservers is ${jsonencode(var.environment.min_webservers)}; it must not be above max_webservers, ${jsonencode(var.environment.max_webservers)}."
  }
  validation {
    condition     = alltrue([for name in keys(var.environment.options) : can(regex("^[a-z_]+\\.[a-z_]+$", name))])
    error_message = "environment.options has ${jsonencode(keys(var.environment.options))}; write section.option, such as core.dagbag_import_timeout."
  }
  validation {
    condition     = contains(["3.0.6", "3.2.1", "3.3.1"], var.environment.version)
    error_message = "environment.version is \"${var.environment.version}\"; the DAGs are written for Airflow 3, of which MWAA offers 3.0.6, 3.2.1 and 3.3.1."
  }
  validation {
    condition     = fileexists("${coalesce(var.dags_folder, "${path.module}/../../dags")}/constraints-${var.environment.version}-py3.12.txt")
    error_message = "environment.version is \"${var.environment.version}\", for which the DAG folder has no constraints-${var.environment.version}-py3.12.txt. Bring dags/ to that version first: constraints, requirements.txt and pyproject.toml; or stay with the version that is there."
  }
  validation {
    condition = strcontains(
      try(file("${coalesce(var.dags_folder, "${path.module}/../../dags")}/${var.environment.requirements_file}"), ""),
      "airflow/dags/constraints-${var.environment.version}-py3.12.txt\"",
    )
    error_message = "environment.requirements_file is \"${var.environment.requirements_file}\"; that file must be in the DAG folder and name constraints-${var.environment.version}-py3.12.txt in its --constraint line. Without it MWAA installs whatever is newest."
  }
  validation {
    condition     = var.environment.startup_script == null || try(fileexists(var.environment.startup_script), false)
    error_message = "environment.startup_script is \"${coalesce(var.environment.startup_script, "null")}\"; there is no such file. Give a path seen from where Terraform runs, or leave it out."
  }
  validation {
    condition     = contains(["PRIVATE_ONLY", "PUBLIC_ONLY"], var.environment.webserver_access)
    error_message = "environment.webserver_access is \"${var.environment.webserver_access}\"; choose PRIVATE_ONLY or PUBLIC_ONLY."
  }
}

variable "kms_key_arn" {
  description = "The key of the bucket, which the environment has to share. Its policy must let CloudWatch Logs use it."
  type        = string
}

variable "log_retention_days" {
  description = "How long Airflow's log lines are kept."
  type        = number
  default     = 90
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs takes a few numbers only, such as 30, 90 or 365."
  }
}

variable "name" {
  description = "The environment's and its role's name, such as `stockcast-dev-airflow`."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{2,63}$", var.name))
    error_message = "name is \"${var.name}\"; use 3 to 64 letters, digits, - and _, starting with a letter."
  }
}

variable "network" {
  description = "Two private subnets in two zones with a way out, and the group that lets Airflow's parts meet."
  type        = object({ security_group_ids = list(string), subnet_ids = list(string) })
  validation {
    condition     = length(var.network.subnet_ids) == 2
    error_message = "network.subnet_ids has ${length(var.network.subnet_ids)} subnets; MWAA takes exactly two, in two zones."
  }
}

variable "settings_prefix" {
  description = "Prefix of the SSM parameters that DAGs read as Airflow Variables, such as `/stockcast/dev`."
  type        = string
  validation {
    condition     = can(regex("^(/[A-Za-z0-9_.-]+)+$", var.settings_prefix))
    error_message = "settings_prefix is \"${var.settings_prefix}\"; it must look like /stockcast/dev."
  }
}

variable "statements" {
  description = "What the DAGs may do besides running, in the shape of the role module's `statements`: the `grants` of what they use."
  type = map(object({
    actions    = list(string)
    conditions = optional(list(object({ test = string, values = list(string), variable = string })), [])
    resources  = list(string)
  }))
  default = {}
}
