# The pipelines, which `make delivery` makes once, in the home account: the one that holds them. Environments may lie in
# other accounts, which let in the home account's builds (`make bootstrap` there).
account_id = "111111111111"
region     = "us-east-1"
connection = "stockcast-github" # as in bootstrap.tfvars; AVAILABLE only after a person's click
repository = { id = "you/stockcast", branch = "main" }

# In the order in which a push reaches them. `approve`: what waits there for a person.
environments = [
  { name = "dev", account_id = "111111111111" },
  { name = "staging", account_id = "222222222222", approve = ["infrastructure"] },
  { name = "prod", account_id = "333333333333", approve = ["dags", "infrastructure", "models"] },
]

drift         = { schedule = "cron(0 5 ? * MON-FRI *)" } # UTC; null: nobody looks for what was changed by hand
subscriptions = {}                                       # { on_call = { endpoint = "on-call@example.com" } }: failures and approvals
retention     = { artifacts_days = 14, log_days = 30 }

builds = { cache = "S3", compute_type = "BUILD_GENERAL1_MEDIUM" }
build_variables = { # where downloads are kept from build to build, as the buildspecs' caches say
  TF_PLUGIN_CACHE_DIR = "/var/cache/stockcast/terraform"
  UV_CACHE_DIR        = "/var/cache/stockcast/uv"
}
