output "alerts_topic_arn" {
  description = "ARN of the topic that hears of failures and of what waits for approval."
  value       = module.alerts.topic_arn
}

output "artifact_bucket" {
  description = "The bucket through which builds hand on sources, plans and packages."
  value       = module.artifacts.store.bucket
}

output "pipelines" {
  description = "The pipelines' pages in the console, by name."
  value       = { for pipeline in module.pipeline : pipeline.name => pipeline.link }
}

output "projects" {
  description = "What each CodeBuild project may take: the ARN of its deploy role, null for none, by the project's name."
  value       = { for name, build in local._builds : module.build[name].name => build.role }
}
