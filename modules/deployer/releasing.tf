# What brings DAGs and images into an environment that stands: Airflow's bucket, its REST API, the image repositories.
locals {
  _releasing = {
    release = {
      State       = { actions = ["s3:GetObject"], resources = ["${var.state.bucket_arn}/${var.state.key}"] }
      StateBucket = { actions = ["s3:ListBucket"], resources = [var.state.bucket_arn, local._s3.airflow] }
      StateKey    = { actions = ["kms:Decrypt"], resources = [var.state.key_arn] }
      ReadObjects = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${local._s3.airflow}/*"] }
      WriteDags   = { actions = ["s3:DeleteObject", "s3:PutObject"], resources = ["${local._s3.airflow}/dags/*"] }
      Key = {
        actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
        resources = ["${local._arn["kms"]}:key/*"]
        condition = merge(local._is_ours, { StringLike = { "kms:ViaService" = "s3.*.amazonaws.com" } })
      }
      Airflow    = { actions = ["airflow:GetEnvironment"], resources = ["${local._arn["airflow"]}:${local._names.airflow}"] }
      AskAirflow = { actions = ["airflow:InvokeRestApi"], resources = ["${local._arn["airflow"]}:role/${var.name_prefix}-airflow/${var.airflow_role}"] }
      Settings   = { actions = ["ssm:GetParameter*"], resources = ["${local._arn["ssm"]}:${local._names.ssm}"] }
      LogIn      = { actions = ["ecr:GetAuthorizationToken"], resources = ["*"] } # knows no resources
      Images = {
        actions = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
          "ecr:DescribeRepositories", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage",
          "ecr:UploadLayerPart",
        ]
        resources = ["${local._arn["ecr"]}:${local._names.ecr}"]
      }
      BaseImages = { # the jobs' image stands upon AWS's own, which lie in accounts of AWS
        actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        resources = ["arn:${local._partition}:ecr:*:763104351884:repository/*"]
      }
    }
  }
}
