# The ONE map of names handed to code: SSM parameters, which Airflow reads as Variables, and functions' environments.
# Its keys equal stockcast.contracts.settings.KEYS, and a test holds the two together. Every value is a string.
locals {
  settings = {
    alerts_topic               = module.alerts.topic_arn
    alpha_vantage_base_url     = var.market.alpha_vantage.base_url
    alpha_vantage_daily_budget = tostring(var.market.alpha_vantage.daily_budget)
    alpha_vantage_plan         = var.market.alpha_vantage.plan
    approval                   = var.approval
    bronze_bucket              = module.lake.buckets.bronze
    challenge_role             = module.sagemaker.role_arns.challenge
    clean_role                 = module.sagemaker.role_arns.clean
    endpoint                   = module.sagemaker.endpoint_name
    endpoint_deployment        = module.sagemaker.endpoint_deployment
    endpoint_scaling           = module.sagemaker.endpoint_scaling
    environment                = var.environment
    evaluate_role              = module.sagemaker.role_arns.evaluate
    forecast_function          = "${local.name_prefix}-forecast" # as text: the function itself reads from this map
    gold_bucket                = module.lake.buckets.gold
    history_start              = var.history_start
    ingest_function            = "${local.name_prefix}-ingest"
    job_code                   = module.sagemaker.job_code
    job_instance_type          = var.training.job_instance_type
    job_source                 = module.sagemaker.job_source
    jobs_image                 = local.jobs_image
    kms_key                    = module.encryption.key_arn
    market_secret              = one(concat(module.market_keys[*].arn, local.needs_market_keys ? [] : ["none"]))
    model_package_group        = module.sagemaker.model_package_group
    models_bucket              = module.lake.buckets.models
    serve_role                 = module.sagemaker.role_arns.serve
    serving_image              = "${module.sagemaker.repository_urls.serving}:${local.image_tags.serving}"
    serving_instance_count     = tostring(var.serving.instance_count)
    serving_instance_type      = var.serving.instance_type
    silver_bucket              = module.lake.buckets.silver
    source_base_url            = var.market.base_url
    sources                    = join(",", var.market.sources)
    stooq_base_url             = var.market.stooq.base_url
    symbols                    = join(",", var.symbols)
    track_role                 = module.sagemaker.role_arns.track
    tracking_database          = module.tracking.database
    tracking_server            = module.tracking.server
    train_role                 = module.sagemaker.role_arns.train
    training_backend           = var.training.backend
    training_hyperparameters   = jsonencode(var.training.hyperparameters)
    training_instance_count    = tostring(var.training.instance_count)
    training_run               = one(concat(module.batch[*].run, var.training.backend == "batch" ? [] : ["{}"]))
    training_spot              = tostring(var.training.spot)
    transform_engine           = var.transform.engine
    transform_run              = module.transform.run
  }
}
