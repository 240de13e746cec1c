mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/stockcast-dev-alerts-slack" } }
  mock_resource "aws_sns_topic" { defaults = { arn = "arn:aws:sns:us-east-1:111111111111:stockcast-dev-alerts" } }
}

variables {
  name          = "stockcast-dev-alerts"
  kms_key_arn   = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  subscriptions = { on_call = { endpoint = "on-call@example.com" } }
}

run "messages_are_encrypted_and_reach_the_named_people" {
  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == var.kms_key_arn
    error_message = "The topic's key is ${aws_sns_topic.this.kms_master_key_id}."
  }
  assert {
    condition     = aws_sns_topic_subscription.this["on_call"].protocol == "email"
    error_message = "A bare address must be subscribed by mail."
  }
}

run "services_may_send_for_this_account_alone" {
  assert {
    condition = one([
      for s in jsondecode(aws_sns_topic_policy.this.policy).Statement : [s.Principal.Service, s.Condition] if s.Sid == "SendersOfThisAccount"
      ]) == [
      ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"],
      { StringEquals = { "aws:SourceAccount" = "111111111111" } },
    ]
    error_message = "The topic policy is ${aws_sns_topic_policy.this.policy}."
  }
}

run "eventbridge_alone_sends_without_a_condition_that_would_lose_its_messages" {
  assert {
    condition = [
      for s in jsondecode(aws_sns_topic_policy.this.policy).Statement : s.Principal if s.Effect == "Allow" && !can(s.Condition)
    ] == [{ Service = ["events.amazonaws.com"] }]
    error_message = "The topic policy is ${aws_sns_topic_policy.this.policy}."
  }
}

run "a_sender_that_is_not_named_is_not_let_in" {
  variables { senders = ["events.amazonaws.com"] }
  assert {
    condition     = [for s in jsondecode(aws_sns_topic_policy.this.policy).Statement : s.Sid] == ["SendersThatTellNoAccount", "EncryptedTransportOnly"]
    error_message = "The topic policy is ${aws_sns_topic_policy.this.policy}."
  }
}

run "a_web_hook_a_queue_and_a_function_hear_alerts_too" {
  command = plan
  variables {
    subscriptions = {
      archive = { protocol = "sqs", endpoint = "arn:aws:sqs:us-east-1:111111111111:alerts" }
      board   = { protocol = "lambda", endpoint = "arn:aws:lambda:us-east-1:111111111111:function:board" }
      pager   = { protocol = "https", endpoint = "https://example.com/hook" }
      raw     = { protocol = "email-json", endpoint = "raw@example.com" }
    }
  }
  assert {
    condition     = { for name, s in aws_sns_topic_subscription.this : name => s.protocol } == { archive = "sqs", board = "lambda", pager = "https", raw = "email-json" }
    error_message = "Subscribed are ${jsonencode({ for name, s in aws_sns_topic_subscription.this : name => s.protocol })}."
  }
}

run "without_slack_there_is_neither_bridge_nor_role" {
  command = plan
  assert {
    condition     = length(aws_chatbot_slack_channel_configuration.this) == 0 && length(module.slack_role) == 0
    error_message = "Something for Slack is made although nobody asked for it."
  }
}

run "people_in_the_slack_channel_may_look_and_do_nothing" {
  variables {
    boundary_arn = "arn:aws:iam::111111111111:policy/stockcast-dev-boundary"
    slack        = { team_id = "T07EA123LEP", channel_id = "C07EZ1ABC23" }
  }
  assert {
    condition     = one(aws_chatbot_slack_channel_configuration.this).guardrail_policy_arns == tolist(["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"])
    error_message = "The channel's limit is ${jsonencode(one(aws_chatbot_slack_channel_configuration.this).guardrail_policy_arns)}."
  }
  assert {
    condition = alltrue(flatten([
      for s in jsondecode(one(module.slack_role).policy).Statement : [for action in s.Action : can(regex("^cloudwatch:(Describe|Get)", action))]
    ]))
    error_message = "The channel's role may do ${one(module.slack_role).policy}."
  }
  assert {
    condition     = one(aws_chatbot_slack_channel_configuration.this).sns_topic_arns == toset([output.topic_arn])
    error_message = "The channel hears ${jsonencode(one(aws_chatbot_slack_channel_configuration.this).sns_topic_arns)}."
  }
}

run "a_sender_is_let_in_to_this_topic_alone" {
  assert {
    condition     = output.grants.send_alerts.resources == [output.topic_arn]
    error_message = "The grant opens ${jsonencode(output.grants.send_alerts.resources)}."
  }
}

run "a_mail_subscription_without_an_address_is_refused" {
  command = plan
  variables { subscriptions = { on_call = { endpoint = "on-call" } } }
  expect_failures = [var.subscriptions]
}

run "a_protocol_that_sns_lacks_is_refused" {
  command = plan
  variables { subscriptions = { on_call = { endpoint = "@on-call", protocol = "pigeon" } } }
  expect_failures = [var.subscriptions]
}

run "a_web_hook_in_the_clear_is_refused" {
  command = plan
  variables { subscriptions = { pager = { endpoint = "http://example.com/hook", protocol = "https" } } }
  expect_failures = [var.subscriptions]
}

run "a_queue_without_its_arn_is_refused" {
  command = plan
  variables { subscriptions = { archive = { endpoint = "alerts", protocol = "sqs" } } }
  expect_failures = [var.subscriptions]
}

run "a_slack_channel_by_its_name_is_refused" {
  command = plan
  variables { slack = { team_id = "T07EA123LEP", channel_id = "#alerts" } }
  expect_failures = [var.slack]
}

run "a_slack_workspace_by_its_name_is_refused" {
  command = plan
  variables { slack = { team_id = "stockcast", channel_id = "C07EZ1ABC23" } }
  expect_failures = [var.slack]
}

run "a_sender_that_is_no_service_is_refused" {
  command = plan
  variables { senders = ["cloudwatch"] }
  expect_failures = [var.senders]
}

run "a_topic_name_with_a_dot_is_refused" {
  command = plan
  variables { name = "stockcast.alerts" }
  expect_failures = [var.name]
}
