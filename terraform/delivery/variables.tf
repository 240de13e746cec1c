# The values stand in envs/account/delivery.tfvars; `make delivery` refuses credentials of another account.

variable "account_id" {
  description = "The home account, which holds the pipelines, 12 digits. The provider refuses any other."
  type        = string
  validation {
    condition     = can(regex("^\\d{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\"; it must be 12 digits. `aws sts get-caller-identity` tells yours."
  }
}

variable "build_variables" {
  description = "More environment variables for every build. Everybody who may look at a project reads them: no secrets."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "builds" {
  description = "The builds' container, as `machine` of modules/build: cache, compute_type, image."
  type = object({
    cache        = optional(string, "S3")
    compute_type = optional(string, "BUILD_GENERAL1_MEDIUM")
    image        = optional(string, "aws/codebuild/amazonlinux-x86_64-standard:5.0")
  })
  default  = {}
  nullable = false
}

variable "connection" {
  description = "Name of the connection to where the code lies, which `make bootstrap` made and somebody made AVAILABLE."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,31}$", var.connection))
    error_message = "connection is \"${var.connection}\"; use the name in envs/account/bootstrap.tfvars: 1 to 32 letters, digits and -, starting with a letter."
  }
}

variable "drift" {
  description = "When to look for what was changed by hand, by EventBridge's cron or rate in UTC; null: never."
  type        = object({ schedule = string })
  default     = null
  validation {
    condition     = var.drift == null || can(regex("^(cron\\(\\S+ \\S+ \\S+ \\S+ \\S+ \\S+\\)|rate\\(\\d+ (minute|hour|day)s?\\))$", var.drift.schedule))
    error_message = "drift.schedule is \"${try(var.drift.schedule, "")}\"; use six fields such as cron(0 5 ? * MON-FRI *), or rate(1 day)."
  }
}

variable "environments" {
  description = <<-EOT
    Environments in the order in which a push reaches them, and the account of each. `approve` names what waits for a
    person there: `dags`, `infrastructure` or `models`. `images`: whether the models pipeline builds them with Docker.
  EOT
  type = list(object({
    account_id = string
    approve    = optional(set(string), [])
    images     = optional(bool, true)
    name       = string
  }))
  validation {
    condition     = length(var.environments) > 0 && alltrue([for e in var.environments : can(regex("^[a-z][a-z0-9]{1,11}$", e.name))])
    error_message = "environments are ${jsonencode(var.environments[*].name)}; give at least one, each 2 to 12 of a-z and 0-9, starting with a letter."
  }
  validation {
    condition     = length(distinct(var.environments[*].name)) == length(var.environments)
    error_message = "environments are ${jsonencode(var.environments[*].name)}; each must stand once."
  }
  validation {
    condition     = length(distinct([for name in var.environments[*].name : substr(name, 0, 5)])) == length(distinct(var.environments[*].name))
    error_message = "environments are ${jsonencode(var.environments[*].name)}; their first 5 letters must differ, since CodePipeline keeps the artifact plan_<name> below its first 10, and a build of one would reach the other's plan. Rename one."
  }
  validation {
    condition     = length(setintersection(["check", "delivery"], var.environments[*].name)) == 0
    error_message = "environments are ${jsonencode(var.environments[*].name)}; check is taken by the project dags-check, which may take no role, and delivery by the pipelines' own roles and bucket. Rename it."
  }
  validation {
    condition     = alltrue([for e in var.environments : can(regex("^\\d{12}$", e.account_id))])
    error_message = "environments lie in the accounts ${jsonencode({ for e in var.environments : e.name => e.account_id... })}; each must be 12 digits, as in envs/<environment>/platform.tfvars."
  }
  validation {
    condition     = alltrue(flatten([for e in var.environments : [for word in e.approve : contains(["dags", "infrastructure", "models"], word)]]))
    error_message = "environments ask to approve ${jsonencode(distinct(flatten([for e in var.environments : tolist(e.approve)])))}; choose among dags, infrastructure and models."
  }
}

variable "region" {
  description = "The AWS region of pipelines and connection, such as `us-east-1`."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-\\d$", var.region))
    error_message = "region is \"${var.region}\"; it must look like us-east-1."
  }
}

variable "repository" {
  description = "Where the code lies and which branch is delivered: `{ id = \"you/stockcast\", branch = \"main\" }`."
  type        = object({ branch = string, id = string })
}

variable "retention" {
  description = "Days: `artifacts_days` for what builds hand on (null keeps it), `log_days` for the builds' logs."
  type        = object({ artifacts_days = number, log_days = number })
}

variable "subscriptions" {
  description = "Who hears of failures and of what waits for approval, by a name that stays, as in modules/alerts."
  type        = map(object({ endpoint = string, protocol = optional(string, "email") }))
  default     = {}
  nullable    = false
}
