locals {
  _prefix = "mlflow"
  server  = var.server == null ? null : "arn:${data.aws_partition.current.partition}:sagemaker:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:mlflow-tracking-server/${var.server}"

  # What the job asks of a server; its artifacts it puts into the bucket by itself.
  statements = { for name, statement in {
    keep_runs_on_server = {
      actions = [
        "sagemaker-mlflow:CreateExperiment", "sagemaker-mlflow:CreateRun", "sagemaker-mlflow:GetExperiment",
        "sagemaker-mlflow:GetExperimentByName", "sagemaker-mlflow:GetRun", "sagemaker-mlflow:LogBatch",
        "sagemaker-mlflow:SearchRuns", "sagemaker-mlflow:UpdateRun",
      ]
      resources = [for arn in [local.server] : arn if arn != null]
    }
  } : name => statement if length(statement.resources) > 0 }
}

# A job refuses to start when there is nothing below an input's prefix, and before the first training there is no run.
resource "aws_s3_object" "place" {
  bucket  = var.bucket
  key     = "${local._prefix}/db/README.md"
  content = <<-EOT
    mlflow.db, beside this file once a model was trained, is MLflow's SQLite file: numbers, parameters and tags of every
    training. Pictures and model cards are in ../artifacts/, what leads from a job to its run in ../runs/.
    `make mlflow` shows all of it. Only the training DAG writes here, one run at a time.
  EOT
}
