variable "expire_after_days" {
  description = "Whole days after which an artifact or a cache is gone; null keeps them. An approval may wait for 7."
  type        = number
  validation {
    condition     = var.expire_after_days == null || try(var.expire_after_days >= 8 && floor(var.expire_after_days) == var.expire_after_days, false)
    error_message = "expire_after_days is ${jsonencode(var.expire_after_days)}; use whole days, 8 or more, since a plan may wait 7 for its approval. Or null."
  }
}

variable "kms_key_arn" {
  description = "The key that encrypts the bucket; pipelines and builds use it through their own roles."
  type        = string
}

variable "name" {
  description = "The bucket's name, such as `stockcast-delivery-111111111111-artifacts`."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name is \"${var.name}\"; use 3 to 63 of a-z, 0-9 and -, with a letter or digit at both ends."
  }
}
