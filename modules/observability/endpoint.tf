# How the endpoint answers. A deployment in progress rolls back on these, so they judge minutes and not days.
locals {
  _endpoint_name = try(var.endpoint.name, null)
  _endpoint_alarms = {
    "4xx" = {
      description = "The endpoint ${local._endpoint_name} refused ${try(var.endpoint.client_errors, 0)} or more requests within 5 minutes. Its log names the field; look for a change of the request in the forecast function or in the model's recipe."
      metric      = "Invocation4XXErrors"
      period      = 300
      statistic   = "Sum"
      threshold   = try(var.endpoint.client_errors, 0)
    }
    "5xx" = {
      description = "The endpoint ${local._endpoint_name} failed on a request. Its log says why; if a new model does it, approve the version before in the Model Registry and run train_model's deployment again."
      metric      = "Invocation5XXErrors"
      period      = 60
      statistic   = "Sum"
      threshold   = try(var.endpoint.server_errors, 0)
    }
    latency = {
      description = "The model behind ${local._endpoint_name} took more than ${try(var.endpoint.latency_ms, 0)} ms on average. See CPU and memory on the dashboard; a larger serving.instance_type or more instances mend it."
      metric      = "ModelLatency"
      period      = 60
      statistic   = "Average"
      threshold   = try(var.endpoint.latency_ms, 0) * 1000 # SageMaker tells microseconds
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "endpoint" {
  for_each            = { for kind, alarm in local._endpoint_alarms : kind => alarm if var.endpoint != null }
  alarm_name          = "${var.name_prefix}-endpoint-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/SageMaker"
  metric_name         = each.value.metric
  dimensions          = { EndpointName = local._endpoint_name, VariantName = var.endpoint.variant }
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching" # an endpoint that is not there, or not asked, has no errors
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}
