# One environment's stack, in the order that data flows: bars come in, are cleaned and learned from, and go out as
# forecasts. What differs between environments is in envs/, what code has to be told is in settings.tf.

locals {
  name_prefix = "stockcast-${var.environment}"
  manifest    = jsondecode(file("${var.build_folder}/manifest.json"))
}

# What everything stands on

module "encryption" {
  source               = "../../modules/encryption"
  name_prefix          = local.name_prefix
  deletion_window_days = var.protect_data ? 30 : 7
}

module "lake" {
  source       = "../../modules/lake"
  name_prefix  = local.name_prefix
  kms_key_arn  = module.encryption.key_arn
  protect_data = var.protect_data
}

module "alerts" {
  source        = "../../modules/alerts"
  name          = "${local.name_prefix}-alerts"
  kms_key_arn   = module.encryption.key_arn
  subscriptions = var.alerts.subscriptions
}

# Bars come in: the market -> bronze

module "ingest" {
  source      = "../../modules/function"
  name        = local.settings.ingest_function
  description = "Fetches every symbol's daily bars and keeps the raw answers in bronze."
  package     = "${var.build_folder}/ingest.zip"
  kms_key_arn = module.encryption.key_arn
  environment = {
    for key in ["bronze_bucket", "history_start", "source_base_url", "symbols"] :
    "STOCKCAST_${upper(key)}" => local.settings[key]
  }
  schedule = {
    name       = "${local.name_prefix}-schedule"
    enabled    = var.schedule.enabled
    expression = var.schedule.expression
  }
  statements = {
    encrypt_answers = {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [module.encryption.key_arn]
    }
    write_answers = {
      actions   = ["s3:PutObject"]
      resources = [for room in ["bars", "quarantine"] : "${module.lake.arns.bronze}/${room}/*"]
    }
  }
}

# Bars are cleaned and learned from: bronze -> silver -> models -> the endpoint

module "sagemaker" {
  source       = "../../modules/sagemaker"
  name_prefix  = local.name_prefix
  buckets      = { for zone in ["bronze", "models", "silver"] : zone => module.lake.buckets[zone] }
  code         = { folder = "${var.build_folder}/jobs", hash = local.manifest.job_code_hash }
  kms_key_arn  = module.encryption.key_arn
  protect_data = var.protect_data
}

# Forecasts go out: silver -> the endpoint -> gold

module "forecast" {
  source      = "../../modules/function"
  name        = local.settings.forecast_function
  description = "Asks the endpoint for every symbol's forecasts and keeps them in gold."
  package     = "${var.build_folder}/forecast.zip"
  kms_key_arn = module.encryption.key_arn
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
  prefix = "/stockcast/${var.environment}"
  values = local.settings
}

module "network" {
  source      = "../../modules/network"
  name_prefix = local.name_prefix
  # While Airflow sleeps nobody is left to use the NAT, which costs by the hour as well.
  network = merge(var.network, var.airflow.enabled ? {} : { nat = "none" })
}

module "airflow" {
  source          = "../../modules/airflow"
  name            = "${local.name_prefix}-airflow"
  bucket          = module.lake.buckets.airflow
  enabled         = var.airflow.enabled
  environment     = var.airflow
  kms_key_arn     = module.encryption.key_arn
  settings_prefix = "/stockcast/${var.environment}"
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
    {
      # A new model is tried with the newest day's request; a missing one shall answer 404, which takes listing.
      look_for_requests = {
        actions   = ["s3:ListBucket"]
        resources = [module.lake.arns.silver]
      }
      read_judgements_and_requests = {
        actions   = ["s3:GetObject"]
        resources = ["${module.lake.arns.models}/evaluation/*", "${module.lake.arns.silver}/recent/*"]
      }
    },
  )
}
