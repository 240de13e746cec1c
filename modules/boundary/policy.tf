locals {
  _policy = jsonencode({ Version = "2012-10-17", Statement = concat(local._allowed, local._lent, local._denied) })

  _lent = [
    for objects in [sort(var.readable_objects)] : {
      Sid      = "ObjectsOfOthers"
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = objects
    } if length(objects) > 0
  ]

  _allowed = [
    {
      Sid      = "Lake"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:GetBucket*", "s3:GetObject*", "s3:List*", "s3:PutObject"]
      Resource = local._buckets
    },
    {
      Sid    = "OwnNames"
      Effect = "Allow"
      Action = [
        "airflow:PublishMetrics",
        "batch:Submit*",
        "ecr:BatchCheck*", "ecr:BatchGetImage", "ecr:GetDownload*",
        "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*",
        "lambda:InvokeFunction",
        "sagemaker:AddTags", "sagemaker:CreateEndpoint*", "sagemaker:CreateHyper*", "sagemaker:CreateModel*",
        "sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob", "sagemaker:DeleteEndpoint", "sagemaker:Describe*",
        "sagemaker:InvokeEndpoint", "sagemaker:ListTrainingJobsFor*", "sagemaker:UpdateEndpoint*",
        "sagemaker-mlflow:Create*", "sagemaker-mlflow:Get*", "sagemaker-mlflow:LogBatch", "sagemaker-mlflow:SearchRuns",
        "sagemaker-mlflow:UpdateRun",
        "secretsmanager:GetSecretValue",
        "sns:Publish",
        "sqs:SendMessage",
        "ssm:GetParameter*",
      ]
      Resource = local._own
    },
    {
      Sid    = "AirflowsQueue"
      Effect = "Allow"
      Action = [
        "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueue*",
        "sqs:ReceiveMessage", "sqs:SendMessage",
      ]
      Resource = local._queues
    },
    {
      # Jobs share their log groups with everything else in the account.
      Sid    = "Logs"
      Effect = "Allow"
      Action = [
        "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:Get*",
        "logs:PutLogEvents",
      ]
      Resource = [
        for group in ["airflow-${var.name_prefix}-*", "/aws-glue/*", "/aws/batch*", "/aws/emr-serverless*", "/aws/lambda/${var.name_prefix}-*", "/aws/sagemaker/*"] :
        "arn:${local._partition}:logs:${local._account}:log-group:${group}"
      ]
    },
    {
      # None of these can be narrowed to resources.
      Sid    = "Account"
      Effect = "Allow"
      Action = [
        "application-autoscaling:Describe*",
        "batch:DescribeJobs", "batch:ListJobs",
        "cloudwatch:DescribeAlarms", "cloudwatch:GetMetric*", "cloudwatch:PutMetricData",
        "ecr:GetAuthorizationToken",
        "logs:DescribeLogGroups",
        "s3:GetAccountPublicAccessBlock",
        "sagemaker:ListModelPackages",
        "xray:PutT*",
      ]
      Resource = "*"
    },
    {
      Sid    = "Scaling"
      Effect = "Allow"
      Action = [
        "application-autoscaling:DeregisterScalableTarget", "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:RegisterScalableTarget",
        "cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm",
      ]
      Resource = [
        "arn:${local._partition}:application-autoscaling:${local._account}:scalable-target/*",
        "arn:${local._partition}:cloudwatch:${local._account}:alarm:TargetTracking-endpoint/${var.name_prefix}-*",
      ]
    },
    {
      Sid    = "Spark"
      Effect = "Allow"
      Action = [
        "emr-serverless:CancelJobRun", "emr-serverless:Get*", "emr-serverless:Start*",
        "glue:Batch*", "glue:CreateTable", "glue:Get*", "glue:StartJobRun", "glue:UpdatePartition",
        "glue:UpdateTable",
      ]
      Resource = concat(
        ["arn:${local._partition}:emr-serverless:${local._account}:/applications/*"],
        [
          for name in [
            "catalog", "crawler/${var.name_prefix}-*", "database/${local._catalog}", "database/default", "job/${var.name_prefix}-*",
            "table/${local._catalog}/*",
          ] :
          "arn:${local._partition}:glue:${local._account}:${name}"
        ],
      )
    },
    {
      Sid       = "LendRoles"
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = local._roles
      Condition = { StringEquals = { "iam:PassedToService" = ["emr-serverless.amazonaws.com", "glue.amazonaws.com", "sagemaker.amazonaws.com"] } }
    },
    {
      Sid      = "ScaleForTheFirstTime"
      Effect   = "Allow"
      Action   = "iam:CreateServiceLinkedRole"
      Resource = local._scaling
    },
  ]

  # What is not allowed above is refused anyway, unless the policy of some bucket, queue or key lets the role in by name.
  # These refuse that as well.
  _denied = [
    {
      Sid    = "NoOtherService"
      Effect = "Deny"
      NotAction = [
        "airflow:*", "application-autoscaling:*", "batch:*", "cloudwatch:*", "ecr:*", "emr-serverless:*", "glue:*",
        "iam:CreateServiceLinkedRole", "iam:PassRole", "kms:*", "lambda:*", "logs:*", "s3:*", "sagemaker:*",
        "sagemaker-mlflow:*", "secretsmanager:*", "sns:*", "sqs:*", "ssm:*", "xray:*",
      ]
      Resource = "*"
    },
    {
      Sid         = "NoOtherBuckets"
      Effect      = "Deny"
      Action      = ["s3:*Bucket*", "s3:*Object*", "s3:*Upload*"]
      NotResource = concat(local._buckets, sort(var.readable_objects))
    },
    {
      # Of the services whose resources can have a policy of their own; of the others what is not allowed is shut anyway.
      Sid    = "NoOtherNames"
      Effect = "Deny"
      Action = [
        "kms:*", "lambda:*", "sagemaker:Add*", "sagemaker:Create*", "sagemaker:Delete*", "sagemaker:Describe*",
        "sagemaker:Invoke*", "sagemaker:Stop*", "sagemaker:Update*", "secretsmanager:*", "sns:*", "sqs:*",
      ]
      NotResource = concat(
        [var.kms_key_arn],
        [for service in ["lambda", "sagemaker", "secretsmanager", "sns", "sqs"] : local._names[service]],
        [local._queues],
      )
    },
    {
      Sid         = "NoOtherRoles"
      Effect      = "Deny"
      Action      = "iam:*"
      NotResource = [local._roles, local._scaling]
    },
  ]
}
