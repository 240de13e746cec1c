# What terraform/platform makes, changes and removes. Nothing here reads or writes what lies in the lake, and no role
# made here can exceed the environment's boundary.
locals {
  _boundary = "${local._iam}:policy/${var.name_prefix}-boundary"
  _lifted   = ["${local._iam}:policy/${var.name_prefix}-deploy-*", "${local._iam}:policy/${var.name_prefix}-state"]
  _deploy   = [for role in ["apply", "plan", "release", "review"] : "${local._iam}:role/${var.name_prefix}-${role}"]
  _roles_of = "${local._iam}:role/${var.name_prefix}-*"
  _takers = [
    "airflow", "airflow-env", "chatbot", "ecs-tasks", "glue", "lambda", "management.chatbot", "sagemaker", "scheduler",
  ]
  _own_roles = {
    airflow          = "airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA"
    batch            = "batch.amazonaws.com/AWSServiceRoleForBatch"
    chatbot          = "management.chatbot.amazonaws.com/AWSServiceRoleForAWSChatbot"
    "emr-serverless" = "ops.emr-serverless.amazonaws.com/AWSServiceRoleForAmazonEMRServerless"
  }

  _applying = {
    apply-data = {
      Buckets = {
        actions = [
          "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucket*", "s3:PutEncryptionConfiguration",
          "s3:PutLifecycleConfiguration", "s3:TagResource", "s3:UntagResource",
        ]
        resources = ["${local._buckets}-*"]
      }
      Code = {
        actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject", "s3:PutObjectTagging"]
        resources = ["${local._s3.airflow}/*", "${local._s3.models}/code/*", "${local._s3.models}/mlflow/db/README.md"]
      }
      CodeVersions = { actions = ["s3:ListBucketVersions"], resources = values(local._s3) }
      MakeKey = { # asks for the tag's right before there is a key; one that others use has an alias
        actions   = ["kms:CreateKey", "kms:TagResource"]
        resources = ["*"]
        condition = merge(local._gets_ours, { Null = merge(local._untagged.Null, { "kms:ResourceAliases" = "true" }) })
      }
      Key = {
        actions = [
          "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:CreateGrant", "kms:Decrypt", "kms:DeleteAlias", "kms:EnableKeyRotation",
          "kms:Encrypt", "kms:GenerateDataKey*", "kms:ListGrants", "kms:PutKeyPolicy", "kms:ReEncrypt*", "kms:RevokeGrant",
          "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
        ]
        resources = ["${local._arn["kms"]}:key/*"]
        condition = local._is_ours
      }
      Alias = {
        actions   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
        resources = ["${local._arn["kms"]}:alias/${var.name_prefix}"]
      }
      Tables = {
        actions = [
          "glue:Create*", "glue:Delete*", "glue:StartCrawlerSchedule", "glue:StopCrawlerSchedule", "glue:TagResource",
          "glue:UntagResource", "glue:Update*",
        ]
        resources = [for name in local._tables : "${local._arn["glue"]}:${name}"]
      }
      GlueSecurity = { # knows no resources
        actions   = ["glue:CreateSecurityConfiguration", "glue:DeleteSecurityConfiguration"]
        resources = ["*"]
      }
      Logs = {
        actions = [
          "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy",
          "logs:DisassociateKmsKey", "logs:PutRetentionPolicy", "logs:Tag*", "logs:Untag*",
        ]
        resources = [for group in local._log_groups : "${local._arn["logs"]}:log-group:${group}"]
      }
    }

    apply-work = {
      Named = {
        actions = [
          "airflow:CreateEnvironment", "airflow:DeleteEnvironment", "airflow:TagResource", "airflow:UntagResource",
          "airflow:UpdateEnvironment", "batch:CreateComputeEnvironment", "batch:CreateJobQueue", "batch:DeleteComputeEnvironment",
          "batch:DeleteJobQueue", "batch:DeregisterJobDefinition", "batch:RegisterJobDefinition", "batch:TagResource",
          "batch:UntagResource", "batch:UpdateComputeEnvironment", "batch:UpdateJobQueue", "budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource",
          "cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm",
          "cloudwatch:TagResource", "cloudwatch:UntagResource", "ecr:CreateRepository", "ecr:DeleteLifecyclePolicy",
          "ecr:DeleteRepository", "ecr:PutImageScanningConfiguration", "ecr:PutImageTagMutability", "ecr:PutLifecyclePolicy",
          "ecr:TagResource", "ecr:UntagResource", "events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets",
          "events:TagResource", "events:UntagResource", "lambda:AddPermission", "lambda:CreateFunction", "lambda:DeleteFunction*",
          "lambda:PutFunction*", "lambda:RemovePermission", "lambda:TagResource", "lambda:UntagResource", "lambda:UpdateFunction*",
          "sagemaker:AddTags", "sagemaker:CreateModelPackageGroup", "sagemaker:DeleteModelPackageGroup", "sagemaker:DeleteTags",
          "scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule",
          # of secrets the place alone: what is in them only a person writes and only its reader reads
          "secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:TagResource",
          "secretsmanager:UntagResource", "secretsmanager:UpdateSecret", "sns:CreateTopic", "sns:DeleteTopic",
          "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource", "sqs:CreateQueue", "sqs:DeleteQueue",
          "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue", "ssm:AddTagsToResource", "ssm:DeleteParameter",
          "ssm:PutParameter", "ssm:RemoveTagsFromResource",
        ]
        resources = local._named
      }
      Subscriptions = { actions = ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"], resources = ["*"] } # know no resources
      Slack = {
        actions = [
          "chatbot:CreateSlackChannelConfiguration", "chatbot:DeleteSlackChannelConfiguration", "chatbot:TagResource",
          "chatbot:UntagResource", "chatbot:UpdateSlackChannelConfiguration",
        ]
        resources = ["arn:${local._partition}:chatbot::${local._account}:chat-configuration/slack-channel/${var.name_prefix}-*"]
      }
      MakeTagged = {
        actions   = ["ce:CreateAnomalyMonitor", "ce:CreateAnomalySubscription", "ce:TagResource", "emr-serverless:CreateApplication", "emr-serverless:TagResource"]
        resources = ["*"]
        condition = merge(local._gets_ours, local._untagged)
      }
      ChangeTagged = {
        actions = [
          "ce:DeleteAnomaly*", "ce:TagResource", "ce:UntagResource", "ce:UpdateAnomaly*", "emr-serverless:DeleteApplication",
          "emr-serverless:StopApplication", "emr-serverless:TagResource", "emr-serverless:UntagResource",
          "emr-serverless:UpdateApplication",
        ]
        resources = [
          "${local._arn["emr-serverless"]}:/applications/*", "arn:${local._partition}:ce::${local._account}:anomalymonitor/*",
          "arn:${local._partition}:ce::${local._account}:anomalysubscription/*",
        ]
        condition = local._is_ours
      }
    }

    apply-roles = {
      # A role without the boundary could do what its maker may not; so none is made, and none is given more.
      BoundedRoles = {
        actions   = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
        resources = [local._roles_of]
        condition = { StringEquals = { "iam:PermissionsBoundary" = local._boundary } }
      }
      Roles = {
        actions   = ["iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
        resources = [local._roles_of]
      }
      LendRoles = {
        actions   = ["iam:PassRole"]
        resources = [local._roles_of]
        condition = { StringEquals = { "iam:PassedToService" = [for service in local._takers : "${service}.amazonaws.com"] } }
      }
      # The first apply makes the boundary. Who could rewrite it later would have no limits: that is left to a person.
      Boundary = { actions = ["iam:CreatePolicy", "iam:TagPolicy", "iam:UntagPolicy"], resources = [local._boundary] }
      NeverTheBoundary = {
        effect = "Deny"
        actions = [
          "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteRolePermissionsBoundary",
          "iam:SetDefaultPolicyVersion",
        ]
        resources = ["*"]
      }
      NeverTheDeployers = {
        effect = "Deny"
        actions = [
          "iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*", "iam:Set*", "iam:Tag*",
          "iam:Untag*", "iam:Update*", "sts:AssumeRole",
        ]
        resources = concat(local._deploy, local._lifted)
      }
      ServicesOwnRoles = {
        actions   = ["iam:CreateServiceLinkedRole"]
        resources = [for name in values(local._own_roles) : "${local._iam}:role/aws-service-role/${name}"]
      }
    }
  }

  _untagged = { Null = { "aws:ResourceTag/Project" = "true" } } # nobody's yet: a tag must not take over another's
}
