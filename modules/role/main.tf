locals {
  _statements = [
    for name, statement in var.statements : { for key, value in {
      Sid         = join("", [for word in split("_", name) : title(word)])
      Effect      = statement.effect
      Action      = statement.actions
      Resource    = length(statement.not_resources) == 0 ? statement.resources : null
      NotResource = length(statement.not_resources) > 0 ? statement.not_resources : null
      Condition = length(statement.conditions) == 0 ? null : {
        for condition in statement.conditions : condition.test => { (condition.variable) = condition.values }
      }
    } : key => value if value != null }
  ]
}

resource "aws_iam_role" "this" {
  name        = var.name
  description = var.description
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ for key, value in {
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = sort(var.trusted_services) }
      Condition = var.trusted_account_id == null ? null : { StringEquals = { "aws:SourceAccount" = var.trusted_account_id } }
    } : key => value if value != null }]
  })
}

resource "aws_iam_role_policy" "grants" {
  name   = "grants"
  role   = aws_iam_role.this.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local._statements })
}
