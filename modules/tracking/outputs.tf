output "database" {
  description = "S3 prefix that MLflow's file lies under: the input of the job that keeps runs. Known once something is there."
  value       = "s3://${var.bucket}/${local._prefix}/db/"
  depends_on  = [aws_s3_object.place]
}

output "server" {
  description = "ARN of the tracking server, or `none`: for the setting `tracking_server`."
  value       = local.server == null ? "none" : local.server
}

output "statements" {
  description = "What the job that keeps runs needs to reach the server; empty without one."
  value       = local.statements
}
