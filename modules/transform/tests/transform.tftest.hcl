mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
  mock_resource "aws_emrserverless_application" {
    defaults = { arn = "arn:aws:emr-serverless:us-east-1:111111111111:/applications/00f1cbsc6anuij25", id = "00f1cbsc6anuij25" }
  }
  mock_resource "aws_glue_job" { defaults = { arn = "arn:aws:glue:us-east-1:111111111111:job/stockcast-dev-transform" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111111111111:role/stockcast-dev-transform" } }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:us-east-1:111111111111:function:stockcast-dev-transform" }
  }
  mock_resource "aws_sqs_queue" { defaults = { arn = "arn:aws:sqs:us-east-1:111111111111:stockcast-dev-transform-failed" } }
}

variables {
  name_prefix = "stockcast-dev"
  buckets     = { gold = "the-gold", silver = "the-silver" }
  code = {
    archive   = "tests/packages/toy.zip"
    bucket    = "the-models"
    function  = "tests/packages/toy.zip"
    libraries = { polars = "2.1.0", polars-runtime-32 = "2.1.0" }
    library   = "tests/packages/toy.zip"
    script    = "s3://the-models/code/0a1b/files/transform_spark.py"
  }
  history_start = "2000-01-01"
  kms_key_arn   = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
}

run "without_an_engine_only_the_tables_stand" {
  command = plan
  assert {
    condition = (
      length(aws_glue_job.this) + length(aws_emrserverless_application.this) + length(aws_glue_crawler.this) +
      length(aws_glue_security_configuration.this) + length(aws_cloudwatch_log_group.this) + length(module.role) +
      length(module.function) + length(aws_s3_object.archive) + length(aws_s3_object.library) == 0
    )
    error_message = "Something stands that nobody asked for."
  }
  assert {
    condition     = output.database == "stockcast_dev" && length(output.grants) == 0 && output.glue == null && output.emr_serverless == null && output.role_arn == null && output.run == "{}"
    error_message = "The outputs tell of an engine: ${jsonencode(output.grants)}."
  }
}

run "the_tables_lie_where_cleaning_and_forecasting_write" {
  command = plan
  assert {
    condition     = aws_glue_catalog_table.bars.storage_descriptor[0].location == "s3://the-silver/bars/" && length(aws_glue_catalog_table.bars.partition_keys) == 0
    error_message = "Bars are looked for in ${aws_glue_catalog_table.bars.storage_descriptor[0].location}."
  }
  assert {
    condition     = aws_glue_catalog_table.features.storage_descriptor[0].location == "s3://the-silver/features/"
    error_message = "Features are looked for in ${aws_glue_catalog_table.features.storage_descriptor[0].location}."
  }
  assert {
    condition     = aws_glue_catalog_table.forecasts.parameters["storage.location.template"] == join("$", ["s3://the-gold/forecasts/day=", "{day}/"])
    error_message = "Forecasts are looked for in ${aws_glue_catalog_table.forecasts.parameters["storage.location.template"]}."
  }
  assert {
    condition     = aws_glue_catalog_table.forecasts.parameters["projection.day.range"] == "2000-01-01,NOW"
    error_message = "Athena looks for days ${aws_glue_catalog_table.forecasts.parameters["projection.day.range"]}."
  }
}

run "no_column_stands_twice_nor_beside_a_partition_of_its_name" {
  command = plan
  assert {
    condition = alltrue([for table in [aws_glue_catalog_table.bars, aws_glue_catalog_table.features, aws_glue_catalog_table.forecasts] : (
      length(distinct(concat(table.storage_descriptor[0].columns[*].name, table.partition_keys[*].name))) ==
      length(table.storage_descriptor[0].columns) + length(table.partition_keys)
    )])
    error_message = "Athena refuses a table with a column twice."
  }
}

run "a_glue_job_is_encrypted_bounded_and_never_retried_unseen" {
  variables { engine = "glue" }
  assert {
    condition = (
      aws_glue_job.this[0].glue_version == "5.0" && aws_glue_job.this[0].max_retries == 0 && aws_glue_job.this[0].timeout == 60 &&
      aws_glue_job.this[0].notification_property[0].notify_delay_after == 30 &&
      aws_glue_job.this[0].security_configuration == "stockcast-dev" &&
      aws_glue_job.this[0].command[0].script_location == var.code.script
    )
    error_message = "The job is ${jsonencode(aws_glue_job.this[0])}."
  }
  assert {
    condition     = aws_glue_job.this[0].default_arguments["--continuous-log-logGroup"] == "/aws-glue/jobs/stockcast-dev-transform" && aws_cloudwatch_log_group.this[0].kms_key_id == var.kms_key_arn
    error_message = "The job's log has no end or no key."
  }
  assert {
    condition = alltrue([
      for encryption in [
        aws_glue_security_configuration.this[0].encryption_configuration[0].cloudwatch_encryption[0],
        aws_glue_security_configuration.this[0].encryption_configuration[0].job_bookmarks_encryption[0],
        aws_glue_security_configuration.this[0].encryption_configuration[0].s3_encryption[0],
      ] : encryption.kms_key_arn == var.kms_key_arn
    ])
    error_message = "Something that Glue writes lies under another key."
  }
  assert {
    condition     = output.glue == { dpus = 2, job_name = "stockcast-dev-transform" } && length(aws_emrserverless_application.this) == 0
    error_message = "Observability is told ${jsonencode(output.glue)}."
  }
}

