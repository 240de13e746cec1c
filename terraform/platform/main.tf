# One environment's stack, in the order that data flows: bars come in, are cleaned and learned from, and go out as
# forecasts. What differs between environments is in envs/, what code has to be told is in settings.tf.

locals {
  name_prefix = "stockcast-${var.environment}"
  manifest    = jsondecode(file("${var.build_folder}/manifest.json"))
  dags        = ["build_features", "forecast_prices", "train_model"]
  image_tags  = { for image, tag in local.manifest.image_tags : image => coalesce(var.images["${image}_tag"], tag) }

  jobs_image = "${module.sagemaker.repository_urls.jobs}:${local.image_tags.jobs}"

  settings_prefix = "/stockcast/${var.environment}"

  functions = {
    for what, name in { forecast = module.forecast.name, ingest = module.ingest.name, transform = module.transform.function } :
    what => name if name != null
  }

  # Which sources want an access key. Without one of them there is no secret to keep and to pay for.
  needs_market_keys = contains(var.market.sources, "alpha_vantage")

  # Asleep, nothing stands that costs by the hour. The endpoint, which the DAGs make, is taken away by `make sleep`.
  airflow_stands = var.airflow.enabled && !var.asleep

  # A new model that sets one of these off while it takes over gives way to the old one.
  rollback_alarms = [for what in ["5xx", "latency"] : "${local.name_prefix}-endpoint-${what}"]
}

# What everything stands on

module "encryption" {
  source               = "../../modules/encryption"
  name_prefix          = local.name_prefix
  deletion_window_days = var.protect_data ? 30 : 7
}

module "boundary" {
  source          = "../../modules/boundary"
  name_prefix     = local.name_prefix
  kms_key_arn     = module.encryption.key_arn
  settings_prefix = local.settings_prefix
}

module "lake" {
  source       = "../../modules/lake"
  name_prefix  = local.name_prefix
  kms_key_arn  = module.encryption.key_arn
  protect_data = var.protect_data
  retention    = var.retention.lake
}

module "alerts" {
  source        = "../../modules/alerts"
  name          = "${local.name_prefix}-alerts"
  boundary_arn  = module.boundary.arn
  kms_key_arn   = module.encryption.key_arn
  slack         = var.alerts.slack
  subscriptions = var.alerts.subscriptions
}

module "budget" {
  source      = "../../modules/budget"
  name_prefix = local.name_prefix
  budget      = var.budget
  environment = var.environment
  topic_arn   = module.alerts.topic_arn
}

# Bars come in: the market -> bronze

module "market_keys" {
  source               = "../../modules/secret"
  count                = local.needs_market_keys ? 1 : 0
  name                 = "${local.name_prefix}-market-keys"
  description          = "Access keys of market data sources by name: {\"alpha_vantage\": \"...\"}. A person puts them here."
  kms_key_arn          = module.encryption.key_arn
  recovery_window_days = 0 # else its name is taken for weeks after a destroy, and the vendor tells the key again anyway
}

module "ingest" {
  source             = "../../modules/function"
  name               = local.settings.ingest_function
  description        = "Fetches every symbol's daily bars and keeps the raw answers in bronze."
  alarms             = { topic_arn = module.alerts.topic_arn }
  boundary_arn       = module.boundary.arn
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.retention.log_days
  package            = "${var.build_folder}/ingest.zip"
  environment = {
    for key in [
      "alpha_vantage_base_url", "alpha_vantage_daily_budget", "alpha_vantage_plan", "bronze_bucket", "history_start",
      "market_secret", "source_base_url", "sources", "stooq_base_url", "symbols",
    ] :
    "STOCKCAST_${upper(key)}" => local.settings[key]
  }
  schedule = {
    name       = "${local.name_prefix}-schedule"
    enabled    = var.schedule.enabled
    expression = var.schedule.expression
  }
  statements = merge(concat(module.market_keys[*].grants, [{
    encrypt_answers = {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [module.encryption.key_arn]
    }
    # Older answers, which those of a few days need before them, and how many requests of the day are spent.
    read_answers = {
      actions   = ["s3:GetObject"]
      resources = [for room in ["bars", "state"] : "${module.lake.arns.bronze}/${room}/*"]
    }
    write_answers = {
      actions   = ["s3:PutObject"]
      resources = [for room in ["bars", "cross_check", "news", "quarantine", "state"] : "${module.lake.arns.bronze}/${room}/*"]
    }
  }])...)
}

# Bars are cleaned and learned from: bronze -> silver -> models -> the endpoint

module "tracking" {
  source      = "../../modules/tracking"
  name_prefix = local.name_prefix
  bucket      = module.lake.buckets.models
  server      = var.tracking.server
}

module "sagemaker" {
  source             = "../../modules/sagemaker"
  name_prefix        = local.name_prefix
  approval           = var.approval
  boundary_arn       = module.boundary.arn
  buckets            = { for zone in ["bronze", "gold", "models", "silver"] : zone => module.lake.buckets[zone] }
  code               = { folder = "${var.build_folder}/jobs", hash = local.manifest.job_code_hash }
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.retention.log_days
  protect_data       = var.protect_data
  rollback_alarms    = local.rollback_alarms
  serving            = var.serving
  tracking           = module.tracking.statements
}

