output "alarm_names" {
  description = "Names of all alarms that stand."
  value = sort(concat(
    [for alarm in aws_cloudwatch_metric_alarm.airflow : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.emr_cost : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.emr_late : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.endpoint : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.glue_cost : alarm.alarm_name],
  ))
}

output "dashboard_body" {
  description = "What the dashboard shows, as JSON: for tests and for people who look."
  value       = aws_cloudwatch_dashboard.this.dashboard_body
}

output "dashboard_url" {
  description = "Where the dashboard is shown."
  value       = "https://${local._region}.console.aws.amazon.com/cloudwatch/home?region=${local._region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}

output "rollback_alarms" {
  description = "Names of the alarms on which a deployment to the endpoint should roll back. Known once they stand."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.endpoint : alarm.alarm_name])
}
