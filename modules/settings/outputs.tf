output "grants" {
  description = "Statements for a role that reads the settings."
  value = {
    read_settings = {
      actions   = ["ssm:GetParameter"]
      resources = ["arn:${data.aws_partition.current.partition}:ssm:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:parameter${var.prefix}/*"]
    }
  }
}

output "names" {
  description = "The parameters' full names by setting."
  value       = { for key, parameter in aws_ssm_parameter.this : key => parameter.name }
}
