variable "prefix" {
  description = "Starts every parameter's name, such as `/stockcast/dev`. Airflow's secrets backend looks under it."
  type        = string
  validation {
    condition     = can(regex("^(/[A-Za-z0-9_.-]+)+$", var.prefix)) && !can(regex("^/(aws|ssm)", lower(var.prefix)))
    error_message = "prefix is \"${var.prefix}\"; it must look like /stockcast/dev and not start with /aws or /ssm, which AWS keeps for itself."
  }
}

variable "values" {
  description = "Settings by name, such as `{ endpoint = \"stockcast-dev-forecasts\" }`. Every value is a string that is not empty."
  type        = map(string)
  nullable    = false
  validation {
    condition     = alltrue([for key in keys(var.values) : can(regex("^[a-z][a-z0-9_]*$", key))])
    error_message = "values has the names ${jsonencode(keys(var.values))}; use a-z, 0-9 and _, since they become Airflow variables."
  }
  validation {
    condition     = alltrue([for value in values(var.values) : try(length(value) > 0 && length(value) <= 4096, false)])
    error_message = "values ${jsonencode([for key, value in var.values : key if !try(length(value) > 0 && length(value) <= 4096, false)])} are empty or longer than 4096 characters, which the parameter store refuses."
  }
}
