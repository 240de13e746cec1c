output "dag_folder" {
  description = "Where DAG files go, such as `s3://bucket/dags`."
  value       = "s3://${var.bucket}/dags"
}

output "log_groups" {
  description = "Names of the log groups by what writes into them: `DAGProcessing`, `Scheduler`, `Task`, `WebServer`, `Worker`."
  value       = { for writer, group in aws_cloudwatch_log_group.this : writer => group.name }
}

output "name" {
  description = "The environment's name, which its role and its logs carry too. Known once it stands: who watches begins then."
  value       = var.name
  depends_on  = [aws_mwaa_environment.this]
}

output "role_arn" {
  description = "The role that DAGs run under."
  value       = module.role.arn
}

output "role_policy" {
  description = "What that role may do, as JSON: for tests and for people who look."
  value       = module.role.policy
}

output "webserver_url" {
  description = "Address of Airflow's pages; null while the environment does not stand."
  value       = one([for url in aws_mwaa_environment.this[*].webserver_url : startswith(url, "http") ? url : "https://${url}"])
}
