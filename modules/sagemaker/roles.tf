# One role per step, so that a script reaches what its step needs: by bucket, the prefixes it reads and writes, and the
# log it writes into. Jobs share their groups with everything else in the account, so SageMaker makes those itself.
locals {
  _steps = {
    challenge = {
      does   = "Forecasts with the models that do not serve."
      image  = "jobs"
      log    = "ProcessingJobs"
      reads  = { models = ["code"], silver = ["bars"] }
      writes = { gold = ["challengers"] }
    }
    clean = {
      does   = "Cleans bronze into silver."
      image  = "jobs"
      log    = "ProcessingJobs"
      reads  = { bronze = ["bars"], models = ["code"] }
      writes = { silver = ["annotations", "bars", "quarantine", "recent", "reports"] }
    }
    evaluate = {
      does   = "Judges a trained model."
      image  = "jobs"
      log    = "ProcessingJobs"
      reads  = { models = ["code", "training"], silver = ["bars"] }
      writes = { models = ["evaluation"] }
    }
    serve = {
      does   = "Answers behind the endpoint."
      image  = "serving"
      log    = null # its own group stands already
      reads  = { models = ["training"] }
      writes = {}
    }
    track = {
      does   = "Keeps what a training was in MLflow."
      image  = "jobs"
      log    = "ProcessingJobs"
      reads  = { models = ["code", "evaluation", "mlflow/db", "training"] }
      writes = { models = ["mlflow"] }
    }
    train = {
      does   = "Trains a model."
      image  = "jobs"
      log    = "TrainingJobs"
      reads  = { models = ["checkpoints", "code"], silver = ["bars"] }
      writes = { models = ["checkpoints", "training"] }
    }
  }
  _objects = {
    for step, s in local._steps : step => {
      for way in ["reads", "writes"] : way => flatten([
        for bucket, prefixes in s[way] : [for prefix in prefixes : "${local._buckets[bucket]}/${prefix}/*"]
      ])
    }
  }
  _buckets = { for zone, bucket in var.buckets : zone => "arn:${data.aws_partition.current.partition}:s3:::${bucket}" }
  _logs    = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:log-group"

  _every_step = {
    ask_for_image_login = {
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"]
    }
    decrypt_inputs = {
      actions   = ["kms:Decrypt"]
      resources = [var.kms_key_arn]
    }
    write_metrics = {
      actions   = ["cloudwatch:PutMetricData"]
      resources = ["*"]
    }
  }

  # What a job's machine needs to encrypt its disk and its outputs, and to open its log.
  _jobs = {
    for step, s in local._steps : step => {
      encrypt_outputs = {
        actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
        resources = [var.kms_key_arn]
      }
      know_key = {
        actions   = ["kms:DescribeKey"]
        resources = [var.kms_key_arn]
      }
      lend_key_to_disk = local._lend_key
      write_log = {
        actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        resources = ["${local._logs}:/aws/sagemaker/${s.log}*"]
      }
      write_outputs = {
        actions   = ["s3:PutObject"]
        resources = local._objects[step].writes
      }
    } if s.log != null
  }
  _lend_key = {
    actions    = ["kms:CreateGrant"]
    resources  = [var.kms_key_arn]
    conditions = [{ test = "Bool", variable = "kms:GrantIsForAWSResource", values = ["true"] }]
  }
  _serve = { for name, statement in {
    watch_rollback_alarms = {
      actions   = ["cloudwatch:DescribeAlarms"]
      resources = [for alarm in var.rollback_alarms : "${local._alarms}:${alarm}"]
    }
    write_log = { # the group stands already, but SageMaker may try to make it first
      actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      resources = [for part in ["", ":*"] : "${local._logs}:${local._endpoint_log}${part}"]
    }
  } : name => statement if length(statement.resources) > 0 }
  _alarms = "arn:${data.aws_partition.current.partition}:cloudwatch:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:alarm"
}

module "role" {
  source             = "../role"
  for_each           = local._steps
  name               = "${var.name_prefix}-${each.key}"
  boundary_arn       = var.boundary_arn
  description        = each.value.does
  trusted_account_id = data.aws_caller_identity.current.account_id
  trusted_services   = ["sagemaker.amazonaws.com"]
  statements = merge(
    local._every_step,
    merge(local._jobs, { serve = local._serve })[each.key],
    each.key == "track" ? var.tracking : {},
    {
      list_inputs = {
        actions   = ["s3:ListBucket"]
        resources = [for bucket in keys(each.value.reads) : local._buckets[bucket]]
      }
      pull_image = {
        actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        resources = [aws_ecr_repository.this[each.value.image].arn]
      }
      read_inputs = {
        actions   = ["s3:GetObject"]
        resources = local._objects[each.key].reads
      }
    },
  )
}
