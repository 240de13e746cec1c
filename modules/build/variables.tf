variable "artifacts" {
  description = "The output `store` of modules/artifacts. Its key encrypts the build's log and outputs as well."
  type        = object({ arn = string, bucket = string, kms_key_arn = string })
}

variable "boundary_arn" {
  description = "The managed policy that the build's role never exceeds; null sets no such limit."
  type        = string
  default     = null
}

variable "builds_images" {
  description = "Whether the build runs Docker, for which CodeBuild makes its container a privileged one."
  type        = bool
  default     = false
}

variable "buildspec" {
  description = "What the build runs: a file at the root of the repository, such as `buildspec-infra.yml`."
  type        = string
  validation {
    condition     = can(regex("^buildspec-[a-z]+\\.yml$", var.buildspec))
    error_message = "buildspec is \"${var.buildspec}\"; name a file at the root such as buildspec-infra.yml, whose commands the house rules check."
  }
}

variable "deploy_role_arn" {
  description = "The one role that the build may take, and what it is told as `DEPLOY_ROLE_ARN`; null lets it take none."
  type        = string
  default     = null
  validation {
    condition     = var.deploy_role_arn == null || can(regex("^arn:[a-z-]+:iam::\\d{12}:role/[A-Za-z0-9-]{1,64}$", var.deploy_role_arn))
    error_message = "deploy_role_arn is \"${coalesce(var.deploy_role_arn, "null")}\"; give one role's ARN, such as arn:aws:iam::111111111111:role/stockcast-dev-plan."
  }
}

variable "description" {
  description = "What the build does, as people see it in the console."
  type        = string
}

variable "log_retention_days" {
  description = "Days for which CloudWatch Logs keeps the build's log."
  type        = number
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs knows 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 and 3653."
  }
}

variable "machine" {
  description = "The container: `cache` is `S3`, `LOCAL` (the build host's, best effort) or `NO_CACHE`."
  type = object({
    cache        = optional(string, "S3")
    compute_type = optional(string, "BUILD_GENERAL1_MEDIUM")
    image        = optional(string, "aws/codebuild/amazonlinux-x86_64-standard:5.0")
  })
  default = {}
  validation {
    condition     = contains(["LOCAL", "NO_CACHE", "S3"], var.machine.cache)
    error_message = "machine.cache is \"${var.machine.cache}\"; choose LOCAL, NO_CACHE or S3."
  }
  validation {
    condition     = contains(["BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_XLARGE"], var.machine.compute_type)
    error_message = "machine.compute_type is \"${var.machine.compute_type}\"; choose BUILD_GENERAL1_SMALL, BUILD_GENERAL1_MEDIUM, BUILD_GENERAL1_LARGE or BUILD_GENERAL1_XLARGE."
  }
}

variable "name" {
  description = "The project's name, its role's and its log's, such as `stockcast-delivery-dags-check`."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{2,57}$", var.name))
    error_message = "name is \"${var.name}\"; use 3 to 58 letters, digits and -, starting with a letter."
  }
}

variable "reads" {
  description = "What the build takes in, as `<pipeline>/<artifact>`, such as `stockcast-infrastructure/source`; names in full."
  type        = set(string)
  validation {
    condition     = length(var.reads) > 0 && alltrue([for artifact in var.reads : can(regex("^[A-Za-z0-9.@_-]{1,100}/[A-Za-z0-9_-]{1,100}$", artifact))])
    error_message = "reads is ${jsonencode(var.reads)}; give at least one, each a pipeline's and an artifact's name, such as stockcast-infrastructure/source."
  }
}

variable "timeout_minutes" {
  description = "Minutes after which CodeBuild ends a build, 5 to 480."
  type        = number
  default     = 60
  validation {
    condition     = var.timeout_minutes >= 5 && var.timeout_minutes <= 480 && floor(var.timeout_minutes) == var.timeout_minutes
    error_message = "timeout_minutes is ${var.timeout_minutes}; CodeBuild takes whole minutes, 5 to 480."
  }
}

variable "variables" {
  description = "Environment variables of every build, readable by everybody who may look at the project: no secrets."
  type        = map(string)
  default     = {}
  nullable    = false
  validation {
    condition     = alltrue([for name in keys(var.variables) : can(regex("^[A-Z][A-Z0-9_]*$", name)) && !startswith(name, "CODEBUILD_") && name != "DEPLOY_ROLE_ARN"])
    error_message = "variables are ${jsonencode(keys(var.variables))}; use A-Z, 0-9 and _, starting with a letter. CODEBUILD_... are CodeBuild's own, and DEPLOY_ROLE_ARN comes from deploy_role_arn."
  }
}

variable "writes" {
  description = "What the build hands on, as in `reads`; a build without any can put nothing in another one's way."
  type        = set(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for artifact in var.writes : can(regex("^[A-Za-z0-9.@_-]{1,100}/[A-Za-z0-9_-]{1,100}$", artifact))])
    error_message = "writes is ${jsonencode(var.writes)}; give each as a pipeline's and an artifact's name, such as stockcast-infrastructure/plan_dev."
  }
  validation {
    condition     = alltrue([for artifact in var.writes : !endswith(artifact, "/source")])
    error_message = "writes is ${jsonencode(var.writes)}; the source is what somebody has pushed, and no build may put another in its place."
  }
}