module "batch" {
  source             = "../../modules/batch"
  count              = var.training.backend == "batch" ? 1 : 0
  name_prefix        = local.name_prefix
  boundary_arn       = module.boundary.arn
  buckets            = { for zone in ["models", "silver"] : zone => module.lake.buckets[zone] }
  image              = { repository_arn = module.sagemaker.repository_arns.jobs, uri = local.jobs_image }
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.retention.log_days
  machine            = var.training.batch
  network = {
    security_group_ids = [module.network.airflow_security_group_id]
    subnet_ids         = module.network.private_subnet_ids
  }
}

module "transform" {
  source             = "../../modules/transform"
  name_prefix        = local.name_prefix
  boundary_arn       = module.boundary.arn
  alarms             = { topic_arn = module.alerts.topic_arn }
  buckets            = { for zone in ["gold", "silver"] : zone => module.lake.buckets[zone] }
  crawler            = var.transform.crawler
  emr_serverless     = var.transform.emr_serverless
  engine             = var.transform.engine
  glue               = var.transform.glue
  history_start      = var.history_start
  kms_key_arn        = module.encryption.key_arn
  lambda             = var.transform.lambda
  log_retention_days = var.retention.log_days
  code = {
    archive   = "${var.build_folder}/spark-libraries.tar.gz"
    bucket    = module.lake.buckets.models
    function  = "${var.build_folder}/transform.zip"
    libraries = local.manifest.libraries
    library   = "${var.build_folder}/stockcast.zip"
    script    = "${module.sagemaker.job_code}/transform_spark.py"
  }
}

# Forecasts go out: silver -> the endpoint -> gold

module "forecast" {
  source             = "../../modules/function"
  name               = local.settings.forecast_function
  description        = "Asks the endpoint for every symbol's forecasts and keeps them in gold."
  alarms             = { topic_arn = module.alerts.topic_arn }
  boundary_arn       = module.boundary.arn
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.retention.log_days
  package            = "${var.build_folder}/forecast.zip"
  environment = {
    for key in ["endpoint", "gold_bucket", "silver_bucket", "symbols"] :
    "STOCKCAST_${upper(key)}" => local.settings[key]
  }
  statements = merge(module.sagemaker.grants.invoke, {
    read_requests = {
      actions   = ["s3:GetObject"]
      resources = ["${module.lake.arns.silver}/recent/*"]
    }
    use_key = {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [module.encryption.key_arn]
    }
    write_forecasts = {
      actions   = ["s3:PutObject"]
      resources = ["${module.lake.arns.gold}/forecasts/*"]
    }
  })
}

# Who leads it through: names out of the settings, every step under its own role

module "settings" {
  source = "../../modules/settings"
  prefix = local.settings_prefix
  values = local.settings
}

module "network" {
  source          = "../../modules/network"
  name_prefix     = local.name_prefix
  logs_bucket_arn = module.lake.logs_bucket_arn
  # While Airflow does not stand nobody is left to use the ways out, which cost by the hour as well.
  network = merge(var.network, local.airflow_stands ? {} : { endpoints = false, nat = "none" })
}

module "airflow" {
  source             = "../../modules/airflow"
  name               = "${local.name_prefix}-airflow"
  boundary_arn       = module.boundary.arn
  bucket             = module.lake.buckets.airflow
  enabled            = local.airflow_stands
  environment        = var.airflow
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.retention.log_days
  settings_prefix    = local.settings_prefix
  network = {
    security_group_ids = [module.network.airflow_security_group_id]
    subnet_ids         = module.network.private_subnet_ids
  }
  statements = merge(
    module.alerts.grants,
    module.forecast.grants,
    module.ingest.grants,
    module.sagemaker.grants.invoke,
    module.sagemaker.grants.operate,
    module.settings.grants,
    module.transform.grants,
    merge(module.batch[*].grants...),
    {
      # A new model is tried with the newest day's request; a missing one shall answer 404, which takes listing.
      look_for_requests = {
        actions   = ["s3:ListBucket"]
        resources = [module.lake.arns.silver]
      }
      read_judgements_and_requests = {
        actions = ["s3:GetObject"]
        resources = [
          "${module.lake.arns.models}/evaluation/*", "${module.lake.arns.models}/mlflow/runs/*",
          "${module.lake.arns.silver}/recent/*", "${module.lake.arns.silver}/reports/*",
        ]
      }
    },
  )
}

# Who watches

module "observability" {
  source      = "../../modules/observability"
  name_prefix = local.name_prefix
  airflow     = { dags = local.dags, data_namespace = "Stockcast/${var.environment}", is_awake = local.airflow_stands, name = module.airflow.name }
  emr         = module.transform.emr_serverless
  endpoint    = { name = module.sagemaker.endpoint_name, variant = module.sagemaker.endpoint_variant }
  functions   = local.functions
  glue        = module.transform.glue
  topic_arn   = module.alerts.topic_arn
}
