locals {
  _folder   = substr(var.name, 0, 20) # CodePipeline cuts a pipeline's name so, and puts its artifacts below it
  _account  = "${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  _projects = distinct([for action in flatten(var.stages[*].actions) : action.project if action.project != null])
  # People only wait in some pipelines, and only those tell the topic.
  _approvals = anytrue([for action in flatten(var.stages[*].actions) : action.project == null])
}

module "role" {
  source             = "../role"
  name               = var.name
  description        = "The pipeline ${var.name}."
  boundary_arn       = var.boundary_arn
  trusted_services   = ["codepipeline.amazonaws.com"]
  trusted_account_id = data.aws_caller_identity.current.account_id
  statements = merge(local._approvals ? var.topic.grants : {}, {
    carry_artifacts = {
      actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"]
      resources = ["${var.artifacts.arn}/${local._folder}/*"]
    }
    find_artifacts = {
      actions   = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"]
      resources = [var.artifacts.arn]
    }
    run_builds = {
      actions   = ["codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"]
      resources = [for name in local._projects : "arn:${data.aws_partition.current.partition}:codebuild:${local._account}:project/${name}"]
    }
    use_connection = {
      actions = ["codeconnections:UseConnection", "codestar-connections:UseConnection"]
      # The service has two names, and which of them stands in an ARN depends on when and by what it was made.
      resources = [
        for name in ["codeconnections", "codestar-connections"] :
        replace(var.connection_arn, "/:(codeconnections|codestar-connections):/", ":${name}:")
      ]
    }
    use_key = {
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
      resources = [var.artifacts.kms_key_arn]
    }
  })
}
