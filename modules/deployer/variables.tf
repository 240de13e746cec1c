variable "airflow_role" {
  description = "The role inside Airflow that releases act in: `User` starts runs and reads errors, `Op` and `Admin` do more."
  type        = string
  default     = "User"
  validation {
    condition     = contains(["Admin", "Op", "User"], var.airflow_role)
    error_message = "airflow_role is \"${var.airflow_role}\"; choose Admin, Op or User."
  }
}

variable "delivery_account_id" {
  description = "The account whose builds deploy, 12 digits: the home of the pipelines."
  type        = string
  validation {
    condition     = can(regex("^\\d{12}$", var.delivery_account_id))
    error_message = "delivery_account_id is \"${var.delivery_account_id}\"; it must be 12 digits."
  }
}

variable "environment" {
  description = "The environment's name, as the tag `Environment` has it and the builds' roles end."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment is \"${var.environment}\"; use 2 to 12 of a-z and 0-9, starting with a letter."
  }
  validation {
    condition     = !contains(["check", "delivery"], var.environment)
    error_message = "environment is \"${var.environment}\"; check and delivery are the pipelines' own names, and its deploys could change them. Rename it."
  }
}

variable "github" {
  description = "Whose pull requests may plan: the ARN of GitHub's identity provider and the repository as its tokens name it, such as `you/stockcast` or `you@123/stockcast@456`; null: nobody's."
  type        = object({ provider_arn = string, repository = string })
  default     = null
  validation {
    condition     = var.github == null || can(regex("^[A-Za-z0-9-]+(@\\d+)?/[A-Za-z0-9._-]+(@\\d+)?$", var.github.repository))
    error_message = "github.repository is ${jsonencode(try(var.github.repository, null))}; it must be the owner and the name as GitHub's tokens give them, such as you/stockcast or you@123/stockcast@456: a * would let strangers in."
  }
}

variable "name_prefix" {
  description = "Starts the name of everything of the environment, such as `stockcast-dev`."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name_prefix))
    error_message = "name_prefix is \"${var.name_prefix}\"; use 3 to 31 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "settings_prefix" {
  description = "Starts every setting's name in the parameter store, such as `/stockcast/dev`."
  type        = string
  validation {
    condition     = can(regex("^/[a-zA-Z0-9_./-]*[a-zA-Z0-9_.-]$", var.settings_prefix))
    error_message = "settings_prefix is \"${var.settings_prefix}\"; it must start with / and not end with it, such as /stockcast/dev."
  }
}

variable "state" {
  description = "Where the environment's state lies: its bucket and key in it, the bucket's KMS key, and the policy that lets write it."
  type        = object({ bucket_arn = string, key = string, key_arn = string, policy_arn = string })
}
