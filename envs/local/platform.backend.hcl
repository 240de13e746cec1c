bucket       = "stockcast-123456789012-tfstate"
key          = "local/platform.tfstate"
region       = "us-east-1"
use_lockfile = true
