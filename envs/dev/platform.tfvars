# The first environment on AWS, small. Asleep it costs a few USD a month; awake, Airflow and its NAT cost by the hour.
environment  = "dev"
account_id   = "111111111111" # replace by yours, here and in platform.backend.hcl: `aws sts get-caller-identity`
region       = "us-east-1"
protect_data = false # dev may be destroyed with its data
asleep       = true  # how it is first made; afterwards `make wake ENV=dev` and `make sleep ENV=dev` decide

symbols       = ["AMZN", "AAPL", "GOOGL", "MSFT", "TSLA", "^GSPC", "^IXIC", "^DJI"]
history_start = "2000-01-01"
market        = { base_url = "https://query1.finance.yahoo.com", sources = ["yahoo", "alpha_vantage"] }
schedule      = { enabled = true } # weekdays 22:30 UTC, after New York's close in summer and winter; runs while asleep too
retention     = { lake = { abort_uploads_days = 7, archive_after_days = 90, expire_old_versions_days = 30, logs_days = 30 }, log_days = 30 }

training = {
  hyperparameters = { batch_size = "128", epochs = "30", patience = "3", seeds = "0,1,2" }
  spot            = true # a third of the price; the training goes on where it was when AWS wants the machine back
}
serving   = { instance_type = "ml.t2.medium", instance_count = 1 }
images    = {} # tags from content; { jobs_tag = "..." } holds on to one image
approval  = "automatic"
tracking  = { server = null } # runs in a file of the models bucket
transform = { engine = "lambda" }

airflow = { enabled = true, class = "mw1.micro", version = "3.0.6" }
network = { nat = "single" }
alerts  = { subscriptions = {} }                        # on_call = { endpoint = "you@example.com" }, which you then confirm by mail
budget  = { monthly_limit_usd = 500, anomaly_usd = 10 } # awake a whole month; asleep it is a few USD
