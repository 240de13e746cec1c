mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
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
      for s in jsondecode(aws_sns_topic_policy.this.policy).Statement : s.Condition if s.Effect == "Allow"
    ]) == { StringEquals = { "aws:SourceAccount" = "111111111111" } }
    error_message = "The topic policy is ${aws_sns_topic_policy.this.policy}."
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
