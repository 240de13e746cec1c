output "arn" {
  description = "The secret's ARN, to read it by."
  value       = aws_secretsmanager_secret.this.arn
}

output "grants" {
  description = "Statements for a role that reads the value."
  value = {
    "read_${replace(var.name, "-", "_")}" = {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [aws_secretsmanager_secret.this.arn]
    }
  }
}

output "name" {
  description = "The secret's name, to put a value into it."
  value       = aws_secretsmanager_secret.this.name
}
