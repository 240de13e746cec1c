# What starts the container, and what runs in it. Both are taken by the tasks that Batch starts.
locals {
  _log_arn = "arn:${local._partition}:logs:${local._region}:${local._account}:log-group:${local._log_group}"
  _s3      = { for zone, bucket in var.buckets : zone => "arn:${local._partition}:s3:::${bucket}" }
}

module "execution_role" {
  source             = "../role"
  name               = "${local._name}-start"
  boundary_arn       = var.boundary_arn
  description        = "Pulls the image of a training on Batch and opens its log."
  trusted_account_id = local._account
  trusted_services   = ["ecs-tasks.amazonaws.com"]
  statements = {
    ask_for_image_login = {
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"]
    }
    pull_image = {
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = [var.image.repository_arn]
    }
    write_log = {
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["${local._log_arn}:*"]
    }
  }
}

# The same rights to data as the training role of modules/sagemaker.
module "job_role" {
  source             = "../role"
  name               = "${local._name}-batch"
  boundary_arn       = var.boundary_arn
  description        = "Trains a model on Batch."
  trusted_account_id = local._account
  trusted_services   = ["ecs-tasks.amazonaws.com"]
  statements = {
    list_inputs = {
      actions   = ["s3:ListBucket"]
      resources = values(local._s3)
    }
    read_inputs = {
      actions   = ["s3:GetObject"]
      resources = ["${local._s3.models}/checkpoints/*", "${local._s3.models}/code/*", "${local._s3.silver}/bars/*"]
    }
    use_key = {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [var.kms_key_arn]
    }
    write_outputs = {
      actions   = ["s3:PutObject"]
      resources = ["${local._s3.models}/checkpoints/*", "${local._s3.models}/training/*"]
    }
  }
}
