# AWS's own bridge into a Slack channel. Whoever is in the channel may look at alarms and do nothing else.
resource "aws_chatbot_slack_channel_configuration" "this" {
  count                       = var.slack == null ? 0 : 1
  configuration_name          = var.name
  guardrail_policy_arns       = ["arn:${data.aws_partition.current.partition}:iam::aws:policy/CloudWatchReadOnlyAccess"] # unset means AdministratorAccess
  iam_role_arn                = one(module.slack_role).arn
  logging_level               = "ERROR"
  slack_channel_id            = var.slack.channel_id
  slack_team_id               = var.slack.team_id
  sns_topic_arns              = [aws_sns_topic.this.arn]
  user_authorization_required = false
}

module "slack_role" {
  count              = var.slack == null ? 0 : 1
  source             = "../role"
  name               = "${var.name}-slack"
  boundary_arn       = var.boundary_arn
  description        = "Shows alarms and their graphs in the Slack channel that hears ${var.name}."
  trusted_services   = ["chatbot.amazonaws.com"]
  trusted_account_id = data.aws_caller_identity.current.account_id
  statements = {
    show_alarms = { # none of these knows resources, save alarms, whose graphs show metrics of others
      actions   = ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:GetMetricWidgetImage"]
      resources = ["*"]
    }
  }
}
