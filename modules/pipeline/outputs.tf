output "arn" {
  description = "The pipeline's ARN, for whoever starts it."
  value       = aws_codepipeline.this.arn
}

output "link" {
  description = "The pipeline's page in the console."
  value       = "https://${data.aws_region.current.id}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${var.name}/view?region=${data.aws_region.current.id}"
}

output "name" {
  description = "The pipeline's name."
  value       = aws_codepipeline.this.name
}

output "policy" {
  description = "What the pipeline may do, as JSON: for tests and for people who look."
  value       = module.role.policy
}
