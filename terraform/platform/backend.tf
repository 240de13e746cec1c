# Where the state lies is a value: terraform init -backend-config=../../envs/<environment>/platform.backend.hcl
terraform {
  backend "s3" {}
}
