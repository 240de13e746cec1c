output "grants" {
  description = "Statements for a role that sends alerts."
  value = {
    encrypt_alerts = {
      actions    = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources  = [var.kms_key_arn]
      conditions = [{ test = "StringLike", variable = "kms:ViaService", values = ["sns.*.amazonaws.com"] }]
    }
    send_alerts = {
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.this.arn]
    }
  }
}

output "topic_arn" {
  description = "The topic's ARN, to publish to."
  value       = aws_sns_topic.this.arn
}
