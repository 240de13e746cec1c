# What Lambda gave up on after its retries, and what the schedule could not deliver. A dead-letter queue rather than a
# destination for failures: its messages are the events themselves, so each can be sent again as it stands.
resource "aws_sqs_queue" "failed" {
  name                              = "${var.name}-failed"
  kms_data_key_reuse_period_seconds = 300
  kms_master_key_id                 = var.kms_key_arn
  message_retention_seconds         = 14 * 24 * 3600 # the longest there is: somebody may be on holiday
}

locals {
  # Lambda and the schedule put messages there under the roles that they run with, and the queue encrypts on their behalf.
  _keep_what_failed = {
    encrypt_failed = {
      actions    = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources  = [var.kms_key_arn]
      conditions = [{ test = "StringEquals", variable = "kms:ViaService", values = ["sqs.${data.aws_region.current.id}.amazonaws.com"] }]
    }
    keep_failed = {
      actions   = ["sqs:SendMessage"]
      resources = [aws_sqs_queue.failed.arn]
    }
  }
}
