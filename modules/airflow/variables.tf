variable "bucket" {
  description = "The versioned bucket with `dags/`, in the environment's region and under the same key."
  type        = string
}

variable "enabled" {
  description = "Whether the environment stands. It cannot be paused and costs by the hour; without it its run history is gone."
  type        = bool
}

variable "environment" {
  description = <<-EOT
    Size, version and manners: `class` from mw1.micro (3 tasks at once) to mw1.2xlarge, `max_workers` beyond micro,
    `maintenance_start` in UTC, `options` as Airflow configuration such as `{ "core.dagbag_import_timeout" = "60" }`,
    `requirements_file` as a path here or null, `webserver_access` PUBLIC_ONLY (IAM decides) or PRIVATE_ONLY.
  EOT
  type = object({
    class             = optional(string, "mw1.micro")
    maintenance_start = optional(string, "SUN:06:00")
    max_workers       = optional(number, 2)
    options           = optional(map(string), {})
    requirements_file = optional(string)
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
    condition     = can(regex("^(MON|TUE|WED|THU|FRI|SAT|SUN):([01]\\d|2[0-3]):(00|30)$", var.environment.maintenance_start))
    error_message = "environment.maintenance_start is \"${var.environment.maintenance_start}\"; write a day and a half hour, such as SUN:06:00."
  }
  validation {
    condition     = var.environment.max_workers >= 1 && var.environment.max_workers <= 25
    error_message = "environment.max_workers is ${var.environment.max_workers}; MWAA takes 1 to 25 unless a quota is raised."
  }
  validation {
    condition     = can(regex("^3\\.\\d+\\.\\d+$", var.environment.version))
    error_message = "environment.version is \"${var.environment.version}\"; the DAGs are written for Airflow 3, such as 3.0.6."
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
