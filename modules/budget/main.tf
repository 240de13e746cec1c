# What this environment may cost, told by the tag that the provider puts on everything.

resource "aws_budgets_budget" "this" {
  name         = "${var.name_prefix}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.budget.monthly_limit_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:Environment$%s", var.environment)]
  }

  # What is spent, and what the month will come to if it goes on so.
  dynamic "notification" {
    for_each = concat([for percent in [50, 80, 100] : { of = "ACTUAL", percent = percent }], [{ of = "FORECASTED", percent = 100 }])
    content {
      comparison_operator       = "GREATER_THAN"
      notification_type         = notification.value.of
      subscriber_sns_topic_arns = [var.topic_arn]
      threshold                 = notification.value.percent
      threshold_type            = "PERCENTAGE"
    }
  }
}

# By tag and not by service: of the monitor by service an account may have one only, however many environments it holds.
resource "aws_ce_anomaly_monitor" "this" {
  name         = "${var.name_prefix}-spending"
  monitor_type = "CUSTOM"
  monitor_specification = jsonencode({ # the nulls are what AWS gives back; without them every plan makes a new monitor
    And            = null
    CostCategories = null
    Dimensions     = null
    Not            = null
    Or             = null
    Tags           = { Key = "Environment", MatchOptions = null, Values = [var.environment] }
  })
}

resource "aws_ce_anomaly_subscription" "this" {
  name             = "${var.name_prefix}-spending"
  frequency        = "IMMEDIATE" # the only one that a topic takes
  monitor_arn_list = [aws_ce_anomaly_monitor.this.arn]
  subscriber {
    address = var.topic_arn
    type    = "SNS"
  }
  threshold_expression {
    dimension {
      key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values        = [tostring(var.budget.anomaly_usd)]
    }
  }
}
