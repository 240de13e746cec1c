provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id] # the values of one account never reach another

  default_tags {
    tags = {
      ManagedBy = "terraform"
      Project   = "stockcast"
    }
  }
}
