# Production: every part twice, in two zones; data cannot be destroyed, models are approved by a person.
environment  = "prod"
account_id   = "333333333333" # replace by yours, here and in platform.backend.hcl; an account of its own is safest
region       = "us-east-1"
protect_data = true
asleep       = false

symbols       = ["AMZN", "AAPL", "GOOGL", "MSFT", "TSLA", "^GSPC", "^IXIC", "^DJI"]
history_start = "2000-01-01"
market        = { base_url = "https://query1.finance.yahoo.com", sources = ["yahoo", "alpha_vantage"] }
schedule      = { enabled = true }
retention     = { lake = { abort_uploads_days = 7, archive_after_days = 365, expire_old_versions_days = 365, logs_days = 365 }, log_days = 365 }

training = {
  hyperparameters = { batch_size = "128", epochs = "30", patience = "3", seeds = "0,1,2" }
  spot            = false
}
serving = {
  instance_type  = "ml.m5.large"
  instance_count = 2 # SageMaker spreads two over two zones
  scaling        = { max_instances = 6 }
  deployment     = { kind = "CANARY" }
}
images    = {} # tags from content; { jobs_tag = "..." } holds on to one image
approval  = "manual"
tracking  = { server = null } # runs in a file of the models bucket
transform = { engine = "lambda" }

airflow = { enabled = true, class = "mw1.small", version = "3.0.6", max_workers = 5 }
network = { cidr = "10.30.0.0/16", flow_logs = "ALL", nat = "per_zone" }
alerts  = { subscriptions = {} } # without one nobody hears that something is wrong
budget  = { monthly_limit_usd = 1200, anomaly_usd = 50 }
