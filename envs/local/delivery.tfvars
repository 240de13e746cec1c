# The same pipelines over the embedded AWS, with a bare repository beside it. `make up` adds its own folders.
account_id = "123456789012"
region     = "us-east-1"
connection = "stockcast-github"
repository = { id = "local/stockcast", branch = "main" }

environments = [
  { name = "local", account_id = "123456789012", approve = ["infrastructure"], images = false }, # no Docker needed
]

drift         = null # `make drift` is at hand
subscriptions = {}
retention     = { artifacts_days = null, log_days = 7 } # null: S3 takes a minute to confirm a lifecycle rule

builds          = { cache = "NO_CACHE", compute_type = "BUILD_GENERAL1_MEDIUM" } # builds find the clone's own tools
build_variables = {}
