# What Airflow installs while it starts. The constraints are read from the DAG folder, so they lie there before the first
# start; the DAG sync brings the same file with the same hash and then finds nothing to do.
locals {
  _dags         = coalesce(var.dags_folder, "${path.module}/../../dags")
  _constraints  = "constraints-${var.environment.version}-py3.12.txt" # Airflow 3 on MWAA runs on Python 3.12
  _requirements = "${local._dags}/${var.environment.requirements_file}"
}

resource "aws_s3_object" "constraints" {
  bucket      = var.bucket
  key         = "dags/${local._constraints}"
  metadata    = { sha256 = filesha256("${local._dags}/${local._constraints}") }
  source      = "${local._dags}/${local._constraints}"
  source_hash = filemd5("${local._dags}/${local._constraints}")
}

resource "aws_s3_object" "requirements" {
  bucket      = var.bucket
  key         = "requirements.txt" # not the one in dags/, which a DAG sync replaces without this environment knowing
  source      = local._requirements
  source_hash = filemd5(local._requirements)
}

resource "aws_s3_object" "startup_script" {
  count       = var.environment.startup_script == null ? 0 : 1
  bucket      = var.bucket
  key         = "startup.sh"
  source      = var.environment.startup_script
  source_hash = filemd5(var.environment.startup_script)
}
