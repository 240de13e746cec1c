output "arn" {
  description = "The boundary's ARN, for every module that makes roles."
  value       = aws_iam_policy.this.arn
}

output "policy" {
  description = "What no role exceeds, as JSON: for tests and for people who look."
  value       = aws_iam_policy.this.policy
}
