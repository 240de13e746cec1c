resource "aws_emrserverless_application" "this" {
  count         = local._has_emr ? 1 : 0
  name          = local._name
  architecture  = "X86_64"
  release_label = var.emr_serverless.release
  type          = "spark"
  auto_start_configuration { enabled = true }
  auto_stop_configuration {
    enabled              = true
    idle_timeout_minutes = var.emr_serverless.idle_minutes
  }
  maximum_capacity { # of all runs together: what one hour can cost at most
    cpu    = "${var.emr_serverless.max_vcpus} vCPU"
    memory = "${var.emr_serverless.max_memory_gb} GB"
  }
}

# What the release's Python lacks. An archive of its own, since a worker here installs nothing when it starts.
resource "aws_s3_object" "archive" {
  count       = local._has_emr ? 1 : 0
  bucket      = var.code.bucket
  key         = "code/spark/${substr(filesha256(var.code.archive), 0, 12)}/libraries.tar.gz"
  source      = var.code.archive
  source_hash = filemd5(var.code.archive)
  lifecycle { create_before_destroy = true }
}

locals {
  # A run of EMR Serverless brings everything along: what whoever starts one has to send.
  _emr_settings = {
    "spark.archives"                                       = "s3://${var.code.bucket}/${try(aws_s3_object.archive[0].key, "")}#libraries"
    "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON" = var.emr_serverless.python
    "spark.emr-serverless.driverEnv.PYSPARK_PYTHON"        = var.emr_serverless.python
    "spark.emr-serverless.driverEnv.PYTHONPATH"            = "./libraries"
    "spark.executorEnv.PYSPARK_PYTHON"                     = var.emr_serverless.python
    "spark.executorEnv.PYTHONPATH"                         = "./libraries"
    "spark.submit.pyFiles"                                 = local._spark.library
  }
  _emr_run = {
    application_id = one(aws_emrserverless_application.this[*].id)
    arguments      = ["--bars", local._spark.bars, "--features", local._spark.features]
    log_group      = one(aws_cloudwatch_log_group.this[*].name)
    parameters     = join(" ", [for name, value in local._emr_settings : "--conf ${name}=${value}"])
    role_arn       = one(module.role[*].arn)
    script         = var.code.script
  }
}
