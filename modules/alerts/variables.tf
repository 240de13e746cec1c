variable "boundary_arn" {
  description = "The managed policy that no role of the environment exceeds, from modules/boundary; null sets no such limit."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "The key that encrypts messages at rest; its policy must let the senders use it."
  type        = string
}

variable "name" {
  description = "The topic's name, such as `stockcast-dev-alerts`."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{2,57}$", var.name))
    error_message = "name is \"${var.name}\"; use 3 to 58 letters, digits and -, starting with a letter: the role for Slack adds six."
  }
}

variable "senders" {
  description = "AWS services that may put messages into the topic, as principals; the key's policy has to name the same."
  type        = set(string)
  default     = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com", "events.amazonaws.com"]
  nullable    = false
  validation {
    condition     = length(var.senders) > 0 && alltrue([for s in var.senders : can(regex("^[a-z0-9.-]+\\.amazonaws\\.com$", s))])
    error_message = "senders is ${jsonencode(var.senders)}; each must be a service principal such as cloudwatch.amazonaws.com."
  }
}

variable "slack" {
  description = <<-EOT
    The Slack channel that hears alerts, by AWS's own bridge; null for none. Both ids stand in the channel's link. The
    workspace has to be let in once by hand: console, Amazon Q Developer in chat applications, *Configure new client*.
  EOT
  type        = object({ channel_id = string, team_id = string })
  default     = null
  validation {
    condition     = var.slack == null || can(regex("^T[A-Z0-9]{2,30}$", var.slack.team_id))
    error_message = "slack.team_id is \"${try(var.slack.team_id, "")}\"; a workspace's id looks like T07EA123LEP. It stands in the channel's link before the channel's own."
  }
  validation {
    condition     = var.slack == null || can(regex("^[CG][A-Z0-9]{2,30}$", var.slack.channel_id))
    error_message = "slack.channel_id is \"${try(var.slack.channel_id, "")}\"; a channel's id looks like C07EZ1ABC23, not like #alerts. It ends the channel's link."
  }
}

variable "subscriptions" {
  description = <<-EOT
    Who hears alerts, by a name that stays, such as `on_call`: an address by `email` or `email-json`, a web hook by
    `https`, a queue by `sqs`, a function by `lambda`. Addresses and web hooks have to confirm, and hear nothing until then.
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
    error_message = "subscriptions ${jsonencode({ for name, s in var.subscriptions : name => s.endpoint if startswith(s.protocol, "email") && !can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", s.endpoint)) })} are no mail address; write one such as on-call@example.com."
  }
  validation {
    condition     = alltrue([for s in values(var.subscriptions) : s.protocol != "https" || can(regex("^https://[^/\\s]+\\S*$", s.endpoint))])
    error_message = "subscriptions ${jsonencode({ for name, s in var.subscriptions : name => s.endpoint if s.protocol == "https" && !can(regex("^https://[^/\\s]+\\S*$", s.endpoint)) })} must start with https://, such as https://example.com/hook: alerts are not sent in the clear."
  }
  validation {
    condition     = alltrue([for s in values(var.subscriptions) : !contains(["lambda", "sqs"], s.protocol) || can(regex("^arn:[a-z-]+:${s.protocol}:[a-z0-9-]+:\\d{12}:\\S+$", s.endpoint))])
    error_message = "subscriptions ${jsonencode({ for name, s in var.subscriptions : name => s.endpoint if contains(["lambda", "sqs"], s.protocol) && !can(regex("^arn:[a-z-]+:${s.protocol}:[a-z0-9-]+:\\d{12}:\\S+$", s.endpoint)) })} must be the ARN of a queue (sqs) or a function (lambda), which lets the topic in by its own policy."
  }
}
