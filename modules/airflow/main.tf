locals {
  # The smallest class has one of each; the larger ones ask for at least two schedulers and web servers.
  _is_micro = var.environment.class == "mw1.micro"
  _pair     = local._is_micro ? 1 : 2

  _options = {
    "secrets.backend" = "airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend"
    # null: never ask the store for connections and configuration, which our role may not read.
    "secrets.backend_kwargs" = jsonencode({ config_prefix = null, connections_prefix = null, variables_prefix = var.settings_prefix })
  }
}

resource "aws_mwaa_environment" "this" {
  count                            = var.enabled ? 1 : 0
  name                             = var.name
  airflow_configuration_options    = merge(local._options, var.environment.options)
  airflow_version                  = var.environment.version
  dag_s3_path                      = "dags/"
  endpoint_management              = "SERVICE"
  environment_class                = var.environment.class
  execution_role_arn               = module.role.arn # known once its grants stand
  kms_key                          = var.kms_key_arn
  max_webservers                   = coalesce(var.environment.max_webservers, local._pair)
  max_workers                      = coalesce(var.environment.max_workers, local._pair)
  min_webservers                   = coalesce(var.environment.min_webservers, local._pair)
  min_workers                      = coalesce(var.environment.min_workers, 1)
  requirements_s3_object_version   = aws_s3_object.requirements.version_id # without it a new file is ignored
  requirements_s3_path             = aws_s3_object.requirements.key
  schedulers                       = coalesce(var.environment.schedulers, local._pair)
  source_bucket_arn                = local._bucket
  startup_script_s3_object_version = one(aws_s3_object.startup_script[*].version_id)
  startup_script_s3_path           = one(aws_s3_object.startup_script[*].key)
  webserver_access_mode            = var.environment.webserver_access
  weekly_maintenance_window_start  = var.environment.maintenance_start

  network_configuration {
    security_group_ids = var.network.security_group_ids
    subnet_ids         = var.network.subnet_ids
  }

  logging_configuration {
    dag_processing_logs {
      enabled   = true
      log_level = var.environment.log_levels.dag_processing
    }
    scheduler_logs {
      enabled   = true
      log_level = var.environment.log_levels.scheduler
    }
    task_logs {
      enabled   = true
      log_level = var.environment.log_levels.task
    }
    webserver_logs {
      enabled   = true
      log_level = var.environment.log_levels.webserver
    }
    worker_logs {
      enabled   = true
      log_level = var.environment.log_levels.worker
    }
  }

  timeouts {
    create = "3h" # half an hour as a rule; giving up early would leave a half-made one to be replaced
    update = "3h"
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_s3_object.constraints]
}

# Airflow would make these itself, in the clear and for ever.
resource "aws_cloudwatch_log_group" "this" {
  for_each          = toset(["DAGProcessing", "Scheduler", "Task", "WebServer", "Worker"])
  name              = "airflow-${var.name}-${each.key}" # Airflow's name for it
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}
