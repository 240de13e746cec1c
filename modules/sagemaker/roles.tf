# One role per step, so that a script reaches what its step needs: by bucket, the prefixes it reads and writes.
locals {
  _steps = {
    clean = {
      does   = "Cleans bronze into silver."
      image  = "jobs"
      reads  = { bronze = ["bars"], models = ["code"] }
      writes = { silver = ["bars", "quarantine", "recent", "reports"] }
    }
    evaluate = {
      does   = "Judges a trained model."
      image  = "jobs"
      reads  = { models = ["code", "training"], silver = ["bars"] }
      writes = { models = ["evaluation"] }
    }
    serve = {
      does   = "Answers behind the endpoint."
      image  = "serving"
      reads  = { models = ["training"] }
      writes = {}
    }
    train = {
      does   = "Trains a model."
      image  = "jobs"
      reads  = { models = ["code"], silver = ["bars"] }
      writes = { models = ["training"] }
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
  _logs    = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:log-group:/aws/sagemaker/*"

  _every_step = {
    ask_for_image_login = {
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"]
    }
    decrypt_inputs = {
      actions   = ["kms:Decrypt"]
      resources = [var.kms_key_arn]
    }
    write_log = {
      actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      resources = [local._logs]
    }
    write_metrics = {
      actions   = ["cloudwatch:PutMetricData"]
      resources = ["*"]
    }
  }
}

module "role" {
  source           = "../role"
  for_each         = local._steps
  name             = "${var.name_prefix}-${each.key}"
  description      = each.value.does
  trusted_services = ["sagemaker.amazonaws.com"]
  statements = merge(
    local._every_step,
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
    { for name, statement in {
      encrypt_outputs = { actions = ["kms:Encrypt", "kms:GenerateDataKey"], resources = [var.kms_key_arn] }
      write_outputs   = { actions = ["s3:PutObject"], resources = local._objects[each.key].writes }
    } : name => statement if length(each.value.writes) > 0 },
  )
}
