module "role" {
  source             = "../role"
  name               = var.name
  description        = "Builds of ${var.name}."
  boundary_arn       = var.boundary_arn
  trusted_services   = ["codebuild.amazonaws.com"]
  trusted_account_id = data.aws_caller_identity.current.account_id
  statements = merge(local._own, var.deploy_role_arn == null ? {} : {
    # All that this build may change is said by that role, in the account of its environment.
    take_deploy_role = {
      actions   = ["sts:AssumeRole"]
      resources = [var.deploy_role_arn]
    }
  })
}

locals {
  # CodePipeline keeps an artifact below its pipeline's name, cut to 20 letters, and its own, cut to 10.
  _read    = [for artifact in var.reads : "${substr(split("/", artifact)[0], 0, 20)}/${substr(split("/", artifact)[1], 0, 10)}"]
  _written = [for artifact in var.writes : "${substr(split("/", artifact)[0], 0, 20)}/${substr(split("/", artifact)[1], 0, 10)}"]
  _cache   = "cache/${var.name}"

  _own = {
    # Only what this build takes in and hands on, and its cache: none can swap the source or another one's plan.
    read_artifacts = {
      actions   = ["s3:GetObject", "s3:GetObjectVersion"]
      resources = [for folder in concat(sort(local._read), [local._cache]) : "${var.artifacts.arn}/${folder}/*"]
    }
    write_artifacts = {
      actions   = ["s3:PutObject"]
      resources = [for folder in concat(sort(local._written), [local._cache]) : "${var.artifacts.arn}/${folder}/*"]
    }
    find_artifacts = {
      actions   = ["s3:GetBucketAcl", "s3:GetBucketLocation"]
      resources = [var.artifacts.arn]
    }
    use_key = {
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
      resources = [var.artifacts.kms_key_arn]
    }
    write_log = {
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
    }
    write_reports = {
      actions = ["codebuild:BatchPutTestCases", "codebuild:CreateReport", "codebuild:CreateReportGroup", "codebuild:UpdateReport"]
      # By name, since CodeBuild asks for the group before it looks whether there is one.
      resources = ["arn:${data.aws_partition.current.partition}:codebuild:${local._account}:report-group/${local._reports}"]
    }
  }
}
