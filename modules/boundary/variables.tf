variable "kms_key_arn" {
  description = "The environment's key, the only one that its roles use."
  type        = string
}

variable "name_prefix" {
  description = "Starts the name of everything that the environment's roles may touch, such as `stockcast-dev`."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name_prefix))
    error_message = "name_prefix is \"${var.name_prefix}\"; use 3 to 31 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "readable_objects" {
  description = "Objects outside the environment's buckets that a role may read, as ARNs, such as a team's own Spark script."
  type        = set(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for arn in var.readable_objects : can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]{3,63}/.+$", arn))])
    error_message = "readable_objects is ${jsonencode(var.readable_objects)}; each must be the ARN of an object, such as arn:aws:s3:::a-bucket/transform.py."
  }
}

variable "settings_prefix" {
  description = "Starts every setting's name in the parameter store, such as `/stockcast/dev`."
  type        = string
  validation {
    condition     = can(regex("^(/[A-Za-z0-9_.-]+)+$", var.settings_prefix))
    error_message = "settings_prefix is \"${var.settings_prefix}\"; it must look like /stockcast/dev."
  }
}
