"""The gate over Terraform's HCL: checkov finds, the ledger of skips excuses, and nothing else passes."""
