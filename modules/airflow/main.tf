locals {
  # The smallest class has one of each; the larger ones ask for at least two.
  _is_micro = var.environment.class == "mw1.micro"
  _pair     = local._is_micro ? 1 : 2

  _options = {
    "secrets.backend" = "airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend"
    # null: never ask the store for connections and configuration, which our role may not read.
    "secrets.backend_kwargs" = jsonencode({ config_prefix = null, connections_prefix = null, variables_prefix = var.settings_prefix })
  }
}

resource "aws_mwaa_environment" "this" {
  count                           = var.enabled ? 1 : 0
  name                            = var.name
  airflow_configuration_options   = merge(local._options, var.environment.options)
  airflow_version                 = var.environment.version
  dag_s3_path                     = "dags/"
  endpoint_management             = "SERVICE"
  environment_class               = var.environment.class
  execution_role_arn              = module.role.arn
  kms_key                         = var.kms_key_arn
  max_webservers                  = local._pair
  max_workers                     = local._is_micro ? 1 : var.environment.max_workers
  min_webservers                  = local._pair
  min_workers                     = 1
  requirements_s3_object_version  = one(aws_s3_object.requirements[*].version_id) # without it a new file is ignored
  requirements_s3_path            = one(aws_s3_object.requirements[*].key)
  schedulers                      = local._pair
  source_bucket_arn               = local._bucket
  webserver_access_mode           = var.environment.webserver_access
  weekly_maintenance_window_start = var.environment.maintenance_start

  network_configuration {
    security_group_ids = var.network.security_group_ids
    subnet_ids         = var.network.subnet_ids
  }

  logging_configuration {
    dag_processing_logs {
      enabled   = true
      log_level = "WARNING"
    }
    scheduler_logs {
      enabled   = true
      log_level = "WARNING"
    }
    task_logs {
      enabled   = true
      log_level = "INFO"
    }
    webserver_logs {
      enabled   = true
      log_level = "WARNING"
    }
    worker_logs {
      enabled   = true
      log_level = "WARNING"
    }
  }
}

resource "aws_s3_object" "requirements" {
  count       = var.environment.requirements_file == null ? 0 : 1
  bucket      = var.bucket
  key         = "requirements.txt"
  source      = var.environment.requirements_file
  source_hash = filemd5(var.environment.requirements_file)
}
