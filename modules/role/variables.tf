variable "boundary_arn" {
  description = "The managed policy that the role can never exceed, whatever its statements say; null sets no such limit."
  type        = string
  default     = null
  validation {
    condition     = var.boundary_arn == null || can(regex("^arn:[a-z-]+:iam::(\\d{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", var.boundary_arn))
    error_message = "boundary_arn is \"${coalesce(var.boundary_arn, "null")}\"; give the ARN of a managed policy, such as the output arn of modules/boundary."
  }
}

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
    means everything but these. Each condition is a test (`StringEquals`), a key and its values; all must hold.
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
    condition     = length(distinct([for name in keys(var.statements) : join("", [for word in split("_", name) : title(word)])])) == length(var.statements)
    error_message = "statements has the names ${jsonencode(keys(var.statements))}, of which two become the same statement id. Rename one."
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
  description = <<-EOT
    Only requests that the trusted services make for this account may take the role, so that nobody else's job, schedule
    or environment borrows it. null trusts the services as they are: Lambda does not tell whom it takes a role for.
  EOT
  type        = string
  default     = null
  validation {
    condition     = var.trusted_account_id == null || !contains(var.trusted_services, "lambda.amazonaws.com")
    error_message = "trusted_account_id is \"${coalesce(var.trusted_account_id, "null")}\" for lambda.amazonaws.com, which does not tell the account when it takes a role and would be refused. Leave it null."
  }
}

variable "trusted_services" {
  description = "Service principals that may take the role, such as `lambda.amazonaws.com`."
  type        = set(string)
  validation {
    condition     = length(var.trusted_services) > 0 && alltrue([for s in var.trusted_services : can(regex("^[a-z0-9.-]+\\.amazonaws\\.com$", s))])
    error_message = "trusted_services is ${jsonencode(var.trusted_services)}; each must be a service principal such as lambda.amazonaws.com."
  }
}
