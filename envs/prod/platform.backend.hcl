# Replace the account id by yours, as in platform.tfvars. The bucket's own key encrypts: `encrypt = true` would ask for
# S3's instead of it.
bucket       = "stockcast-333333333333-tfstate"
key          = "prod/platform.tfstate"
region       = "us-east-1"
use_lockfile = true
