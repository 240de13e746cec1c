output "alias" {
  description = "The key's alias, such as `alias/stockcast-dev`."
  value       = aws_kms_alias.this.name
}

output "key_arn" {
  description = "The key's ARN, for whatever encrypts with it."
  value       = aws_kms_key.this.arn
}
