mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
}

variables {
  name_prefix = "stockcast-dev"
  topic_arn   = "arn:aws:sns:us-east-1:111111111111:stockcast-dev-alerts"
  airflow     = { name = "stockcast-dev-airflow", is_awake = true, dags = ["forecast_prices", "train_model"], data_namespace = "Stockcast/dev" }
  endpoint    = { name = "stockcast-dev-forecasts" }
  functions   = { ingest = "stockcast-dev-ingest" }
}

run "all_that_can_fail_silently_has_an_alarm_by_its_name" {
  command = plan
  assert {
    condition = output.alarm_names == tolist([
      "stockcast-dev-airflow-failed-forecast-prices", "stockcast-dev-airflow-failed-train-model",
      "stockcast-dev-airflow-heartbeat", "stockcast-dev-airflow-import-errors", "stockcast-dev-airflow-queued",
      "stockcast-dev-airflow-task-failures", "stockcast-dev-data-missing-symbols", "stockcast-dev-endpoint-4xx",
      "stockcast-dev-endpoint-5xx", "stockcast-dev-endpoint-latency", "stockcast-dev-endpoint-silent",
    ])
    error_message = "The alarms are ${jsonencode(output.alarm_names)}."
  }
}

run "every_alarm_tells_the_topic_what_it_means_and_when_it_is_over" {
  command = plan
  assert {
    condition = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.airflow), values(aws_cloudwatch_metric_alarm.endpoint)) : (
      alarm.alarm_actions == toset([var.topic_arn]) && alarm.ok_actions == toset([var.topic_arn]) &&
      length(alarm.alarm_description) > 80 && length(alarm.alarm_description) <= 1024
    )])
    error_message = "Some alarm tells nobody, or does not say what to do."
  }
}

run "airflows_metrics_are_asked_for_by_the_names_that_it_publishes" {
  command = plan
  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.airflow : alarm.metric_name => alarm.dimensions... if alarm.namespace == "AmazonMWAA" } == {
      DAGDurationFailed = [
        tomap({ DAG = "forecast_prices", Environment = "stockcast-dev-airflow" }),
        tomap({ DAG = "train_model", Environment = "stockcast-dev-airflow" }),
      ]
      ImportErrors         = [tomap({ Environment = "stockcast-dev-airflow", Function = "DAG Processing" })]
      QueuedTasks          = [tomap({ Environment = "stockcast-dev-airflow", Function = "Executor" })]
      SchedulerHeartbeat   = [tomap({ Environment = "stockcast-dev-airflow", Function = "Scheduler" })]
      TaskInstanceFailures = [tomap({ DAG = "All", Environment = "stockcast-dev-airflow", Task = "All" })]
    }
    error_message = "Some dimension is not the one that MWAA publishes: the alarm would never ring."
  }
}

run "a_symbol_that_is_missing_rings_where_the_dags_tell_of_it" {
  command = plan
  assert {
    condition = [for alarm in [aws_cloudwatch_metric_alarm.airflow["data-missing-symbols"]] :
      [alarm.namespace, alarm.metric_name, alarm.statistic, alarm.threshold, alarm.treat_missing_data]
    ] == [["Stockcast/dev", "MissingSymbols", "Maximum", 1, "notBreaching"]]
    error_message = "The alarm looks elsewhere than dags/wiring/quality.py publishes."
  }
}

run "without_a_namespace_nobody_waits_for_numbers_of_the_data" {
  command = plan
  variables { airflow = { name = "stockcast-dev-airflow", is_awake = true } }
  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.airflow), "data-missing-symbols")
    error_message = "An alarm stands over numbers that nobody publishes."
  }
}

run "a_silent_scheduler_rings_and_silent_failures_do_not" {
  command = plan
  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.airflow : name => alarm.comparison_operator if alarm.treat_missing_data == "breaching" } == {
      airflow-heartbeat = "LessThanThreshold"
    }
    error_message = "Silence is misread."
  }
}

run "a_new_endpoint_does_not_ring_before_it_was_ever_asked" {
  command = plan
  assert {
    condition     = aws_cloudwatch_metric_alarm.airflow["endpoint-silent"].treat_missing_data == "missing"
    error_message = "Silence from before the first request would ring at every wake."
  }
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.airflow["endpoint-silent"].insufficient_data_actions) == 1
    error_message = "Silence after requests would ring nowhere."
  }
}

run "an_endpoint_is_silent_only_after_a_whole_weekend" {
  command = plan
  assert {
    condition     = aws_cloudwatch_metric_alarm.airflow["endpoint-silent"].period * aws_cloudwatch_metric_alarm.airflow["endpoint-silent"].evaluation_periods == 4 * 86400
    error_message = "From Friday night to Monday night nobody asks; the alarm would ring every week."
  }
}

run "the_models_time_is_compared_in_microseconds" {
  command = plan
  variables { endpoint = { name = "stockcast-dev-forecasts", latency_ms = 250 } }
  assert {
    condition     = aws_cloudwatch_metric_alarm.endpoint["latency"].threshold == 250000
    error_message = "The threshold is ${aws_cloudwatch_metric_alarm.endpoint["latency"].threshold}."
  }
}

