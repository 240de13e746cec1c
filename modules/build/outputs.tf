output "arn" {
  description = "The project's ARN, for whoever starts it."
  value       = aws_codebuild_project.this.arn
}

output "name" {
  description = "The project's name."
  value       = aws_codebuild_project.this.name
}

output "policy" {
  description = "What its builds may do by themselves, as JSON: for tests and for people who look."
  value       = module.role.policy
}
