# Spot machines that train: a queue in front of Fargate's spot capacity, and the definition of what a training is.
locals {
  _account   = data.aws_caller_identity.current.account_id
  _name      = "${var.name_prefix}-train"
  _partition = data.aws_partition.current.partition
  _region    = data.aws_region.current.id

  _log_group = "/aws/batch/${local._name}"
}

resource "aws_batch_compute_environment" "this" {
  compute_environment_name = local._name
  type                     = "MANAGED"
  compute_resources {
    type               = "FARGATE_SPOT"
    max_vcpus          = var.machine.vcpus # one training at a time
    security_group_ids = var.network.security_group_ids
    subnets            = var.network.subnet_ids
  }
}

resource "aws_batch_job_queue" "this" {
  name     = local._name
  priority = 1
  state    = "ENABLED"
  compute_environment_order {
    compute_environment = aws_batch_compute_environment.this.arn
    order               = 1
  }
}

# The image has no program of its own: begin.py brings the code that a job names, the same archive as SageMaker's.
resource "aws_batch_job_definition" "this" {
  name                  = local._name
  type                  = "container"
  platform_capabilities = ["FARGATE"]
  propagate_tags        = true
  container_properties = jsonencode({
    command                      = ["python3", "-c", file("${path.module}/begin.py")]
    environment                  = []
    ephemeralStorage             = { sizeInGiB = var.machine.disk_gb }
    executionRoleArn             = module.execution_role.arn
    fargatePlatformConfiguration = { platformVersion = "LATEST" }
    image                        = var.image.uri
    jobRoleArn                   = module.job_role.arn
    logConfiguration = {
      logDriver = "awslogs"
      options   = { awslogs-group = aws_cloudwatch_log_group.this.name, awslogs-region = local._region, awslogs-stream-prefix = "train" }
    }
    networkConfiguration = { assignPublicIp = "DISABLED" }
    resourceRequirements = [
      { type = "VCPU", value = tostring(var.machine.vcpus) },
      { type = "MEMORY", value = tostring(1024 * var.machine.memory_gb) },
    ]
  })
  retry_strategy {
    attempts = var.attempts
    evaluate_on_exit { # a machine that AWS took back; the training goes on from its checkpoints
      action           = "retry"
      on_status_reason = "Your Spot Task was interrupted*"
    }
    evaluate_on_exit { # the machine itself broke
      action           = "retry"
      on_status_reason = "Host EC2*"
    }
    evaluate_on_exit { # an error of the code would only repeat
      action    = "exit"
      on_reason = "*"
    }
  }
  timeout { attempt_duration_seconds = 60 * var.timeout_minutes }
}

# Made here, so that it has a key and an end.
resource "aws_cloudwatch_log_group" "this" {
  name              = local._log_group
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}
