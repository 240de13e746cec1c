# What others need in order to use what stands here; whoever orchestrates takes `operate`, whoever forecasts `invoke`.
locals {
  # Jobs, models and configurations get their names from the DAGs, each starting with our prefix; ARNs have small letters.
  _named = {
    for kind in ["endpoint-config", "hyper-parameter-tuning-job", "model", "processing-job", "training-job"] :
    kind => "${local._arn}:${kind}/${lower(var.name_prefix)}-*"
  }
  _packages = "${local._arn}:model-package/${lower(aws_sagemaker_model_package_group.this.model_package_group_name)}"

  _invoke = {
    invoke_endpoint = {
      actions   = ["sagemaker:InvokeEndpoint"]
      resources = [local.endpoint_arn]
    }
  }
  _operate = { for name, statement in local._steps_of_operation : name => {
    actions    = statement.actions
    conditions = lookup(statement, "conditions", [])
    resources  = statement.resources
  } if length(statement.resources) > 0 }

  _steps_of_operation = {
    deploy = {
      actions = [
        "sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig", "sagemaker:CreateModel",
        "sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel",
        "sagemaker:UpdateEndpoint",
      ]
      resources = [local.endpoint_arn, local._named["endpoint-config"], local._named["model"]]
    }
    know_key = {
      actions   = ["kms:DescribeKey"]
      resources = [var.kms_key_arn]
    }
    lend_key_to_disk = local._lend_key # whoever makes an endpoint lends the key to its machines
    # Lists cannot be narrowed to one's own resources.
    list = {
      actions   = ["application-autoscaling:DescribeScalableTargets", "sagemaker:ListModelPackages"]
      resources = ["*"]
    }
    lend_roles_to_jobs = {
      actions    = ["iam:PassRole"]
      resources  = [for role in module.role : role.arn]
      conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["sagemaker.amazonaws.com"] }]
    }
    # Where a person approves, nobody else can: a version that names another state is refused.
    register = {
      actions   = ["sagemaker:CreateModelPackage"]
      resources = [aws_sagemaker_model_package_group.this.arn, "${local._packages}/*"]
      conditions = var.approval == "automatic" ? [] : [
        { test = "StringEquals", variable = "sagemaker:ModelApprovalStatus", values = ["PendingManualApproval"] },
      ]
    }
    read_versions = {
      actions   = ["sagemaker:DescribeModelPackage"]
      resources = ["${local._packages}/*"]
    }
    # AWS lets an endpoint whose creation failed only be deleted.
    replace_failed_endpoint = {
      actions   = ["sagemaker:DeleteEndpoint"]
      resources = [local.endpoint_arn]
    }
    run_jobs = {
      actions = [
        "sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob", "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob",
      ]
      resources = [local._named["processing-job"], local._named["training-job"]]
    }
    tag = {
      actions   = ["sagemaker:AddTags"]
      resources = concat([local.endpoint_arn], values(local._named))
    }

    tune = { # its trainings are SageMaker's own, under the role that is lent to them
      actions = [
        "sagemaker:CreateHyperParameterTuningJob", "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
      ]
      resources = [local._named["hyper-parameter-tuning-job"]]
    }

    # Scaling: Application Auto Scaling acts with its caller's rights, and gives its targets names that nobody chose.
    # Ending it is allowed without a scaling too, for that is how one is taken away.
    end_scaling = {
      actions    = ["application-autoscaling:DeregisterScalableTarget"]
      resources  = ["${local._scaling}:scalable-target/*"]
      conditions = local._our_dimension
    }
    end_scaling_alarms = {
      actions   = ["cloudwatch:DeleteAlarms"]
      resources = [local._scaling_alarms]
    }
    scale = {
      actions    = ["application-autoscaling:PutScalingPolicy", "application-autoscaling:RegisterScalableTarget"]
      resources  = [for arn in ["${local._scaling}:scalable-target/*"] : arn if var.serving.scaling != null]
      conditions = local._our_dimension
    }
    scale_alarms = {
      actions   = ["cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"]
      resources = [for arn in [local._scaling_alarms] : arn if var.serving.scaling != null]
    }
    scale_endpoint = {
      actions   = ["sagemaker:UpdateEndpointWeightsAndCapacities"]
      resources = [for arn in [local.endpoint_arn] : arn if var.serving.scaling != null]
    }
    scale_for_the_first_time = {
      actions    = ["iam:CreateServiceLinkedRole"]
      resources  = [for arn in [local._scaling_role] : arn if var.serving.scaling != null]
      conditions = [{ test = "StringEquals", variable = "iam:AWSServiceName", values = ["sagemaker.application-autoscaling.amazonaws.com"] }]
    }
  }

  _account        = "${data.aws_partition.current.partition}:%s:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  _scaling        = "arn:${format(local._account, "application-autoscaling")}"
  _scaling_alarms = "arn:${format(local._account, "cloudwatch")}:alarm:TargetTracking-endpoint/${local.endpoint_name}/*"
  _scaling_role   = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
  _our_dimension = [
    { test = "StringEquals", variable = "application-autoscaling:scalable-dimension", values = ["sagemaker:variant:DesiredInstanceCount"] },
  ]
}
