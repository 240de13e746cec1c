# For a function that is called about once a day: each hour is judged alone, one bad call is enough, and hours without
# calls are fine. An hour holds a failure together with Lambda's two retries, so that they make one message and not three.
locals {
  _limit_ms = var.runtime.timeout_seconds * 1000
  _alarms = {
    dead-letters = {
      description = "Events wait in ${var.name}-failed that ${var.name} or its schedule gave up on. Read why in its log, mend it, call the function with the waiting event, then delete the message; after 14 days it is gone."
      dimensions  = { QueueName = aws_sqs_queue.failed.name }
      metric      = "ApproximateNumberOfMessagesVisible"
      namespace   = "AWS/SQS"
      statistic   = "Maximum"
      threshold   = 1
    }
    duration = {
      description = "A call of ${var.name} came within a tenth of its ${var.runtime.timeout_seconds} seconds. The next may be cut off: see in its trace what is slow, then raise runtime.memory_mb or runtime.timeout_seconds."
      dimensions  = { FunctionName = var.name }
      metric      = "Duration"
      namespace   = "AWS/Lambda"
      statistic   = "Maximum"
      threshold   = local._limit_ms * 0.9
    }
    errors = {
      description = "${var.name} failed. Its log ${aws_cloudwatch_log_group.this.name} names what and why; calling it again for the same day is harmless."
      dimensions  = { FunctionName = var.name }
      metric      = "Errors"
      namespace   = "AWS/Lambda"
      statistic   = "Sum"
      threshold   = 1
    }
    throttles = {
      description = "Lambda turned a call of ${var.name} away: all concurrency was in use, or concurrency is 0. See what else runs in the account, and ask for a higher quota."
      dimensions  = { FunctionName = var.name }
      metric      = "Throttles"
      namespace   = "AWS/Lambda"
      statistic   = "Sum"
      threshold   = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = var.alarms == null ? {} : local._alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 3600
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarms.topic_arn]
  ok_actions          = [var.alarms.topic_arn]
}
