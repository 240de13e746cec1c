# Everything that Glue writes is encrypted with our key: objects, logs, and what a job remembers of its last run.
resource "aws_glue_security_configuration" "this" {
  count = local._has_glue || var.crawler != null ? 1 : 0
  name  = var.name_prefix
  encryption_configuration {
    cloudwatch_encryption {
      cloudwatch_encryption_mode = "SSE-KMS"
      kms_key_arn                = var.kms_key_arn
    }
    job_bookmarks_encryption {
      job_bookmarks_encryption_mode = "CSE-KMS"
      kms_key_arn                   = var.kms_key_arn
    }
    s3_encryption {
      s3_encryption_mode = "SSE-KMS"
      kms_key_arn        = var.kms_key_arn
    }
  }
}

resource "aws_glue_job" "this" {
  count                  = local._has_glue ? 1 : 0
  name                   = local._name
  description            = "Turns silver's bars into the feature table."
  role_arn               = one(module.role).arn
  execution_class        = "STANDARD"
  glue_version           = "5.0"
  max_retries            = 0 # whoever started it decides: a retry unseen costs, and hides what failed
  number_of_workers      = var.glue.workers
  security_configuration = one(aws_glue_security_configuration.this).name
  timeout                = var.glue.timeout_minutes
  worker_type            = var.glue.worker_type
  default_arguments = {
    "--additional-python-modules"        = join(",", [for name, version in var.code.libraries : "${name}==${version}"])
    "--bars"                             = local._spark.bars
    "--continuous-log-logGroup"          = one(aws_cloudwatch_log_group.this).name
    "--enable-continuous-cloudwatch-log" = "true"
    "--enable-metrics"                   = "true"
    "--extra-py-files"                   = local._spark.library
    "--features"                         = local._spark.features
    "--job-bookmark-option"              = "job-bookmark-disable" # each run reads the whole history
  }
  command {
    name            = "glueetl"
    python_version  = "3"
    script_location = var.code.script
  }
  execution_property { max_concurrent_runs = 1 } # two at once would write the same files
  notification_property { notify_delay_after = var.glue.late_after_minutes }
}
