# In the home account's state bucket, beside the states of its environments; `make delivery` names bucket and key.
terraform {
  backend "s3" {}
}
