locals {
  # EventBridge publishes without telling for whom, and AWS lets no condition stand in the way of its messages.
  _senders = {
    SendersOfThisAccount = {
      services  = setsubtract(var.senders, ["events.amazonaws.com"])
      condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }
    SendersThatTellNoAccount = {
      services  = setintersection(var.senders, ["events.amazonaws.com"])
      condition = null
    }
  }
}

resource "aws_sns_topic" "this" {
  name              = var.name
  display_name      = "Stockcast"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        for sid, sender in local._senders : { for key, value in {
          Sid       = sid
          Effect    = "Allow"
          Principal = { Service = sort(sender.services) }
          Action    = "sns:Publish"
          Resource  = aws_sns_topic.this.arn
          Condition = sender.condition
        } : key => value if value != null } if length(sender.services) > 0
      ],
      [{
        Sid       = "EncryptedTransportOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
    )
  })
}

resource "aws_sns_topic_subscription" "this" {
  for_each  = var.subscriptions
  topic_arn = aws_sns_topic.this.arn
  protocol  = each.value.protocol
  endpoint  = each.value.endpoint
}
