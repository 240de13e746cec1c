# replace the account id by yours, as in platform.tfvars
bucket       = "stockcast-dev-111111111111-tfstate"
key          = "platform.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
