locals {
  _arn = join(":", ["arn", data.aws_partition.current.partition, "sagemaker", data.aws_region.current.id, data.aws_caller_identity.current.account_id])

  # Names that code makes up later. SageMaker writes them in small letters within ARNs.
  endpoint_name = "${var.name_prefix}-forecasts"
  endpoint_arn  = "${local._arn}:endpoint/${lower(local.endpoint_name)}"
  _endpoint_log = "/aws/sagemaker/Endpoints/${local.endpoint_name}" # SageMaker's name for it
}

# Made before the endpoint is, so that its lines are encrypted and do not stay for ever.
resource "aws_cloudwatch_log_group" "endpoint" {
  name              = local._endpoint_log
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}

# Versions of the model with their scores and approval; the DAGs register into it.
resource "aws_sagemaker_model_package_group" "this" {
  model_package_group_name        = "${var.name_prefix}-lstm"
  model_package_group_description = "The LSTM that forecasts prices and volatility for 1, 5 and 21 trading days."
}

# Images: jobs trains and processes, serving answers behind the endpoint.
resource "aws_ecr_repository" "this" {
  for_each             = toset(["jobs", "serving"])
  name                 = "${var.name_prefix}-${each.key}"
  force_delete         = !var.protect_data
  image_tag_mutability = "IMMUTABLE" # a tag once judged must go on meaning the same bytes
  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }
  image_scanning_configuration { scan_on_push = true }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each   = aws_ecr_repository.this
  repository = each.value.name
  policy = jsonencode({ rules = [{
    rulePriority = 1
    description  = "Keeps the newest ${var.images_kept}."
    selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.images_kept }
    action       = { type = "expire" }
  }] })
}
