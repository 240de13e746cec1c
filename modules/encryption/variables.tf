variable "alert_senders" {
  description = "AWS services that put messages into encrypted topics, as principals; the same as the topic's own `senders`."
  type        = set(string)
  default     = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com", "events.amazonaws.com"]
  nullable    = false
  validation {
    condition     = length(var.alert_senders) > 0 && alltrue([for s in var.alert_senders : can(regex("^[a-z0-9.-]+\\.amazonaws\\.com$", s))])
    error_message = "alert_senders is ${jsonencode(var.alert_senders)}; each must be a service principal such as cloudwatch.amazonaws.com."
  }
}

variable "deletion_window_days" {
  description = "Days in which a deleted key can be called back, 7 to 30. Data under a key that is gone is gone too."
  type        = number
  default     = 30
  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days is ${var.deletion_window_days}; KMS takes 7 to 30."
  }
}

variable "holds" {
  description = "What the key encrypts, as people read it in the console."
  type        = string
  default     = "lake, logs, alerts and Airflow"
}

variable "name_prefix" {
  description = "The alias after `alias/`, such as `stockcast-dev`."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name_prefix))
    error_message = "name_prefix is \"${var.name_prefix}\"; use 3 to 31 of a-z, 0-9 and -, starting with a letter."
  }
}
