bucket       = "stockcast-local-123456789012-tfstate"
key          = "platform.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
