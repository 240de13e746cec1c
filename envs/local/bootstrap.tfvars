# What `make up` makes of the account in the embedded AWS: the same roles and connection as on AWS.
connection               = { name = "stockcast-github", provider_type = "GitHub" }
delivery_account_id      = "123456789012"
expire_old_versions_days = null # S3 takes a minute to confirm a rule
github                   = null
