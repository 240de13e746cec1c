variable "budget" {
  description = "USD that a month may cost, and from how many USD beyond the expected an anomaly is told at once."
  type        = object({ anomaly_usd = number, monthly_limit_usd = number })
  validation {
    condition     = var.budget.monthly_limit_usd >= 1
    error_message = "budget.monthly_limit_usd is ${var.budget.monthly_limit_usd}; give 1 USD or more. docs/environments.md tells what each environment costs."
  }
  validation {
    condition     = var.budget.anomaly_usd >= 1 && var.budget.anomaly_usd <= var.budget.monthly_limit_usd
    error_message = "budget.anomaly_usd is ${var.budget.anomaly_usd}; give 1 USD or more and no more than monthly_limit_usd, ${var.budget.monthly_limit_usd}, which rings by itself."
  }
}

variable "environment" {
  description = "The value of the tag `Environment` on everything that is counted, such as `dev`."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_.:/=+@-]{1,256}$", var.environment))
    error_message = "environment is \"${var.environment}\"; it is a tag's value: 1 to 256 letters, digits and _ . : / = + - @."
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

variable "topic_arn" {
  description = "The topic that hears of it. It and its key must let in AWS Budgets and Cost Anomaly Detection."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:\\d{12}:.+$", var.topic_arn))
    error_message = "topic_arn is \"${var.topic_arn}\"; give the ARN of an SNS topic, such as the output topic_arn of modules/alerts."
  }
}
