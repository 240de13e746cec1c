output "endpoint_name" {
  description = "The endpoint that the training DAG makes and updates; Terraform only names it, since it needs a model first."
  value       = local.endpoint_name
}

output "grants" {
  description = "Statements for roles: `invoke` asks the endpoint, `operate` runs jobs, registers and deploys."
  value       = { invoke = local._invoke, operate = local._operate }
}

output "job_code" {
  description = "S3 prefix of the jobs' files. Known once all of them are there."
  value       = "s3://${var.buckets.models}/${local._code}/files"
  depends_on  = [aws_s3_object.file]
}

output "job_source" {
  description = "S3 address of the same files as one archive, for script mode."
  value       = "s3://${var.buckets.models}/${aws_s3_object.archive.key}"
}

output "model_package_group" {
  description = "The group that versions of the model are registered in."
  value       = aws_sagemaker_model_package_group.this.model_package_group_name
}

output "repository_urls" {
  description = "Where images are pushed and pulled, without tag: `jobs` and `serving`."
  value       = { for image, repository in aws_ecr_repository.this : image => repository.repository_url }
}

output "role_arns" {
  description = "The roles that jobs and the endpoint run under: `clean`, `evaluate`, `serve`, `train`."
  value       = { for step, role in module.role : step => role.arn }
}
