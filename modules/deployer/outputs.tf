output "policies" {
  description = "What the roles may do, as JSON by topic: for tests and for people who look."
  value       = local._documents
}

output "role_arns" {
  description = "The roles' ARNs by what they do: apply, plan, release and, where GitHub may plan, review. Known only once their grants stand."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
  depends_on  = [aws_iam_role_policy_attachment.this, aws_iam_role_policy_attachment.state]
}
