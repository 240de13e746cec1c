# What others need in order to use what stands here; whoever orchestrates takes `operate`, whoever forecasts `invoke`.
locals {
  # Jobs, models and configurations get their names from the DAGs, each starting with our prefix; ARNs have small letters.
  _named = {
    for kind in ["endpoint-config", "model", "processing-job", "training-job"] :
    kind => "${local._arn}:${kind}/${lower(var.name_prefix)}-*"
  }
  _packages = "${local._arn}:model-package/${lower(aws_sagemaker_model_package_group.this.model_package_group_name)}"

  _invoke = {
    invoke_endpoint = {
      actions   = ["sagemaker:InvokeEndpoint"]
      resources = [local.endpoint_arn]
    }
  }
  _operate = {
    deploy = {
      actions = [
        "sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig", "sagemaker:CreateModel",
        "sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel",
        "sagemaker:UpdateEndpoint",
      ]
      resources = [local.endpoint_arn, local._named["endpoint-config"], local._named["model"]]
    }
    # Lists cannot be narrowed to one's own resources.
    list = {
      actions   = ["sagemaker:ListModelPackages"]
      resources = ["*"]
    }
    lend_roles_to_jobs = {
      actions    = ["iam:PassRole"]
      resources  = [for role in module.role : role.arn]
      conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["sagemaker.amazonaws.com"] }]
    }
    register = {
      actions = [
        "sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup",
      ]
      resources = [aws_sagemaker_model_package_group.this.arn, "${local._packages}/*"]
    }
    # AWS lets an endpoint whose creation failed only be deleted.
    replace_failed_endpoint = {
      actions   = ["sagemaker:DeleteEndpoint"]
      resources = [local.endpoint_arn]
    }
    run_jobs = {
      actions = [
        "sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob", "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob", "sagemaker:StopProcessingJob", "sagemaker:StopTrainingJob",
      ]
      resources = [local._named["processing-job"], local._named["training-job"]]
    }
    tag = {
      actions   = ["sagemaker:AddTags"]
      resources = concat([local.endpoint_arn, "${local._packages}/*"], values(local._named))
    }
  }
}
