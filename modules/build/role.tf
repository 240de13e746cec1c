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
  _own = {
    carry_artifacts = {
      actions = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
      # A build reaches what its own pipelines carry and its own cache: no DAG build can swap a plan.
      resources = concat(
        [for folder in sort(var.artifact_folders) : "${var.artifacts.arn}/${folder}/*"],
        ["${var.artifacts.arn}/cache/${var.name}/*"],
      )
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
