variable "approval" {
  description = "Who approves a model: `manual` keeps the DAGs from registering one as approved, `automatic` lets them."
  type        = string
  default     = "automatic"
  validation {
    condition     = contains(["automatic", "manual"], var.approval)
    error_message = "approval is \"${var.approval}\"; choose automatic or manual."
  }
}

variable "boundary_arn" {
  description = "The managed policy that no role made here can exceed; null for none."
  type        = string
  default     = null
}

variable "buckets" {
  description = "Names of the buckets that jobs read and write."
  type        = object({ bronze = string, gold = string, models = string, silver = string })
}

variable "code" {
  description = <<-EOT
    The jobs' code: a folder with `files/` and `source.tar.gz`, which hold the same, and their hash. `make package` makes
    all three; a new hash is a new place in the models bucket.
  EOT
  type        = object({ folder = string, hash = string })
  validation {
    condition     = can(regex("^[0-9a-f]{8,64}$", var.code.hash))
    error_message = "code.hash is \"${var.code.hash}\"; it must be 8 to 64 of 0-9 and a-f. Run `make package`."
  }
}

variable "images_kept" {
  description = "How many images a repository keeps. An older one is gone for good, also for a model that was made with it."
  type        = number
  default     = 30
  validation {
    condition     = var.images_kept >= 2 && var.images_kept <= 1000 && floor(var.images_kept) == var.images_kept
    error_message = "images_kept is ${var.images_kept}; it must be a whole number from 2, for one to go back to, to 1000."
  }
}

variable "kms_key_arn" {
  description = "The key that the buckets use; images, logs and the machines' disks are encrypted with it too."
  type        = string
}

variable "log_retention_days" {
  description = "How long the endpoint's log lines are kept."
  type        = number
  default     = 90
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs takes a few numbers only, such as 30, 90 or 365."
  }
}

variable "name_prefix" {
  description = "Starts every name, such as `stockcast-dev`."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name_prefix))
    error_message = "name_prefix is \"${var.name_prefix}\"; use 3 to 31 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "protect_data" {
  description = "Whether a repository that holds images refuses to be destroyed."
  type        = bool
  default     = true
}

variable "rollback_alarms" {
  description = "Names of alarms that end a deployment and bring the old model back; they must stand and be quiet when it begins."
  type        = list(string)
  default     = []
  validation {
    condition     = length(var.rollback_alarms) <= 10 && alltrue([for alarm in var.rollback_alarms : can(regex("^[A-Za-z0-9-]{1,255}$", alarm))])
    error_message = "rollback_alarms is ${jsonencode(var.rollback_alarms)}; SageMaker watches up to 10, each named by letters, digits and -. Leave some out."
  }
}

