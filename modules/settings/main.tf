resource "aws_ssm_parameter" "this" {
  for_each = var.values
  name     = "${var.prefix}/${each.key}"
  type     = "String" # names and numbers, never secrets: those belong in Secrets Manager
  value    = each.value
}
