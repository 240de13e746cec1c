# The transform engines. That a run failed, or takes too long, is an event of its own: it names the run, while a metric of
# failures would only count. What the runs of a day cost is a metric.
locals {
  _events = merge(
    { for key, event in {
      glue-run = {
        description = "A run of the Glue job ${try(var.glue.job_name, "")} failed, or takes longer than it should"
        detail      = { jobName = [try(var.glue.job_name, "")], state = ["FAILED", "RUNNING", "STARTING", "TIMEOUT"] }
        # A run that goes on only sends a Run Status, and only once it is later than the job's own delay threshold.
        kinds   = ["Glue Job Run Status", "Glue Job State Change"]
        message = "Glue job <name>, run <run>: <state>. TIMEOUT and FAILED: read the run's log, mend it, start the job again. RUNNING or STARTING: the run is late; see whether it still makes progress."
        paths   = { name = "$.detail.jobName", run = "$.detail.jobRunId", state = "$.detail.state" }
        source  = "aws.glue"
      }
    } : key => event if var.glue != null },
    { for key, event in {
      emr-run = {
        description = "A job run of the EMR Serverless application ${try(var.emr.application_name, "")} failed"
        detail      = { applicationId = [try(var.emr.application_id, "")], state = ["FAILED"] }
        kinds       = ["EMR Serverless Job Run State Change"]
        message     = "EMR Serverless application ${try(var.emr.application_name, "")}, job run <run>: <state>. Read the driver's log of this run, mend it, start the job again."
        paths       = { run = "$.detail.jobRunId", state = "$.detail.state" }
        source      = "aws.emr-serverless"
      }
    } : key => event if var.emr != null },
  )
  # The application's workers come under these pairs; pre-initialised ones are not asked for, so those stay empty.
  _workers = {
    for pair in setproduct(["Spark_Driver", "Spark_Executor"], ["OnDemandCapacity", "PreInitCapacity"]) :
    lower("${pair[0]}_${pair[1]}") => { CapacityAllocationType = pair[1], WorkerType = pair[0] }
  }
}

resource "aws_cloudwatch_event_rule" "run" {
  for_each    = local._events
  name        = "${var.name_prefix}-${each.key}"
  description = each.value.description
  event_pattern = jsonencode({
    detail      = each.value.detail
    detail-type = each.value.kinds
    source      = [each.value.source]
  })
}

resource "aws_cloudwatch_event_target" "run" {
  for_each  = local._events
  rule      = aws_cloudwatch_event_rule.run[each.key].name
  target_id = "alerts"
  arn       = var.topic_arn
  input_transformer {
    input_paths    = each.value.paths
    input_template = "\"${each.value.message}\""
  }
}

resource "aws_cloudwatch_metric_alarm" "glue_cost" {
  count               = var.glue == null ? 0 : 1
  alarm_name          = "${var.name_prefix}-glue-cost"
  alarm_description   = "The Glue job ${var.glue.job_name} used ${var.glue.max_dpu_hours_a_day} DPU hours or more within a day, at about 0.44 USD each. See who starts it how often, and whether its runs have become slower."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.glue.max_dpu_hours_a_day
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
  metric_query {
    id          = "dpu_hours"
    expression  = "elapsed_ms / 3600000 * ${var.glue.dpus}"
    label       = "DPU hours a day"
    return_data = true
  }
  metric_query {
    id = "elapsed_ms"
    metric {
      namespace   = "Glue"
      metric_name = "glue.driver.aggregate.elapsedTime" # grows by what each report adds; start-up of a run is not in it
      dimensions  = { JobName = var.glue.job_name, JobRunId = "ALL", Type = "count" }
      period      = 86400
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "emr_cost" {
  count               = var.emr == null ? 0 : 1
  alarm_name          = "${var.name_prefix}-emr-cost"
  alarm_description   = "The EMR Serverless application ${var.emr.application_name} used ${var.emr.max_vcpu_hours_a_day} vCPU hours or more within a day, at about 0.05 USD each without memory. See who starts jobs how often, and whether they have become slower."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.emr.max_vcpu_hours_a_day
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
  metric_query {
    id          = "vcpu_hours"
    expression  = "SUM(METRICS()) / 60" # one report a minute
    label       = "vCPU hours a day"
    return_data = true
  }
  dynamic "metric_query" {
    for_each = local._workers
    content {
      id = metric_query.key
      metric {
        namespace   = "AWS/EMRServerless"
        metric_name = "CPUAllocated"
        dimensions  = merge(metric_query.value, { ApplicationId = var.emr.application_id, ApplicationName = var.emr.application_name })
        period      = 86400
        stat        = "Sum"
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "emr_late" {
  count               = var.emr == null ? 0 : 1
  alarm_name          = "${var.name_prefix}-emr-late"
  alarm_description   = "The EMR Serverless application ${var.emr.application_name} has had a job running for ${var.emr.late_after_hours} hours or more without a pause. See in EMR Studio whether it still makes progress; cancel it otherwise, for it costs by the second."
  namespace           = "AWS/EMRServerless"
  metric_name         = "RunningJobs"
  dimensions          = { ApplicationId = var.emr.application_id, ApplicationName = var.emr.application_name }
  statistic           = "Minimum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 3600
  evaluation_periods  = var.emr.late_after_hours
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}