variable "serving" {
  description = <<-EOT
    The endpoint's machines: `instance_type`, and `instance_count` of them at least. `scaling` grows it to `max_instances`
    at `invocations_per_instance` a minute; null leaves it as it is. `deployment` is how a new model takes over: `kind`
    ALL_AT_ONCE, CANARY (`step_percent` of the traffic first, the rest after `wait_seconds`) or LINEAR (`step_percent`
    more after each `wait_seconds`); the old machines stay for `bake_seconds`. Both are 300, or 0 with ALL_AT_ONCE.
  EOT
  type = object({
    deployment = optional(object({
      bake_seconds = optional(number)
      kind         = optional(string, "ALL_AT_ONCE")
      step_percent = optional(number, 50)
      wait_seconds = optional(number)
    }), {})
    instance_count = optional(number, 1)
    instance_type  = optional(string, "ml.t2.medium")
    scaling = optional(object({
      invocations_per_instance = optional(number, 300)
      max_instances            = number
    }))
  })
  default  = {}
  nullable = false
  validation {
    condition     = can(regex("^ml\\.[a-z0-9-]+\\.[a-z0-9]+$", var.serving.instance_type))
    error_message = "serving.instance_type is \"${var.serving.instance_type}\"; it must look like ml.m5.large."
  }
  validation { # these have a disk of their own, encrypted by hardware, and SageMaker refuses a key for them
    condition     = !can(regex("^ml\\.([cmr]\\d+[a-z]*d[a-z]*|g[4-9][a-z]*|p3dn|p[4-9][a-z]*|trn\\d[a-z]*)\\.", var.serving.instance_type))
    error_message = "serving.instance_type is \"${var.serving.instance_type}\", which brings its own disk; SageMaker takes no key for one. Choose a type without, such as ml.m5.large."
  }
  validation {
    condition     = var.serving.instance_count >= 1 && var.serving.instance_count <= 100 && floor(var.serving.instance_count) == var.serving.instance_count
    error_message = "serving.instance_count is ${var.serving.instance_count}; it must be a whole number from 1 to 100."
  }
  validation {
    condition     = contains(["ALL_AT_ONCE", "CANARY", "LINEAR"], var.serving.deployment.kind)
    error_message = "serving.deployment.kind is \"${var.serving.deployment.kind}\"; choose ALL_AT_ONCE, CANARY or LINEAR."
  }
  validation {
    condition     = var.serving.deployment.kind == "ALL_AT_ONCE" || var.serving.instance_count >= 2
    error_message = "serving.deployment.kind is ${var.serving.deployment.kind} with instance_count ${var.serving.instance_count}; traffic is shifted by whole machines, of which there must be 2 or more. Raise instance_count, or choose ALL_AT_ONCE."
  }
  validation {
    condition     = var.serving.deployment.kind == "ALL_AT_ONCE" || length(var.rollback_alarms) > 0
    error_message = "serving.deployment.kind is ${var.serving.deployment.kind} while rollback_alarms is empty; nothing would notice that the first step went wrong. Name an alarm, or choose ALL_AT_ONCE."
  }
  validation {
    condition     = var.serving.deployment.step_percent >= (var.serving.deployment.kind == "LINEAR" ? 10 : 1) && var.serving.deployment.step_percent <= 50
    error_message = "serving.deployment.step_percent is ${var.serving.deployment.step_percent}; SageMaker takes 1 to 50 for CANARY and 10 to 50 for LINEAR."
  }
  validation {
    condition     = alltrue([for s in [var.serving.deployment.bake_seconds, var.serving.deployment.wait_seconds] : coalesce(s, 0) >= 0 && coalesce(s, 0) <= 3600])
    error_message = "serving.deployment waits for ${jsonencode([var.serving.deployment.wait_seconds, var.serving.deployment.bake_seconds])} seconds; wait_seconds and bake_seconds must be 0 to 3600 each."
  }
  validation {
    condition     = ceil(var.serving.deployment.kind == "LINEAR" ? 100 / max(var.serving.deployment.step_percent, 1) : 1) * coalesce(var.serving.deployment.wait_seconds, 300) <= 28800 - 1800 - 3600
    error_message = "serving.deployment waits ${jsonencode(var.serving.deployment.wait_seconds)} seconds after each ${var.serving.deployment.step_percent} %; SageMaker ends a deployment after 28800 seconds in all, of which 1800 go to starting and 3600 may go to baking. Wait less, or take larger steps."
  }
  validation {
    condition     = var.serving.scaling == null || !startswith(var.serving.instance_type, "ml.t")
    error_message = "serving.instance_type is \"${var.serving.instance_type}\" with scaling; burstable machines cannot be scaled. Choose another, such as ml.m5.large, or leave scaling out."
  }
  validation {
    condition     = var.serving.scaling == null || try(var.serving.scaling.max_instances > var.serving.instance_count && var.serving.scaling.max_instances <= 100, false)
    error_message = "serving.scaling.max_instances is ${try(var.serving.scaling.max_instances, "null")}; it must be above instance_count, ${var.serving.instance_count}, and 100 at most."
  }
  validation {
    condition     = var.serving.scaling == null || try(var.serving.scaling.invocations_per_instance > 0, false)
    error_message = "serving.scaling.invocations_per_instance is ${try(var.serving.scaling.invocations_per_instance, "null")}; it must be above 0, counted per minute."
  }
}

variable "tracking" {
  description = "Statements that let the job `track` reach a tracking server, as modules/tracking gives them."
  type        = map(object({ actions = list(string), resources = list(string) }))
  default     = {}
}
