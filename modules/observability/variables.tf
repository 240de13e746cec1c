variable "airflow" {
  description = <<-EOT
    The Airflow environment to watch, null for none: its alarms stand only while `is_awake`, the dashboard stays as it is.
    `dags` names those whose failed runs ring; `task_failures` tries may fail within an hour, retries included;
    `data_namespace` is where they tell of the data's quality, such as `Stockcast/dev`, null for nowhere.
  EOT
  type = object({
    dags           = optional(set(string), [])
    data_namespace = optional(string)
    is_awake       = bool
    name           = string
    task_failures  = optional(number, 3)
  })
  default = null
  validation {
    condition     = var.airflow == null || can(regex("^[A-Za-z][A-Za-z0-9_-]{0,79}$", var.airflow.name))
    error_message = "airflow.name is \"${try(var.airflow.name, "null")}\"; give the environment's name: up to 80 letters, digits, - and _, starting with a letter."
  }
  validation {
    condition     = var.airflow == null || try(var.airflow.task_failures >= 1, false)
    error_message = "airflow.task_failures is ${try(var.airflow.task_failures, 0)}; below 1 it would ring without any failure."
  }
}

variable "emr" {
  description = <<-EOT
    The EMR Serverless application to watch, of release 7.10 or later, the vCPU hours that a day may take, and after how
    many hours of work without a pause it is late; null for none.
  EOT
  type = object({
    application_id       = string
    application_name     = string
    late_after_hours     = optional(number, 4)
    max_vcpu_hours_a_day = optional(number, 20)
  })
  default = null
  validation {
    condition     = var.emr == null || try(var.emr.max_vcpu_hours_a_day > 0, false)
    error_message = "emr.max_vcpu_hours_a_day is ${try(var.emr.max_vcpu_hours_a_day, 0)}; it must be above 0."
  }
  validation {
    condition     = var.emr == null || contains(range(1, 25), try(var.emr.late_after_hours, 0))
    error_message = "emr.late_after_hours is ${try(var.emr.late_after_hours, 0)}; give whole hours from 1 to 24, as far as CloudWatch looks back by the hour."
  }
}

variable "endpoint" {
  description = <<-EOT
    The endpoint to watch, null for none: how many refused (`client_errors`, in 5 minutes) and failed requests
    (`server_errors`, in a minute) and which average `latency_ms` ring, and after how many `silent_days` without a request.
    Four days reach over a weekend, on which nobody asks.
  EOT
  type = object({
    client_errors = optional(number, 5)
    latency_ms    = optional(number, 5000)
    name          = string
    server_errors = optional(number, 1)
    silent_days   = optional(number, 4)
    variant       = optional(string, "AllTraffic")
  })
  default = null
  validation {
    condition     = var.endpoint == null || try(var.endpoint.client_errors >= 1 && var.endpoint.server_errors >= 1, false)
    error_message = "endpoint.client_errors is ${try(var.endpoint.client_errors, 0)} and server_errors ${try(var.endpoint.server_errors, 0)}; below 1 they would ring without any error."
  }
  validation {
    condition     = var.endpoint == null || try(var.endpoint.latency_ms >= 1 && var.endpoint.latency_ms <= 60000, false)
    error_message = "endpoint.latency_ms is ${try(var.endpoint.latency_ms, 0)}; give 1 to 60000 ms, the longest that SageMaker waits for a model."
  }
  validation {
    condition     = var.endpoint == null || contains([4, 5, 6, 7], try(var.endpoint.silent_days, 0))
    error_message = "endpoint.silent_days is ${try(var.endpoint.silent_days, 0)}; give 4 to 7: fewer ring after every weekend, and CloudWatch looks back 7 days at most."
  }
}

variable "functions" {
  description = "Lambda functions on the dashboard by what they do, such as `{ ingest = \"stockcast-dev-ingest\" }`. Their alarms stand with them."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "glue" {
  description = "The Glue job to watch, how many DPUs a run takes, and the DPU hours that a day may take; null for none."
  type        = object({ dpus = number, job_name = string, max_dpu_hours_a_day = optional(number, 4) })
  default     = null
  validation {
    condition     = var.glue == null || try(var.glue.dpus > 0 && var.glue.max_dpu_hours_a_day > 0, false)
    error_message = "glue.dpus is ${try(var.glue.dpus, 0)} and max_dpu_hours_a_day ${try(var.glue.max_dpu_hours_a_day, 0)}; both must be above 0."
  }
}

variable "name_prefix" {
  description = "Starts every alarm's and rule's name and is the dashboard's, such as `stockcast-dev`."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name_prefix))
    error_message = "name_prefix is \"${var.name_prefix}\"; use 3 to 31 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "topic_arn" {
  description = "The topic that alarms and events go to. It and its key must let in CloudWatch and EventBridge."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:\\d{12}:.+$", var.topic_arn))
    error_message = "topic_arn is \"${var.topic_arn}\"; give the ARN of an SNS topic, such as the output topic_arn of modules/alerts."
  }
}
