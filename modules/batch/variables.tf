variable "attempts" {
  description = "How often a training whose machine was taken away is begun in all, each time from its checkpoints."
  type        = number
  default     = 5
  validation {
    condition     = var.attempts >= 1 && var.attempts <= 10 && floor(var.attempts) == var.attempts
    error_message = "attempts is ${var.attempts}; Batch takes 1 to 10."
  }
}

variable "boundary_arn" {
  description = "The managed policy that no role made here can exceed; null for none."
  type        = string
  default     = null
}

variable "buckets" {
  description = "Names of the buckets that a training reads and writes."
  type        = object({ models = string, silver = string })
}

variable "image" {
  description = "The jobs image with its tag, and the ARN of the repository that it is pulled from."
  type        = object({ repository_arn = string, uri = string })
}

variable "kms_key_arn" {
  description = "The key that the buckets use; log lines are encrypted with it too. Its policy must let CloudWatch Logs use it."
  type        = string
}

variable "log_retention_days" {
  description = "How long log lines are kept."
  type        = number
  default     = 90
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs takes a few numbers only, such as 30, 90 or 365."
  }
}

variable "machine" {
  description = "What a training gets of Fargate: `vcpus`, `memory_gb`, which must fit them, and `disk_gb`."
  type = object({
    disk_gb   = optional(number, 21)
    memory_gb = optional(number, 8)
    vcpus     = optional(number, 2)
  })
  default  = {}
  nullable = false
  validation {
    condition = try(contains({
      1  = range(2, 9)
      2  = range(4, 17)
      4  = range(8, 31)
      8  = range(16, 61, 4)
      16 = range(32, 121, 8)
    }[var.machine.vcpus], var.machine.memory_gb), false)
    error_message = "machine has ${var.machine.vcpus} vcpus and ${var.machine.memory_gb} memory_gb; Fargate has 1 with 2 to 8, 2 with 4 to 16, 4 with 8 to 30, 8 with 16 to 60 in steps of 4, and 16 with 32 to 120 in steps of 8."
  }
  validation {
    condition     = var.machine.disk_gb >= 21 && var.machine.disk_gb <= 200
    error_message = "machine.disk_gb is ${var.machine.disk_gb}; Fargate takes 21 to 200."
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

variable "network" {
  description = "Private subnets with a way out to S3, ECR and CloudWatch Logs, and security groups that let a machine use it."
  type        = object({ security_group_ids = list(string), subnet_ids = list(string) })
  validation {
    condition     = length(var.network.subnet_ids) > 0 && length(var.network.security_group_ids) > 0
    error_message = "network has ${length(var.network.subnet_ids)} subnets and ${length(var.network.security_group_ids)} security groups; Fargate wants at least one of both."
  }
}

variable "timeout_minutes" {
  description = "After how long an attempt is ended for good."
  type        = number
  default     = 240
  validation {
    condition     = var.timeout_minutes >= 1 && var.timeout_minutes <= 20160
    error_message = "timeout_minutes is ${var.timeout_minutes}; Fargate ends any task after 14 days, 20160 minutes."
  }
}
