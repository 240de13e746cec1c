# Production's rehearsal: the same shape, the smallest sizes that have it. What passes here is approved for production.
environment  = "staging"
account_id   = "222222222222" # replace by yours, here and in platform.backend.hcl; it may be dev's account
region       = "us-east-1"
protect_data = true
asleep       = false

symbols       = ["AMZN", "AAPL", "GOOGL", "MSFT", "TSLA", "^GSPC", "^IXIC", "^DJI"]
history_start = "2000-01-01"
market        = { base_url = "https://query1.finance.yahoo.com", sources = ["yahoo", "alpha_vantage"] }
schedule      = { enabled = true }
retention     = { lake = { abort_uploads_days = 7, archive_after_days = 180, expire_old_versions_days = 90, logs_days = 90 }, log_days = 90 }

training = {
  hyperparameters = { batch_size = "128", epochs = "30", patience = "3", seeds = "0,1,2" }
  spot            = false
}
serving = {
  instance_type  = "ml.m5.large"
  instance_count = 2 # a canary needs a second one
  scaling        = { max_instances = 3 }
  deployment     = { kind = "CANARY" }
}
images    = {} # tags from content; { jobs_tag = "..." } holds on to one image
approval  = "manual"
tracking  = { server = null } # runs in a file of the models bucket
transform = { engine = "lambda" }

airflow = { enabled = true, class = "mw1.small", version = "3.0.6", max_workers = 2 }
network = { flow_logs = "REJECT", nat = "single" }
alerts  = { subscriptions = {} }
budget  = { monthly_limit_usd = 900, anomaly_usd = 25 }
