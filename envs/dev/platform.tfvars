# The first environment on AWS. What costs by the hour is Airflow and its NAT; asleep, the rest is a few USD a month.
environment  = "dev"
account_id   = "111111111111" # replace by yours, here and in platform.backend.hcl: `aws sts get-caller-identity`
region       = "us-east-1"
protect_data = false # dev may be destroyed with its data

symbols       = ["AMZN", "AAPL", "GOOGL", "MSFT", "TSLA", "^GSPC", "^IXIC", "^DJI"]
history_start = "2000-01-01"
market        = { base_url = "https://query1.finance.yahoo.com" }
schedule      = { enabled = true } # weekdays 22:30 UTC, after New York's close in summer and winter

training = {
  hyperparameters = { batch_size = "128", epochs = "30", patience = "3", seeds = "0,1,2" }
}
images   = { jobs_tag = "0.1.0", serving_tag = "0.1.0" }
approval = "automatic"

airflow = { enabled = true, class = "mw1.micro" } # enabled = false puts it and the NAT to sleep
network = { nat = "single" }
alerts  = { subscriptions = {} } # on_call = { endpoint = "you@example.com" }, which you then confirm by mail
