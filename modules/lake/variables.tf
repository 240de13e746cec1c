variable "kms_key_arn" {
  description = "The key that encrypts every object."
  type        = string
}

variable "name_prefix" {
  description = "Starts every bucket's name, such as `stockcast-dev`; the account id and the zone follow."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name_prefix))
    error_message = "name_prefix is \"${var.name_prefix}\"; use 3 to 31 of a-z, 0-9 and -, starting with a letter."
  }
}

variable "protect_data" {
  description = "Whether a bucket that holds objects refuses to be destroyed."
  type        = bool
  default     = true
}

variable "zones" {
  description = "One bucket each: raw answers, clean bars, forecasts, models with their code, and Airflow's DAG folder."
  type        = set(string)
  default     = ["airflow", "bronze", "gold", "models", "silver"]
  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^[a-z][a-z0-9-]{1,15}$", zone))])
    error_message = "zones is ${jsonencode(var.zones)}; each takes 2 to 16 of a-z, 0-9 and -, so that a bucket's name stays within 63."
  }
}
