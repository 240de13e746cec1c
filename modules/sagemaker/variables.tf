variable "buckets" {
  description = "Names of the buckets that jobs read and write."
  type        = object({ bronze = string, models = string, silver = string })
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

variable "kms_key_arn" {
  description = "The key that the buckets use; images are encrypted with it too."
  type        = string
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