run "a_deployment_does_not_roll_back_because_nobody_asked_lately" {
  assert {
    condition     = output.rollback_alarms == tolist(["stockcast-dev-endpoint-4xx", "stockcast-dev-endpoint-5xx", "stockcast-dev-endpoint-latency"])
    error_message = "The rollback alarms are ${jsonencode(output.rollback_alarms)}."
  }
}

run "an_awake_environment_has_a_dashboard" {
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 7
    error_message = "The dashboard has ${length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets)} widgets."
  }
}

run "sleep_takes_the_alarms_that_watch_airflow_and_nothing_else" {
  variables { airflow = { name = "stockcast-dev-airflow", is_awake = false, dags = ["forecast_prices", "train_model"] } }
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.airflow) == 0 && length(aws_cloudwatch_metric_alarm.endpoint) == 3
    error_message = "The alarms are ${jsonencode(output.alarm_names)}."
  }
  assert {
    condition     = aws_cloudwatch_dashboard.this.dashboard_body == run.an_awake_environment_has_a_dashboard.dashboard_body
    error_message = "Falling asleep changes the dashboard."
  }
}

run "a_failed_a_timed_out_and_a_late_glue_run_are_told" {
  command = plan
  variables { glue = { job_name = "stockcast-dev-transform", dpus = 2 } }
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.run["glue-run"].event_pattern) == {
      detail      = { jobName = ["stockcast-dev-transform"], state = ["FAILED", "RUNNING", "STARTING", "TIMEOUT"] }
      detail-type = ["Glue Job Run Status", "Glue Job State Change"]
      source      = ["aws.glue"]
    }
    error_message = "The rule looks for ${aws_cloudwatch_event_rule.run["glue-run"].event_pattern}."
  }
  assert {
    condition     = aws_cloudwatch_event_target.run["glue-run"].arn == var.topic_arn && can(jsondecode(aws_cloudwatch_event_target.run["glue-run"].input_transformer[0].input_template))
    error_message = "The message does not reach the topic, or is no JSON string."
  }
  assert {
    condition     = [for q in aws_cloudwatch_metric_alarm.glue_cost[0].metric_query : q.expression if q.id == "dpu_hours"] == ["elapsed_ms / 3600000 * 2"]
    error_message = "DPU hours are counted otherwise."
  }
}

run "a_failed_run_and_the_hours_of_emr_serverless_are_told" {
  command = plan
  variables { emr = { application_id = "00f1cbsc6anuij25", application_name = "stockcast-dev-transform" } }
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.run["emr-run"].event_pattern) == {
      detail      = { applicationId = ["00f1cbsc6anuij25"], state = ["FAILED"] }
      detail-type = ["EMR Serverless Job Run State Change"]
      source      = ["aws.emr-serverless"]
    }
    error_message = "The rule looks for ${aws_cloudwatch_event_rule.run["emr-run"].event_pattern}."
  }
  assert {
    condition     = toset([for q in aws_cloudwatch_metric_alarm.emr_cost[0].metric_query : q.metric[0].dimensions.WorkerType if q.id != "vcpu_hours"]) == toset(["Spark_Driver", "Spark_Executor"])
    error_message = "Drivers or executors are not counted."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.emr_late[0].period * aws_cloudwatch_metric_alarm.emr_late[0].evaluation_periods == 4 * 3600
    error_message = "A job that hangs is told after ${aws_cloudwatch_metric_alarm.emr_late[0].evaluation_periods} periods."
  }
}

run "without_engines_no_rule_stands" {
  command = plan
  assert {
    condition     = length(aws_cloudwatch_event_rule.run) == 0 && length(aws_cloudwatch_metric_alarm.emr_cost) == 0 && length(aws_cloudwatch_metric_alarm.glue_cost) == 0
    error_message = "Something watches an engine that is not there."
  }
}

run "a_silence_shorter_than_a_weekend_is_refused" {
  command = plan
  variables { endpoint = { name = "stockcast-dev-forecasts", silent_days = 2 } }
  expect_failures = [var.endpoint]
}

run "a_latency_of_no_time_is_refused" {
  command = plan
  variables { endpoint = { name = "stockcast-dev-forecasts", latency_ms = 0 } }
  expect_failures = [var.endpoint]
}

run "failures_that_need_not_happen_to_ring_are_refused" {
  command = plan
  variables { airflow = { name = "stockcast-dev-airflow", is_awake = true, task_failures = 0 } }
  expect_failures = [var.airflow]
}

run "a_budget_of_no_dpu_hours_is_refused" {
  command = plan
  variables { glue = { job_name = "stockcast-dev-transform", dpus = 2, max_dpu_hours_a_day = 0 } }
  expect_failures = [var.glue]
}

run "a_budget_of_no_vcpu_hours_is_refused" {
  command = plan
  variables { emr = { application_id = "00f1cbsc6anuij25", application_name = "stockcast-dev-transform", max_vcpu_hours_a_day = 0 } }
  expect_failures = [var.emr]
}

run "a_topic_by_its_name_alone_is_refused" {
  command = plan
  variables { topic_arn = "stockcast-dev-alerts" }
  expect_failures = [var.topic_arn]
}

run "a_prefix_with_capitals_is_refused" {
  command = plan
  variables { name_prefix = "Stockcast" }
  expect_failures = [var.name_prefix]
}
