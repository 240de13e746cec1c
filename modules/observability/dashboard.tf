# One page: red first, then what goes on. It does not change when Airflow falls asleep; its graphs are empty then.
locals {
  _region       = data.aws_region.current.id
  _alarm_prefix = join(":", ["arn", data.aws_partition.current.partition, "cloudwatch", local._region, data.aws_caller_identity.current.account_id, "alarm"])
  _variant      = var.endpoint == null ? [] : ["EndpointName", local._endpoint_name, "VariantName", var.endpoint.variant]

  _graphs = concat(
    [
      { title = "Functions: calls and errors", stat = "Sum", period = 3600, metrics = flatten([
        for what, name in var.functions : [for metric in ["Invocations", "Errors", "Throttles"] : {
          metric = ["AWS/Lambda", metric, "FunctionName", name], label = "${what} ${lower(metric)}"
        }]
      ]) },
      { title = "Functions: longest call, ms", stat = "Maximum", period = 3600, metrics = [
        for what, name in var.functions : { metric = ["AWS/Lambda", "Duration", "FunctionName", name], label = what }
      ] },
    ],
    var.endpoint == null ? [] : [
      { title = "Endpoint: requests and errors", stat = "Sum", period = 3600, metrics = [
        for metric in ["Invocations", "Invocation4XXErrors", "Invocation5XXErrors"] : {
          metric = concat(["AWS/SageMaker", metric], local._variant), label = metric
        }
      ] },
      { title = "Endpoint: model latency, microseconds", stat = "Average", period = 300, metrics = [
        { metric = concat(["AWS/SageMaker", "ModelLatency"], local._variant), label = "ModelLatency" },
      ] },
    ],
    var.airflow == null ? [] : [
      { title = "Airflow: tasks", stat = "Average", period = 300, metrics = [
        for metric in ["QueuedTasks", "RunningTasks"] : {
          metric = ["AmazonMWAA", metric, "Environment", local._airflow_name, "Function", "Executor"], label = metric
        }
      ] },
      { title = "Airflow: failed tries and unreadable files", stat = "Maximum", period = 300, metrics = [
        { metric = ["AmazonMWAA", "TaskInstanceFailures", "DAG", "All", "Environment", local._airflow_name, "Task", "All"], label = "failed tries" },
        { metric = ["AmazonMWAA", "ImportErrors", "Environment", local._airflow_name, "Function", "DAG Processing"], label = "import errors" },
      ] },
    ],
    var.glue == null ? [] : [
      { title = "Glue: working time, ms", stat = "Sum", period = 3600, metrics = [
        { metric = ["Glue", "glue.driver.aggregate.elapsedTime", "JobName", var.glue.job_name, "JobRunId", "ALL", "Type", "count"], label = var.glue.job_name },
      ] },
    ],
    var.emr == null ? [] : [
      { title = "EMR Serverless: vCPUs", stat = "Average", period = 300, metrics = [
        for worker in values(local._workers) : {
          metric = flatten(["AWS/EMRServerless", "CPUAllocated", "ApplicationId", var.emr.application_id, "ApplicationName", var.emr.application_name, [for key, value in worker : [key, value]]])
          label  = "${worker.WorkerType} ${worker.CapacityAllocationType}"
        }
      ] },
    ],
  )
  _shown_alarms = concat(
    [for kind in keys(local._endpoint_alarms) : "${var.name_prefix}-endpoint-${kind}" if var.endpoint != null],
    flatten([for name in values(var.functions) : [for kind in ["dead-letters", "duration", "errors", "throttles"] : "${name}-${kind}"]]),
  )
  _alarm_widget = length(local._shown_alarms) == 0 ? [] : [{
    type       = "alarm", x = 0, y = 0, width = 24, height = 4
    properties = { title = "Alarms", alarms = [for name in local._shown_alarms : "${local._alarm_prefix}:${name}"] }
  }]
  _graph_widgets = [for i, graph in [for g in local._graphs : g if length(g.metrics) > 0] : {
    type = "metric", x = 12 * (i % 2), y = 4 + 6 * floor(i / 2), width = 12, height = 6
    properties = {
      metrics = [for m in graph.metrics : concat(m.metric, [{ label = m.label }])]
      period  = graph.period
      region  = local._region
      stat    = graph.stat
      title   = graph.title
      view    = "timeSeries"
    }
  }]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name_prefix
  dashboard_body = jsonencode({ widgets = concat(local._alarm_widget, local._graph_widgets) })
}
