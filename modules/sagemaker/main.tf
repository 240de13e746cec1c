locals {
  _arn = join(":", ["arn", data.aws_partition.current.partition, "sagemaker", data.aws_region.current.id, data.aws_caller_identity.current.account_id])

  # Names that code makes up later. SageMaker writes them in small letters within ARNs.
  endpoint_name = "${var.name_prefix}-forecasts"
  endpoint_arn  = "${local._arn}:endpoint/${lower(local.endpoint_name)}"
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
