output "arn" {
  description = "The role's ARN, for whatever runs under it. Known only once its grants stand."
  value       = aws_iam_role.this.arn
  depends_on  = [aws_iam_role_policy.grants]
}

output "name" {
  description = "The role's name."
  value       = aws_iam_role.this.name
}

output "policy" {
  description = "What the role may do, as JSON: for tests and for people who look."
  value       = aws_iam_role_policy.grants.policy
}
