provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id] # the values of one environment never reach another's account

  default_tags {
    tags = {
      Environment = var.environment
      ManagedBy   = "terraform"
      Project     = "stockcast"
    }
  }
}
