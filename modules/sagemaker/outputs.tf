output "endpoint_deployment" {
  description = "How a new model takes over, as the JSON of boto3's `DeploymentConfig`: for the setting of this name."
  value       = local.endpoint_deployment
}

output "endpoint_log_group" {
  description = "The log group that the endpoint's machines write into."
  value       = aws_cloudwatch_log_group.endpoint.name
}

output "endpoint_name" {
  description = "The endpoint that the training DAG makes and updates; Terraform only names it, since it needs a model first."
  value       = local.endpoint_name
}

output "endpoint_scaling" {
  description = "How the endpoint grows, as JSON of capacities and policy: for the setting of this name. `{}` where it does not."
  value       = local.endpoint_scaling
}

output "endpoint_variant" {
  description = "The one variant that the DAGs make, as metrics name it."
  value       = "AllTraffic"
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

output "repository_arns" {
  description = "The image repositories: `jobs` and `serving`."
  value       = { for image, repository in aws_ecr_repository.this : image => repository.arn }
}

output "repository_urls" {
  description = "Where images are pushed and pulled, without tag: `jobs` and `serving`."
  value       = { for image, repository in aws_ecr_repository.this : image => repository.repository_url }
}

output "role_arns" {
  description = "The roles that jobs and the endpoint run under: `challenge`, `clean`, `evaluate`, `serve`, `track`, `train`."
  value       = { for step, role in module.role : step => role.arn }
}
