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
