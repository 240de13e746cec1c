mock_provider "aws" {
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:us-east-1:111111111111:secret:stockcast-dev-market-keys-a1B2c3" }
  }
}

variables {
  name        = "stockcast-dev-market-keys"
  description = "Access keys of market data sources by name."
  kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
}

run "the_secret_is_encrypted_with_our_key_and_can_be_brought_back" {
  assert {
    condition     = aws_secretsmanager_secret.this.kms_key_id == var.kms_key_arn
    error_message = "The key is ${aws_secretsmanager_secret.this.kms_key_id}; with AWS's own anybody in the account who may read secrets may decrypt it."
  }
  assert {
    condition     = aws_secretsmanager_secret.this.recovery_window_in_days == 30
    error_message = "It can be brought back for ${aws_secretsmanager_secret.this.recovery_window_in_days} days."
  }
}

run "a_reader_gets_this_secret_and_no_other" {
  assert {
    condition = output.grants == {
      read_stockcast_dev_market_keys = {
        actions   = ["secretsmanager:GetSecretValue"]
        resources = [output.arn]
      }
    }
    error_message = "The grant opens ${jsonencode(output.grants)}."
  }
}

run "a_name_whose_end_looks_like_the_suffix_of_aws_is_refused" {
  command = plan
  variables { name = "stockcast-dev-market" }
  expect_failures = [var.name]
}

run "a_window_that_aws_does_not_take_is_refused" {
  command = plan
  variables { recovery_window_days = 3 }
  expect_failures = [var.recovery_window_days]
}

run "a_secret_may_be_forgotten_at_once" {
  command = plan
  variables { recovery_window_days = 0 }
  assert {
    condition     = aws_secretsmanager_secret.this.recovery_window_in_days == 0
    error_message = "The window is ${aws_secretsmanager_secret.this.recovery_window_in_days} days."
  }
}
