# What `make bootstrap` makes once per account, besides what it reads from envs/<environment>/: account and region.
connection               = { name = "stockcast-github", provider_type = "GitHub" } # null where no pipeline is wanted
delivery_account_id      = "111111111111"                                          # replace by the account that holds the pipelines
expire_old_versions_days = 90                                                      # the newest ten states stay in any case
github                   = null                                                    # { repository = "you/stockcast" } shows plans in pull requests
