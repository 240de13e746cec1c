# What a plan asks AWS about what stands, and nothing of what lies in the lake. The list is what a refresh really asks.
locals {
  _reading = {
    reading = {
      State = {
        actions   = ["s3:GetObject"]
        resources = ["${var.state.bucket_arn}/${var.state.key}", "${var.state.bucket_arn}/${var.state.key}.tflock"]
      }
      StateBucket = { actions = ["s3:ListBucket"], resources = [var.state.bucket_arn] }
      StateKey    = { actions = ["kms:Decrypt", "kms:DescribeKey"], resources = [var.state.key_arn] }
      # None of these can be narrowed, or the names are AWS's; they tell of settings, not of data.
      Account = {
        actions = [
          "batch:Describe*", "ce:GetAnomalyMonitors", "ce:GetAnomalySubscriptions", "ce:ListTagsForResource", "chatbot:Describe*",
          "chatbot:ListTagsForResource", "cloudwatch:DescribeAlarms", "ec2:DescribeAddresses*", "ec2:DescribeAvailabilityZones",
          "ec2:DescribeFlowLogs", "ec2:DescribeInternetGateways", "ec2:DescribeManagedPrefixLists", "ec2:DescribeNatGateways",
          "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists", "ec2:DescribeRouteTables",
          "ec2:DescribeSecurityGroup*", "ec2:DescribeSubnets", "ec2:DescribeTags", "ec2:DescribeVpc*", "glue:GetSecurityConfiguration",
          "kms:ListAliases", "logs:DescribeLogGroups", "sagemaker:ListEndpointConfigs", "sns:GetSubscriptionAttributes",
          "ssm:DescribeParameters",
        ]
        resources = ["*"]
      }
      Buckets = {
        actions = [
          "s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
          "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListTagsForResource",
        ]
        resources = ["${local._buckets}-*"]
      }
      Code = {
        actions   = ["s3:GetObject", "s3:GetObjectAttributes", "s3:GetObjectTagging", "s3:GetObjectVersion"]
        resources = ["${local._s3.airflow}/*", "${local._s3.models}/code/*", "${local._s3.models}/mlflow/db/README.md"]
      }
      Roles = {
        actions   = ["iam:GetPolicy*", "iam:GetRole*", "iam:List*Polic*", "iam:ListInstanceProfilesForRole", "iam:List*Tags"]
        resources = ["${local._iam}:policy/${var.name_prefix}-*", "${local._iam}:role/${var.name_prefix}-*"]
      }
      Key = {
        actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
        resources = ["${local._arn["kms"]}:key/*"]
        condition = local._is_ours
      }
      Applications = {
        actions   = ["emr-serverless:GetApplication", "emr-serverless:ListTagsForResource"]
        resources = ["${local._arn["emr-serverless"]}:/applications/*"]
        condition = local._is_ours
      }
      Named = {
        actions = [
          "airflow:GetEnvironment", "airflow:ListTagsForResource", "batch:ListTagsForResource", "budgets:ListTagsForResource", "budgets:ViewBudget",
          "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource", "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy",
          "ecr:ListTagsForResource", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
          "glue:GetCrawler", "glue:GetDatabase", "glue:GetJob", "glue:GetPartitionIndexes", "glue:GetTable", "glue:GetTags",
          "lambda:GetFunction*", "lambda:ListTags", "lambda:ListVersionsByFunction", "logs:ListTags*", "sagemaker:Describe*",
          "sagemaker:ListTags", "scheduler:GetSchedule", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy",
          "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic",
          "sns:ListTagsForResource", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags", "ssm:GetParameter*",
          "ssm:ListTagsForResource",
        ]
        resources = local._named
      }
    }
    planning = {
      # A plan locks the state, so that nobody applies meanwhile; it never writes the state itself.
      Lock    = { actions = ["s3:DeleteObject", "s3:PutObject"], resources = ["${var.state.bucket_arn}/${var.state.key}.tflock"] }
      LockKey = { actions = ["kms:GenerateDataKey"], resources = [var.state.key_arn] }
      # What somebody changed by hand is told to those who hear the alerts.
      TellDrift = { actions = ["sns:Publish"], resources = ["${local._arn["sns"]}:${var.name_prefix}-alerts"] }
      TellDriftKey = {
        actions   = ["kms:GenerateDataKey"]
        resources = ["${local._arn["kms"]}:key/*"]
        condition = merge(local._is_ours, { StringLike = { "kms:ViaService" = "sns.*.amazonaws.com" } })
      }
    }
  }

  # Everything of the environment that bears a name of ours.
  _named = concat(
    [
      "arn:${local._partition}:budgets::${local._account}:budget/${var.name_prefix}-*",
      "arn:${local._partition}:cloudwatch::${local._account}:dashboard/${var.name_prefix}",
    ],
    [for service, names in local._names : "${local._arn[service]}:${names}"],
    [for group in local._log_groups : "${local._arn["logs"]}:log-group:${group}"],
    [for name in local._tables : "${local._arn["glue"]}:${name}"],
  )
  _names = {
    airflow        = "environment/${var.name_prefix}-*"
    batch          = "*/${var.name_prefix}-*"
    cloudwatch     = "alarm:${var.name_prefix}-*"
    ecr            = "repository/${var.name_prefix}-*"
    events         = "rule/${var.name_prefix}-*"
    lambda         = "function:${var.name_prefix}-*"
    sagemaker      = "*/${var.name_prefix}-*"
    scheduler      = "schedule/default/${var.name_prefix}-*"
    secretsmanager = "secret:${var.name_prefix}-*"
    sns            = "${var.name_prefix}-*"
    sqs            = "${var.name_prefix}-*"
    ssm            = "parameter${var.settings_prefix}/*"
  }
  _log_groups = [
    "/aws-glue/jobs/${var.name_prefix}-*", "/aws/batch/${var.name_prefix}-*", "/aws/emr-serverless/${var.name_prefix}-*", "/aws/lambda/${var.name_prefix}-*",
    "/aws/sagemaker/Endpoints/${var.name_prefix}-*", "airflow-${var.name_prefix}-*",
  ]
  _tables = [
    "catalog", "crawler/${var.name_prefix}-*", "database/${local._catalog}", "job/${var.name_prefix}-*",
    "table/${local._catalog}/*",
  ]
}
