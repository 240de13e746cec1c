# This machine: the same stack on the embedded AWS. `make up` applies it; nothing here costs anything.
environment  = "local"
account_id   = "123456789012" # the embedded AWS's account
region       = "us-east-1"
protect_data = false # `make down` and `make destroy` may take everything
asleep       = false

symbols       = ["AAPL", "MSFT", "IBM", "GOOG", "^GSPC", "^IXIC"] # what the sample market has
history_start = "2000-01-01"
market        = { base_url = "http://127.0.0.1:4567" } # the sample market, as of a day in 2013
schedule      = { enabled = false }                    # the day is chosen by hand here
retention     = { log_days = 7 }                       # no lake rules: S3 takes a minute to confirm them

training = {
  hyperparameters = { batch_size = "128", epochs = "30", patience = "3", seeds = "0,1,2" } # three networks, averaged: half a minute
  spot            = false
}
serving   = { instance_type = "ml.m5.large", instance_count = 1, scaling = { max_instances = 2 } }
images    = { jobs_tag = "local", serving_tag = "local" } # programs stand for images here
approval  = "automatic"
tracking  = { server = null }     # runs in a file of the models bucket
transform = { engine = "lambda" } # glue and emr_serverless run real Spark here too

airflow = { enabled = true, class = "mw1.micro", version = "3.0.6" }
network = { nat = "single" }
alerts  = { subscriptions = {} }
budget  = { monthly_limit_usd = 600, anomaly_usd = 1 } # `make review` prices this as what it would cost on AWS
