# What only an awake Airflow can answer for. All of it goes while Airflow sleeps, or it would ring all night.
# Metrics of namespace AmazonMWAA: a Function, or DAG and Task, each beside the Environment.
locals {
  _airflow_name = try(var.airflow.name, null)
  _is_awake     = try(var.airflow.is_awake, false)

  _airflow_alarms = merge(
    {
      for dag in try(var.airflow.dags, []) : "failed-${replace(dag, "_", "-")}" => {
        description = "A run of ${dag} failed, after its tasks' retries. Open the run in Airflow, read the red task's log, mend it and clear the task: all tasks may run twice."
        dimensions  = { DAG = dag, Environment = local._airflow_name }
        metric      = "DAGDurationFailed"
        statistic   = "SampleCount"
      }
    },
    {
      heartbeat = {
        below       = true
        description = "The scheduler of ${local._airflow_name} has been silent for 15 minutes: nothing starts. See the environment's status in the MWAA console and its Scheduler log. Normal while an environment is being made or updated."
        dimensions  = { Environment = local._airflow_name, Function = "Scheduler" }
        metric      = "SchedulerHeartbeat"
        missing     = "breaching"
        period      = 300
        periods     = 3
        statistic   = "Sum"
      }
      import-errors = {
        description = "Airflow cannot read a DAG file, so that DAG does not run. Airflow's start page names file and error; `make sync-dags` brings the mended one."
        dimensions  = { Environment = local._airflow_name, Function = "DAG Processing" }
        metric      = "ImportErrors"
        period      = 300
        periods     = 2
        statistic   = "Maximum"
      }
      queued = {
        description = "A task has waited in the queue for half an hour: no worker takes it. See the Worker log; if workers are busy, raise airflow.max_workers or the class."
        dimensions  = { Environment = local._airflow_name, Function = "Executor" }
        metric      = "QueuedTasks"
        period      = 300
        periods     = 6
        statistic   = "Minimum"
      }
      task-failures = {
        description = "${try(var.airflow.task_failures, 0)} or more task tries failed within an hour, retries included. Some may have mended themselves: see the red and the yellow tasks in Airflow."
        dimensions  = { DAG = "All", Environment = local._airflow_name, Task = "All" }
        metric      = "TaskInstanceFailures"
        statistic   = "Sum"
        threshold   = try(var.airflow.task_failures, null)
      }
    },
  )

  # Airflow calls the endpoint every weekday: silence says that it has stopped doing so.
  _silence = {
    endpoint-silent = {
      below       = true
      description = "Insufficient data here is the alarm: nobody has asked the endpoint ${local._endpoint_name} for ${try(var.endpoint.silent_days, 0)} days, while forecast_prices should every weekday. See that DAG's last runs in Airflow; an endpoint that nobody needs costs by the hour."
      dimensions  = { EndpointName = local._endpoint_name, VariantName = try(var.endpoint.variant, null) }
      metric      = "Invocations"
      missing     = "missing" # no request is no data; a new alarm begins there too, and only a change rings
      namespace   = "AWS/SageMaker"
      period      = 86400
      periods     = try(var.endpoint.silent_days, null)
      statistic   = "Sum"
    }
  }
}

locals {
  # Told by forecast_prices once a day, after cleaning.
  _quality = {
    missing-symbols = {
      description = "A symbol lacks its newest bar or was held back by a rule of cleaning: its last forecast stands, and it is old. See missing_symbols and held_back in the silver bucket's reports/, the raw answer in bronze, and check_quality of forecast_prices."
      dimensions  = {}
      metric      = "MissingSymbols"
      namespace   = try(var.airflow.data_namespace, null)
      statistic   = "Maximum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "airflow" {
  for_each = merge(
    { for name, alarm in local._airflow_alarms : "airflow-${name}" => alarm if local._is_awake },
    { for name, alarm in local._silence : name => alarm if local._is_awake && var.endpoint != null },
    { for name, alarm in local._quality : "data-${name}" => alarm if local._is_awake && alarm.namespace != null },
  )
  alarm_name          = "${var.name_prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = try(each.value.namespace, "AmazonMWAA")
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = try(each.value.below, false) ? "LessThanThreshold" : "GreaterThanOrEqualToThreshold"
  threshold           = try(each.value.threshold, 1)
  period              = try(each.value.period, 3600)
  evaluation_periods  = try(each.value.periods, 1)
  treat_missing_data  = try(each.value.missing, "notBreaching")
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]

  insufficient_data_actions = try(each.value.missing, "") == "missing" ? [var.topic_arn] : []
}