run "the_script_reaches_the_lake_and_nothing_beyond" {
  variables { engine = "glue" }
  assert {
    condition = {
      for s in jsondecode(module.role[0].policy).Statement : s.Sid => s.Resource if startswith(s.Action[0], "s3:")
      } == {
      ListLake      = ["arn:aws:s3:::the-silver"]
      ReadCode      = ["arn:aws:s3:::the-models/code/0a1b/files/transform_spark.py", "arn:aws:s3:::the-models/${aws_s3_object.library[0].key}"]
      ReadLake      = ["arn:aws:s3:::the-silver/bars/*", "arn:aws:s3:::the-silver/features/*"]
      WriteFeatures = ["arn:aws:s3:::the-silver/features/*", "arn:aws:s3:::the-silver/features_$folder$"]
    }
    error_message = "The policy is ${module.role[0].policy}."
  }
  assert {
    condition     = [for s in jsondecode(module.role[0].policy).Statement : s.Sid if s.Resource == ["*"]] == ["WriteMetrics"]
    error_message = "More than metrics reaches everything: ${module.role[0].policy}."
  }
}

run "the_glue_job_gets_the_tables_the_library_and_locked_versions" {
  command = plan
  variables { engine = "glue" }
  assert {
    condition = (
      aws_glue_job.this[0].default_arguments["--bars"] == "s3://the-silver/bars/" &&
      aws_glue_job.this[0].default_arguments["--features"] == "s3://the-silver/features/" &&
      aws_glue_job.this[0].default_arguments["--additional-python-modules"] == "polars==2.1.0,polars-runtime-32==2.1.0" &&
      aws_glue_job.this[0].default_arguments["--extra-py-files"] == "s3://the-models/${aws_s3_object.library[0].key}"
    )
    error_message = "The job's arguments are ${jsonencode(aws_glue_job.this[0].default_arguments)}."
  }
  assert {
    condition     = output.run == jsonencode({ job = "stockcast-dev-transform" })
    error_message = "A caller is told ${output.run}."
  }
}

run "the_function_reads_bars_and_replaces_features" {
  variables { engine = "lambda" }
  assert {
    condition = {
      for s in jsondecode(module.function[0].policy).Statement : s.Sid => s.Resource if startswith(s.Action[0], "s3:")
      } == {
      ListFeatures  = ["arn:aws:s3:::the-silver"]
      ReadBars      = ["arn:aws:s3:::the-silver/bars/*"]
      WriteFeatures = ["arn:aws:s3:::the-silver/features/*"]
    }
    error_message = "The policy is ${module.function[0].policy}."
  }
  assert {
    condition     = keys(output.grants) == ["call_stockcast_dev_transform"] && output.run == jsonencode({ function = "stockcast-dev-transform" })
    error_message = "A caller is given ${jsonencode(output.grants)} and told ${output.run}."
  }
  assert {
    condition     = output.function == "stockcast-dev-transform" && output.log_group == "/aws/lambda/stockcast-dev-transform" && length(aws_cloudwatch_log_group.this) + length(module.role) == 0
    error_message = "The log or the role stands twice."
  }
}

run "whoever_runs_the_glue_job_may_run_this_one_alone" {
  variables { engine = "glue" }
  assert {
    condition     = keys(output.grants) == ["run_transform"] && output.grants.run_transform.resources == ["arn:aws:glue:us-east-1:111111111111:job/stockcast-dev-transform"]
    error_message = "The grants are ${jsonencode(output.grants)}."
  }
}

run "an_emr_serverless_application_stops_by_itself_and_has_a_ceiling" {
  variables { engine = "emr_serverless" }
  assert {
    condition = (
      aws_emrserverless_application.this[0].auto_stop_configuration[0].enabled &&
      aws_emrserverless_application.this[0].auto_stop_configuration[0].idle_timeout_minutes == 5 &&
      aws_emrserverless_application.this[0].maximum_capacity[0].cpu == "16 vCPU" &&
      aws_emrserverless_application.this[0].maximum_capacity[0].memory == "64 GB" &&
      length(aws_emrserverless_application.this[0].initial_capacity) == 0
    )
    error_message = "The application can cost without end, or while nobody uses it."
  }
  assert {
    condition     = output.emr_serverless == { application_id = "00f1cbsc6anuij25", application_name = "stockcast-dev-transform" } && length(aws_glue_job.this) == 0
    error_message = "Observability is told ${jsonencode(output.emr_serverless)}."
  }
  assert {
    condition     = output.log_group == "/aws/emr-serverless/stockcast-dev-transform"
    error_message = "The log is ${coalesce(output.log_group, "null")}."
  }
}

