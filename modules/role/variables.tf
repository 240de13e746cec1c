variable "description" {
  description = "Who uses the role and for what, as people see it in the console."
  type        = string
}

variable "name" {
  description = "The role's name, such as `stockcast-dev-ingest`."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{2,63}$", var.name))
    error_message = "name is \"${var.name}\"; use 3 to 64 letters, digits and -, starting with a letter."
  }
}

variable "statements" {
  description = <<-EOT
    What the role may do, by a name that tells it, such as `write_bars`. `not_resources` instead of `resources`
    means everything but these. Each condition is a test (`StringEquals`), a key and its values; one per test.
  EOT
  type = map(object({
    actions       = list(string)
    conditions    = optional(list(object({ test = string, values = list(string), variable = string })), [])
    effect        = optional(string, "Allow")
    not_resources = optional(list(string), [])
    resources     = optional(list(string), [])
  }))
  validation {
    condition     = length(var.statements) > 0
    error_message = "statements is empty; a role that may do nothing cannot be told from a forgotten grant. Name at least one."
  }
  validation {
    condition     = alltrue([for name in keys(var.statements) : can(regex("^[a-z][a-z0-9_]*$", name))])
    error_message = "statements has the names ${jsonencode(keys(var.statements))}; use a-z, 0-9 and _, since they become statement ids."
  }
  validation {
    condition     = alltrue([for s in values(var.statements) : (length(s.resources) > 0) != (length(s.not_resources) > 0)])
    error_message = "statements ${jsonencode([for name, s in var.statements : name if(length(s.resources) > 0) == (length(s.not_resources) > 0)])} need either resources or not_resources, and not both."
  }
  validation {
    condition = alltrue(flatten([for s in values(var.statements) : [
      for action in s.actions : can(regex("^[a-z0-9-]+:[A-Za-z]", action)) || s.effect == "Deny"
    ]]))
    error_message = "statements allow ${jsonencode(distinct(flatten([for s in values(var.statements) : [for action in s.actions : action if !can(regex("^[a-z0-9-]+:[A-Za-z]", action))]])))}; name the actions of a service, such as s3:GetObject, not all of them."
  }
}

variable "trusted_account_id" {
  description = "Only requests that the trusted services make for this account may take the role; null trusts them as they are."
  type        = string
  default     = null
}

variable "trusted_services" {
  description = "Service principals that may take the role, such as `lambda.amazonaws.com`."
  type        = set(string)
  validation {
    condition     = length(var.trusted_services) > 0 && alltrue([for s in var.trusted_services : can(regex("^[a-z0-9.-]+\\.amazonaws\\.com$", s))])
    error_message = "trusted_services is ${jsonencode(var.trusted_services)}; each must be a service principal such as lambda.amazonaws.com."
  }
}
