output "name" {
  description = "The budget's name, as the billing console shows it."
  value       = aws_budgets_budget.this.name
}