run "a_run_of_emr_serverless_brings_library_archive_and_python_along" {
  variables { engine = "emr_serverless" }
  assert {
    condition = (
      strcontains(jsondecode(output.run).parameters, "--conf spark.submit.pyFiles=s3://the-models/${aws_s3_object.library[0].key}") &&
      strcontains(jsondecode(output.run).parameters, "--conf spark.archives=s3://the-models/${aws_s3_object.archive[0].key}#libraries") &&
      strcontains(jsondecode(output.run).parameters, "--conf spark.executorEnv.PYSPARK_PYTHON=/usr/bin/python3.11")
    )
    error_message = "A caller is told ${output.run}."
  }
  assert {
    condition = (
      jsondecode(output.run).application_id == "00f1cbsc6anuij25" && jsondecode(output.run).script == var.code.script &&
      jsondecode(output.run).arguments == ["--bars", "s3://the-silver/bars/", "--features", "s3://the-silver/features/"]
    )
    error_message = "A caller is told ${output.run}."
  }
  assert {
    condition     = contains([for s in jsondecode(module.role[0].policy).Statement : s.Resource if s.Sid == "ReadCode"][0], "arn:aws:s3:::the-models/${aws_s3_object.archive[0].key}")
    error_message = "The role cannot read the archive: ${module.role[0].policy}."
  }
}

run "its_role_is_lent_to_emr_serverless_alone" {
  variables { engine = "emr_serverless" }
  assert {
    condition = output.grants.lend_role_to_transform.conditions == [
      { test = "StringEquals", variable = "iam:PassedToService", values = ["emr-serverless.amazonaws.com"] },
    ]
    error_message = "PassRole is granted with ${jsonencode(output.grants.lend_role_to_transform.conditions)}."
  }
  assert {
    condition = output.grants.follow_transform.resources == [
      "arn:aws:emr-serverless:us-east-1:111111111111:/applications/00f1cbsc6anuij25/jobruns/*",
    ]
    error_message = "Other applications' runs can be stopped: ${jsonencode(output.grants.follow_transform.resources)}."
  }
}

run "a_crawler_reads_its_paths_and_takes_no_tables_place" {
  variables { crawler = { paths = ["s3://the-silver/reports/"] } }
  assert {
    condition     = aws_glue_crawler.this[0].table_prefix == "found_" && aws_glue_crawler.this[0].schedule == null && length(aws_glue_security_configuration.this) == 1
    error_message = "The crawler is ${jsonencode(aws_glue_crawler.this[0])}."
  }
  assert {
    condition = {
      for s in jsondecode(module.crawler_role[0].policy).Statement : s.Sid => s.Resource if startswith(s.Action[0], "s3:")
    } == { ListPaths = ["arn:aws:s3:::the-silver"], ReadPaths = ["arn:aws:s3:::the-silver/reports/*"] }
    error_message = "The policy is ${module.crawler_role[0].policy}."
  }
}

run "an_unknown_engine_is_refused" {
  command = plan
  variables { engine = "spark" }
  expect_failures = [var.engine]
}

run "a_script_on_this_machine_is_refused" {
  command = plan
  variables {
    code = { archive = "a", bucket = "b", function = "tests/packages/toy.zip", libraries = {}, library = "tests/packages/toy.zip", script = "jobs/transform.py" }
  }
  expect_failures = [var.code]
}

run "emr_serverless_without_its_archive_is_refused" {
  command = plan
  variables {
    code   = { archive = "tests/packages/none.tar.gz", bucket = "b", function = "tests/packages/toy.zip", libraries = {}, library = "tests/packages/toy.zip", script = "s3://the-models/x.py" }
    engine = "emr_serverless"
  }
  expect_failures = [var.code]
}

run "a_single_worker_is_refused" {
  command = plan
  variables { glue = { workers = 1 } }
  expect_failures = [var.glue]
}

run "a_worker_that_spark_does_not_know_is_refused" {
  command = plan
  variables { glue = { worker_type = "Z.2X" } }
  expect_failures = [var.glue]
}

run "a_run_that_is_stopped_before_it_is_late_is_refused" {
  command = plan
  variables { glue = { late_after_minutes = 60, timeout_minutes = 30 } }
  expect_failures = [var.glue]
}

run "a_release_whose_metrics_have_other_names_is_refused" {
  command = plan
  variables { emr_serverless = { release = "emr-7.9.0" } }
  expect_failures = [var.emr_serverless]
}

run "less_memory_than_any_worker_has_is_refused" {
  command = plan
  variables { emr_serverless = { max_vcpus = 16, max_memory_gb = 16 } }
  expect_failures = [var.emr_serverless]
}

run "a_crawler_of_nothing_is_refused" {
  command = plan
  variables { crawler = { paths = [] } }
  expect_failures = [var.crawler]
}

run "a_crawler_by_the_day_is_refused" {
  command = plan
  variables { crawler = { paths = ["s3://the-silver/reports/"], schedule = "daily" } }
  expect_failures = [var.crawler]
}

run "a_history_that_starts_on_no_day_is_refused" {
  command = plan
  variables { history_start = "2000" }
  expect_failures = [var.history_start]
}

run "a_prefix_with_capitals_is_refused" {
  command = plan
  variables { name_prefix = "Stockcast" }
  expect_failures = [var.name_prefix]
}
