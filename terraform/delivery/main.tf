# Once, in the home account, by a person: what happens after a push. No pipeline ever applies this root, since a
# pipeline that changes itself stops in the middle of its own change.

data "aws_partition" "current" {}

data "aws_codestarconnections_connection" "code" {
  name = var.connection
  lifecycle {
    postcondition {
      condition     = self.connection_status == "AVAILABLE"
      error_message = "The connection ${var.connection} is ${self.connection_status}; pipelines made before it is AVAILABLE may never start. Open https://${var.region}.console.aws.amazon.com/codesuite/settings/connections?region=${var.region}, choose ${var.connection}, then \"Update pending connection\"."
    }
  }
}

locals {
  _prefix = "stockcast-delivery"
  # The roles of this root can be changed by no pipeline, so that no boundary has to stand between: their few statements
  # are all they have, and the deploy roles that they take are bounded in the environments' own accounts.
  _boundary = null
  _senders  = ["cloudwatch.amazonaws.com", "events.amazonaws.com"] # rules tell of failures; alarms may join them
}

module "encryption" {
  source               = "../../modules/encryption"
  name_prefix          = local._prefix
  holds                = "artifacts, logs and alerts of the pipelines"
  alert_senders        = local._senders
  deletion_window_days = 7 # nothing that it encrypts is meant to last
}

module "artifacts" {
  source            = "../../modules/artifacts"
  name              = "${local._prefix}-${var.account_id}-artifacts"
  expire_after_days = var.retention.artifacts_days
  kms_key_arn       = module.encryption.key_arn
}

module "alerts" {
  source        = "../../modules/alerts"
  name          = "${local._prefix}-alerts"
  boundary_arn  = local._boundary
  kms_key_arn   = module.encryption.key_arn
  senders       = local._senders
  subscriptions = var.subscriptions
}
