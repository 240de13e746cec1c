locals {
  _account = "${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  _reports = "${var.name}-tests" # CodeBuild's own name for the reports `tests` of a buildspec

  # The names that commands and buildspecs read. A build that deploys nothing has no role to take.
  _variables = merge(var.variables, var.deploy_role_arn == null ? {} : { DEPLOY_ROLE_ARN = var.deploy_role_arn })
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/codebuild/${var.name}"
  kms_key_id        = var.artifacts.kms_key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_codebuild_report_group" "this" {
  name           = local._reports
  type           = "TEST"
  delete_reports = true # they outlive nothing: AWS keeps them for 30 days at most
  export_config { type = "NO_EXPORT" }
}

# Without a limit of concurrent builds: CodeBuild refuses the build above it instead of letting it wait, and a check
# after an apply may meet the next push's plan. Terraform's lock keeps two from the same state.
resource "aws_codebuild_project" "this" {
  name           = var.name
  description    = var.description
  service_role   = module.role.arn
  build_timeout  = var.timeout_minutes
  queued_timeout = 60
  encryption_key = var.artifacts.kms_key_arn

  artifacts { type = "CODEPIPELINE" }

  cache {
    type     = var.machine.cache
    location = var.machine.cache == "S3" ? "${var.artifacts.bucket}/${local._cache}" : null
    modes    = var.machine.cache == "LOCAL" ? ["LOCAL_CUSTOM_CACHE"] : null
  }

  environment {
    compute_type    = var.machine.compute_type
    image           = var.machine.image
    privileged_mode = var.builds_images # Docker inside of a build asks for it
    type            = "LINUX_CONTAINER"
    dynamic "environment_variable" {
      for_each = local._variables
      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs { group_name = aws_cloudwatch_log_group.this.name }
  }

  source {
    type      = "CODEPIPELINE"
    buildspec = var.buildspec
  }
}
