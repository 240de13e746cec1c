# Whoever pushed has gone on to something else: a pipeline that fails says so by itself.
resource "aws_cloudwatch_event_rule" "failed" {
  name        = "${local._prefix}-failed"
  description = "A pipeline failed."
  event_pattern = jsonencode({
    source        = ["aws.codepipeline"]
    "detail-type" = ["CodePipeline Pipeline Execution State Change"]
    detail        = { pipeline = sort([for pipeline in module.pipeline : pipeline.name]), state = ["FAILED"] }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  rule      = aws_cloudwatch_event_rule.failed.name
  target_id = "alerts"
  arn       = module.alerts.topic_arn
  input_transformer {
    input_paths = {
      execution = "$.detail.execution-id"
      pipeline  = "$.detail.pipeline"
      region    = "$.region"
    }
    input_template = "\"<pipeline> failed. What happened: https://<region>.console.aws.amazon.com/codesuite/codepipeline/pipelines/<pipeline>/executions/<execution>/timeline?region=<region>\""
  }
}

resource "aws_cloudwatch_event_rule" "drift" {
  count               = var.drift == null ? 0 : 1
  name                = "${local._prefix}-drift"
  description         = "Look for what was changed by hand."
  schedule_expression = var.drift.schedule
}

# Through a pipeline, which brings the source: a project whose source is CodePipeline cannot be started by itself.
resource "aws_cloudwatch_event_target" "drift" {
  count     = var.drift == null ? 0 : 1
  rule      = aws_cloudwatch_event_rule.drift[0].name
  target_id = "pipeline"
  arn       = module.pipeline["drift"].arn
  role_arn  = module.drift_role[0].arn
}

module "drift_role" {
  count              = var.drift == null ? 0 : 1
  source             = "../../modules/role"
  name               = "${local._prefix}-drift"
  description        = "The clock that starts stockcast-drift."
  boundary_arn       = local._boundary
  trusted_services   = ["events.amazonaws.com"]
  trusted_account_id = var.account_id
  statements = {
    start = {
      actions   = ["codepipeline:StartPipelineExecution"]
      resources = [module.pipeline["drift"].arn]
    }
  }
}
