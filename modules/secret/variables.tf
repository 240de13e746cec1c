variable "description" {
  description = "What the secret holds and in which form, for the person who puts it there."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts the value; who reads it needs `kms:Decrypt` on it."
  type        = string
}

variable "name" {
  description = "The secret's name, such as `stockcast-dev-market-keys`."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{2,200}$", var.name)) && !can(regex("-[A-Za-z0-9]{6}$", var.name))
    error_message = "name is \"${var.name}\"; use 3 to 200 letters, digits and -, and no - with six characters at its end: AWS appends such a suffix itself, and then takes one name for the other."
  }
}

variable "recovery_window_days" {
  description = "Days in which a destroyed secret can be brought back, 7 to 30. 0 forgets it at once, so that its name is free again."
  type        = number
  default     = 30
  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30)
    error_message = "recovery_window_days is ${var.recovery_window_days}; Secrets Manager takes 0, or 7 to 30."
  }
}
