mock_provider "aws" {
  mock_resource "aws_ce_anomaly_monitor" {
    defaults = { arn = "arn:aws:ce::111111111111:anomalymonitor/00000000-0000-0000-0000-000000000000" }
  }
}

variables {
  name_prefix = "stockcast-dev"
  environment = "dev"
  topic_arn   = "arn:aws:sns:us-east-1:111111111111:stockcast-dev-alerts"
  budget      = { monthly_limit_usd = 50, anomaly_usd = 10 }
}

run "spending_is_told_at_half_at_four_fifths_and_at_the_limit" {
  command = plan
  assert {
    condition = toset([for n in aws_budgets_budget.this.notification : "${n.notification_type} ${n.threshold} ${n.threshold_type}"]) == toset([
      "ACTUAL 50 PERCENTAGE", "ACTUAL 80 PERCENTAGE", "ACTUAL 100 PERCENTAGE", "FORECASTED 100 PERCENTAGE",
    ])
    error_message = "The notifications are ${jsonencode(aws_budgets_budget.this.notification)}."
  }
  assert {
    condition     = alltrue([for n in aws_budgets_budget.this.notification : n.subscriber_sns_topic_arns == toset([var.topic_arn])])
    error_message = "Some notification reaches nobody."
  }
}

run "only_this_environments_costs_are_counted" {
  command = plan
  assert {
    condition     = join("", one(aws_budgets_budget.this.cost_filter).values) == join("$", ["user:Environment", "dev"])
    error_message = "The budget counts ${jsonencode(aws_budgets_budget.this.cost_filter)}."
  }
  assert {
    condition     = jsondecode(aws_ce_anomaly_monitor.this.monitor_specification).Tags == { Key = "Environment", MatchOptions = null, Values = ["dev"] }
    error_message = "The monitor watches ${aws_ce_anomaly_monitor.this.monitor_specification}."
  }
}

run "an_anomaly_is_told_at_once_from_its_own_amount_on" {
  assert {
    condition = (
      aws_ce_anomaly_subscription.this.frequency == "IMMEDIATE" &&
      one(aws_ce_anomaly_subscription.this.subscriber).type == "SNS" &&
      aws_ce_anomaly_subscription.this.threshold_expression[0].dimension[0].values == toset(["10"])
    )
    error_message = "The subscription is ${jsonencode(aws_ce_anomaly_subscription.this)}."
  }
}

run "a_limit_of_nothing_is_refused" {
  command = plan
  variables { budget = { monthly_limit_usd = 0, anomaly_usd = 0 } }
  expect_failures = [var.budget]
}

run "an_anomaly_beyond_the_limit_is_refused" {
  command = plan
  variables { budget = { monthly_limit_usd = 50, anomaly_usd = 100 } }
  expect_failures = [var.budget]
}

run "an_environment_that_no_tag_can_hold_is_refused" {
  command = plan
  variables { environment = "dev$" }
  expect_failures = [var.environment]
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
