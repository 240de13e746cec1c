# Values that no environment may have. The rest comes from one that works:
#   terraform test -filter=tests/refusals.tftest.hcl -var-file=../../envs/dev/platform.tfvars
mock_provider "aws" {}

run "airflow_without_a_way_out_is_refused" {
  command = plan
  variables {
    airflow = { enabled = true }
    network = { nat = "none" }
  }
  expect_failures = [var.network]
}

run "a_symbol_in_small_letters_is_refused" {
  command = plan
  variables { symbols = ["amzn"] }
  expect_failures = [var.symbols]
}

run "an_image_without_a_version_is_refused" {
  command = plan
  variables { images = { jobs_tag = "latest", serving_tag = "latest" } }
  expect_failures = [var.images]
}

run "a_day_that_is_none_is_refused" {
  command = plan
  variables { history_start = "2000-02-30" }
  expect_failures = [var.history_start]
}

run "an_account_id_with_dashes_is_refused" {
  command = plan
  variables { account_id = "1111-1111-1111" }
  expect_failures = [var.account_id]
}
