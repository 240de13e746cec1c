# account_id, environments and region come from `make bootstrap`, which reads them from envs/<environment>/; the rest
# stands in envs/account/bootstrap.tfvars and is the same for every account.

variable "account_id" {
  description = "The AWS account, 12 digits. The provider refuses any other."
  type        = string
  validation {
    condition     = can(regex("^\\d{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\"; it must be 12 digits. `aws sts get-caller-identity` tells yours."
  }
}

variable "connection" {
  description = "The connection to where the code lies, such as `{ name = \"stockcast-github\" }`; null makes none."
  type        = object({ name = string, provider_type = optional(string, "GitHub") })
  validation {
    condition     = var.connection == null || can(regex("^[A-Za-z][A-Za-z0-9-]{0,31}$", var.connection.name))
    error_message = "connection.name is ${jsonencode(try(var.connection.name, null))}; use 1 to 32 letters, digits and -, starting with a letter."
  }
  validation {
    condition     = var.connection == null || contains(["Bitbucket", "GitHub", "GitLab"], try(var.connection.provider_type, ""))
    error_message = "connection.provider_type is ${jsonencode(try(var.connection.provider_type, null))}; choose Bitbucket, GitHub or GitLab."
  }
}

variable "delivery_account_id" {
  description = "The account that holds the pipelines, 12 digits. Only its builds may take the deploy roles made here."
  type        = string
  validation {
    condition     = can(regex("^\\d{12}$", var.delivery_account_id))
    error_message = "delivery_account_id is \"${var.delivery_account_id}\"; it must be 12 digits: the account where `make delivery` is run."
  }
}

variable "environments" {
  description = "Environments whose state lies in this account, such as `[\"dev\"]`. Each gets a policy for its own state, and its deploy roles. The home account may hold none."
  type        = set(string)
  validation {
    condition     = alltrue([for name in var.environments : can(regex("^[a-z][a-z0-9]{1,11}$", name))])
    error_message = "environments is ${jsonencode(var.environments)}; each must be 2 to 12 of a-z and 0-9, starting with a letter."
  }
  validation {
    condition     = length(var.environments) > 0 || var.account_id == var.delivery_account_id
    error_message = "environments is ${jsonencode(var.environments)} in account ${var.account_id}; only the home account, delivery_account_id = \"${var.delivery_account_id}\", may hold none. Give at least one."
  }
  validation {
    condition     = length(setintersection(["check", "delivery"], var.environments)) == 0
    error_message = "environments is ${jsonencode(var.environments)}; check and delivery are the pipelines' own names, and deploys of such an environment could change them. Rename it."
  }
}

variable "expire_old_versions_days" {
  description = "Days after which an overwritten state is gone for good; null keeps all. The newest ten stay in any case."
  type        = number
  validation {
    condition     = var.expire_old_versions_days == null || try(var.expire_old_versions_days >= 30 && floor(var.expire_old_versions_days) == var.expire_old_versions_days, false)
    error_message = "expire_old_versions_days is ${jsonencode(var.expire_old_versions_days)}; use whole days, 30 or more: an old state is the way back from a bad apply. Or null."
  }
}

variable "github" {
  description = "The repository whose pull requests may plan, as GitHub's tokens name it: `{ repository = \"you/stockcast\" }`, or `you@123/stockcast@456` where they bear numbers; null where no GitHub Actions run."
  type        = object({ repository = string })
  default     = null
  validation {
    condition     = var.github == null || can(regex("^[A-Za-z0-9-]+(@\\d+)?/[A-Za-z0-9._-]+(@\\d+)?$", var.github.repository))
    error_message = "github.repository is ${jsonencode(try(var.github.repository, null))}; it must be the owner and the name as GitHub's tokens give them, such as you/stockcast or you@123/stockcast@456: a * would let strangers in."
  }
}

variable "region" {
  description = "The AWS region of the bucket, such as `us-east-1`; the environments' own."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-\\d$", var.region))
    error_message = "region is \"${var.region}\"; it must look like us-east-1."
  }
}
