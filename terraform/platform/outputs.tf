output "airflow" {
  description = "Managed Airflow: the environment's name, the address of its pages, and where DAG files go."
  value = {
    dag_folder = module.airflow.dag_folder
    name       = module.airflow.name
    url        = module.airflow.webserver_url
  }
}

output "alerts_topic" {
  description = "ARN of the topic that tells people."
  value       = module.alerts.topic_arn
}

output "asleep" {
  description = "Whether what costs by the hour is away: `make sleep` and `make wake` change it, every plan keeps it."
  value       = var.asleep
}

output "buckets" {
  description = "Names of the lake's buckets by zone."
  value       = module.lake.buckets
}

output "dashboard" {
  description = "Address of the dashboard in the console."
  value       = module.observability.dashboard_url
}

output "endpoint" {
  description = "Name of the endpoint that answers with forecasts; it stands once a model was trained."
  value       = module.sagemaker.endpoint_name
}

output "endpoint_url" {
  description = "Where the endpoint is asked: POST, signed for the service `sagemaker`."
  value       = "https://runtime.sagemaker.${var.region}.${data.aws_partition.current.dns_suffix}/endpoints/${module.sagemaker.endpoint_name}/invocations"
}

output "functions" {
  description = "Names of the functions by what they do."
  value       = local.functions
}

output "images" {
  description = "The two images as jobs and the endpoint ask for them, with their tags: `make images` builds and pushes them."
  value       = { jobs = local.settings.jobs_image, serving = local.settings.serving_image }
}

output "model_package_group" {
  description = "Group of the Model Registry that versions are registered in."
  value       = module.sagemaker.model_package_group
}

output "region" {
  description = "The AWS region that everything above lies in."
  value       = var.region
}

output "repositories" {
  description = "Where the images are pushed, without tag."
  value       = module.sagemaker.repository_urls
}

output "roles" {
  description = "ARNs of the roles by who runs under them."
  value = merge(module.sagemaker.role_arns, {
    airflow  = module.airflow.role_arn
    forecast = module.forecast.role_arn
    ingest   = module.ingest.role_arn
  }, { for who in ["transform"] : who => module.transform.role_arn if var.transform.engine != "none" })
}

output "settings_prefix" {
  description = "Prefix of the SSM parameters that Airflow reads as Variables."
  value       = local.settings_prefix
}
