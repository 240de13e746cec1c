locals {
  _statements = [
    for name, statement in var.statements : { for key, value in {
      Sid         = join("", [for word in split("_", name) : title(word)])
      Effect      = statement.effect
      Action      = statement.actions
      Resource    = length(statement.not_resources) == 0 ? statement.resources : null
      NotResource = length(statement.not_resources) > 0 ? statement.not_resources : null
      Condition = length(statement.conditions) == 0 ? null : {
        for test in distinct(statement.conditions[*].test) : test => {
          for condition in statement.conditions : condition.variable => condition.values if condition.test == test
        }
      }
    } : key => value if value != null }
  ]
  _policy        = jsonencode({ Version = "2012-10-17", Statement = local._statements })
  _policy_length = length(local._policy) # jsonencode leaves no blanks, and IAM counts none
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = var.description
  permissions_boundary = var.boundary_arn
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
  policy = local._policy
  lifecycle {
    precondition {
      condition     = local._policy_length <= 10240
      error_message = "The policy of ${var.name} has ${local._policy_length} characters; IAM takes 10240 inside a role. Name fewer resources, or join those that share a prefix by a *."
    }
  }
}
