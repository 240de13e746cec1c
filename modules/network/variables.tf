variable "logs_bucket_arn" {
  description = "The bucket that flow logs go into, under `flow-logs/`; its policy must let log delivery write. Known at plan. null for none."
  type        = string
  default     = null
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
  description = <<-EOT
    The VPC's range, its two zones as letters, and how private subnets reach out. `nat`: `single` (one NAT, about 33 USD
    a month), `per_zone` (one each, so that a zone may fail) or `none`. `endpoints` leads to AWS's services without the
    internet, for about 250 USD a month; packages then come from nowhere else. `flow_logs` keeps a note of each
    connection that was refused (`REJECT`), of all (`ALL`) or of none (`NONE`). Range and zones cannot change later
    without making Airflow anew.
  EOT
  type = object({
    cidr      = optional(string, "10.20.0.0/16")
    endpoints = optional(bool, false)
    flow_logs = optional(string, "REJECT")
    nat       = optional(string, "single")
    zones     = optional(set(string), ["a", "b"])
  })
  default  = {}
  nullable = false
  validation {
    condition     = can(cidrsubnet(var.network.cidr, 4, 15)) && can(regex("/(1[6-9]|2[0-2])$", var.network.cidr))
    error_message = "network.cidr is \"${var.network.cidr}\"; give an IPv4 range from /16 to /22, such as 10.20.0.0/16, since it is cut into sixteen."
  }
  validation {
    condition     = try(cidrsubnet(var.network.cidr, 0, 0) == var.network.cidr, true)
    error_message = "network.cidr is \"${var.network.cidr}\", which is an address within a range; AWS would keep ${try(cidrsubnet(var.network.cidr, 0, 0), "another")}. Write that."
  }
  validation {
    condition     = contains(["ALL", "NONE", "REJECT"], var.network.flow_logs)
    error_message = "network.flow_logs is \"${var.network.flow_logs}\"; choose ALL, REJECT or NONE."
  }
  validation {
    condition     = contains(["none", "per_zone", "single"], var.network.nat)
    error_message = "network.nat is \"${var.network.nat}\"; choose none, per_zone or single."
  }
  validation {
    condition     = length(var.network.zones) == 2 && alltrue([for letter in var.network.zones : can(regex("^[a-z]$", letter))])
    error_message = "network.zones is ${jsonencode(var.network.zones)}; name exactly two by their letters, such as [\"a\", \"b\"]: MWAA takes two."
  }
}
