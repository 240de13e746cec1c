variable "kms_key_arn" {
  description = "The key that encrypts messages at rest; its policy must let the senders use it."
  type        = string
}

variable "name" {
  description = "The topic's name, such as `stockcast-dev-alerts`."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,256}$", var.name))
    error_message = "name is \"${var.name}\"; use 1 to 256 letters, digits, - and _."
  }
}

variable "subscriptions" {
  description = <<-EOT
    Who hears alerts, by a name that stays, such as `on_call`. An address is asked to confirm by mail, and hears
    nothing until then.
  EOT
  type        = map(object({ endpoint = string, protocol = optional(string, "email") }))
  default     = {}
  nullable    = false
  validation {
    condition     = alltrue([for s in values(var.subscriptions) : contains(["email", "email-json", "https", "lambda", "sqs"], s.protocol)])
    error_message = "subscriptions use ${jsonencode(distinct([for s in values(var.subscriptions) : s.protocol]))}; choose among email, email-json, https, lambda and sqs."
  }
  validation {
    condition     = alltrue([for s in values(var.subscriptions) : !startswith(s.protocol, "email") || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", s.endpoint))])
    error_message = "subscriptions ${jsonencode([for name, s in var.subscriptions : name if startswith(s.protocol, "email")])} must each have a mail address as endpoint."
  }
}
