"""Where each attribute ends up in AWS's service models, and the limits that the models leave out.

MODELS: type -> attribute -> `service.Operation.Member...`. LIMITS: type -> attribute -> what AWS's documentation says.
FREE: types whose attributes have no limits of their own, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TAG_KEY = re.compile(r"[\w\s_.:/=+\-@]{1,128}")
TAG_VALUE = re.compile(r"[\w\s_.:/=+\-@]{0,256}")

_LOG_DAYS = (0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


@dataclass(frozen=True)
class Limit:
    """A limit in words, and whether a value keeps it."""

    words: str
    allows: Callable[[Any], bool]


def _text(pattern: str, words: str) -> Limit:
    return Limit(words, lambda value: re.fullmatch(pattern, str(value), re.DOTALL) is not None)


def _between(least: float, most: float) -> Limit:
    return Limit(f"it is {least} to {most}", lambda value: least <= float(value) <= most)


def _words(*words: str) -> Limit:
    return Limit(f"it is one of {', '.join(words)}", lambda value: value in words)


_periods = Limit("a period is 10, 20, 30 or a multiple of 60 seconds", lambda s: s in (10, 20, 30) or s % 60 == 0)
_MWAA_LOGS = {
    f"logging_configuration.{ours}.log_level": f"mwaa.CreateEnvironment.LoggingConfiguration.{theirs}.LogLevel"
    for ours, theirs in {
        "dag_processing_logs": "DagProcessingLogs",
        "scheduler_logs": "SchedulerLogs",
        "task_logs": "TaskLogs",
        "webserver_logs": "WebserverLogs",
        "worker_logs": "WorkerLogs",
    }.items()
}


def _of(operation: str, members: dict[str, str]) -> dict[str, str]:
    """Attributes that all go to one operation."""
    return {attribute: f"{operation}.{member}" for attribute, member in members.items()}


MODELS: dict[str, dict[str, str]] = {
    "aws_batch_compute_environment": _of(
        "batch.CreateComputeEnvironment",
        {
            "compute_environment_name": "computeEnvironmentName",
            "compute_resources.max_vcpus": "computeResources.maxvCpus",
            "compute_resources.type": "computeResources.type",
            "type": "type",
        },
    ),
    "aws_batch_job_definition": _of(
        "batch.RegisterJobDefinition",
        {
            "name": "jobDefinitionName",
            "retry_strategy.attempts": "retryStrategy.attempts",
            "timeout.attempt_duration_seconds": "timeout.attemptDurationSeconds",
            "type": "type",
        },
    ),
    "aws_batch_job_queue": _of(
        "batch.CreateJobQueue",
        {
            "name": "jobQueueName",
            "priority": "priority",
            "state": "state",
        },
    ),
    "aws_budgets_budget": _of(
        "budgets.CreateBudget",
        {
            "budget_type": "Budget.BudgetType",
            "limit_amount": "Budget.BudgetLimit.Amount",
            "name": "Budget.BudgetName",
            "notification.comparison_operator": "NotificationsWithSubscribers.Notification.ComparisonOperator",
            "notification.notification_type": "NotificationsWithSubscribers.Notification.NotificationType",
            "notification.threshold": "NotificationsWithSubscribers.Notification.Threshold",
            "notification.threshold_type": "NotificationsWithSubscribers.Notification.ThresholdType",
            "time_unit": "Budget.TimeUnit",
        },
    ),
    "aws_ce_anomaly_monitor": _of(
        "ce.CreateAnomalyMonitor",
        {
            "monitor_type": "AnomalyMonitor.MonitorType",
            "name": "AnomalyMonitor.MonitorName",
        },
    ),
    "aws_ce_anomaly_subscription": _of(
        "ce.CreateAnomalySubscription",
        {
            "frequency": "AnomalySubscription.Frequency",
            "name": "AnomalySubscription.SubscriptionName",
            "subscriber.address": "AnomalySubscription.Subscribers.Address",
            "subscriber.type": "AnomalySubscription.Subscribers.Type",
        },
    ),
    "aws_chatbot_slack_channel_configuration": _of(
        "chatbot.CreateSlackChannelConfiguration",
        {
            "configuration_name": "ConfigurationName",
            "guardrail_policy_arns": "GuardrailPolicyArns",
            "logging_level": "LoggingLevel",
            "slack_channel_id": "SlackChannelId",
            "slack_team_id": "SlackTeamId",
        },
    ),
    "aws_cloudwatch_event_rule": _of(
        "events.PutRule",
        {
            "description": "Description",
            "event_pattern": "EventPattern",
            "name": "Name",
            "schedule_expression": "ScheduleExpression",
        },
    ),
    "aws_cloudwatch_event_target": _of(
        "events.PutTargets",
        {
            "input_transformer.input_template": "Targets.InputTransformer.InputTemplate",
            "target_id": "Targets.Id",
        },
    ),
    "aws_cloudwatch_log_group": _of(
        "logs.CreateLogGroup",
        {
            "log_group_class": "logGroupClass",
            "name": "logGroupName",
        },
    ),
    "aws_cloudwatch_metric_alarm": _of(
        "cloudwatch.PutMetricAlarm",
        {
            "alarm_description": "AlarmDescription",
            "alarm_name": "AlarmName",
            "comparison_operator": "ComparisonOperator",
            "dimensions": "Dimensions.Value",
            "evaluation_periods": "EvaluationPeriods",
            "metric_name": "MetricName",
            "metric_query.expression": "Metrics.Expression",
            "metric_query.id": "Metrics.Id",
            "metric_query.metric.dimensions": "Metrics.MetricStat.Metric.Dimensions.Value",
            "metric_query.metric.metric_name": "Metrics.MetricStat.Metric.MetricName",
            "metric_query.metric.namespace": "Metrics.MetricStat.Metric.Namespace",
            "namespace": "Namespace",
            "period": "Period",
            "statistic": "Statistic",
        },
    ),
    "aws_codebuild_project": _of(
        "codebuild.CreateProject",
        {
            "artifacts.type": "artifacts.type",
            "build_timeout": "timeoutInMinutes",
            "cache.type": "cache.type",
            "environment.compute_type": "environment.computeType",
            "environment.image": "environment.image",
            "environment.type": "environment.type",
            "name": "name",
            "queued_timeout": "queuedTimeoutInMinutes",
            "source.type": "source.type",
        },
    ),
    "aws_codebuild_report_group": _of(
        "codebuild.CreateReportGroup",
        {
            "export_config.type": "exportConfig.exportConfigType",
            "name": "name",
            "type": "type",
        },
    ),
    "aws_codeconnections_connection": _of(
        "codeconnections.CreateConnection",
        {
            "name": "ConnectionName",
            "provider_type": "ProviderType",
        },
    ),
    "aws_codepipeline": _of(
        "codepipeline.CreatePipeline",
        {
            "artifact_store.location": "pipeline.artifactStore.location",
            "artifact_store.type": "pipeline.artifactStore.type",
            "execution_mode": "pipeline.executionMode",
            "name": "pipeline.name",
            "pipeline_type": "pipeline.pipelineType",
            "stage.action.category": "pipeline.stages.actions.actionTypeId.category",
            "stage.action.input_artifacts": "pipeline.stages.actions.inputArtifacts.name",
            "stage.action.name": "pipeline.stages.actions.name",
            "stage.action.namespace": "pipeline.stages.actions.namespace",
            "stage.action.output_artifacts": "pipeline.stages.actions.outputArtifacts.name",
            "stage.action.owner": "pipeline.stages.actions.actionTypeId.owner",
            "stage.action.provider": "pipeline.stages.actions.actionTypeId.provider",
            "stage.action.run_order": "pipeline.stages.actions.runOrder",
            "stage.before_entry.condition.result": "pipeline.stages.beforeEntry.conditions.result",
            "stage.before_entry.condition.rule.name": "pipeline.stages.beforeEntry.conditions.rules.name",
            "stage.name": "pipeline.stages.name",
            "trigger.git_configuration.push.file_paths.includes": (
                "pipeline.triggers.gitConfiguration.push.filePaths.includes"
            ),
            "trigger.provider_type": "pipeline.triggers.providerType",
        },
    ),
    "aws_ecr_lifecycle_policy": _of(
        "ecr.PutLifecyclePolicy",
        {
            "policy": "lifecyclePolicyText",
            "repository": "repositoryName",
        },
    ),
    "aws_ecr_repository": _of(
        "ecr.CreateRepository",
        {
            "encryption_configuration.encryption_type": "encryptionConfiguration.encryptionType",
            "image_tag_mutability": "imageTagMutability",
            "name": "repositoryName",
        },
    ),
    "aws_eip": _of(
        "ec2.AllocateAddress",
        {
            "domain": "Domain",
        },
    ),
    "aws_emrserverless_application": _of(
        "emr-serverless.CreateApplication",
        {
            "architecture": "architecture",
            "name": "name",
            "release_label": "releaseLabel",
            "type": "type",
        },
    ),
    "aws_flow_log": _of(
        "ec2.CreateFlowLogs",
        {
            "log_destination_type": "LogDestinationType",
            "traffic_type": "TrafficType",
        },
    ),
    "aws_glue_catalog_database": _of(
        "glue.CreateDatabase",
        {
            "description": "DatabaseInput.Description",
            "name": "DatabaseInput.Name",
        },
    ),
    "aws_glue_catalog_table": _of(
        "glue.CreateTable",
        {
            "description": "TableInput.Description",
            "name": "TableInput.Name",
            "partition_keys.name": "TableInput.PartitionKeys.Name",
            "storage_descriptor.columns.name": "TableInput.StorageDescriptor.Columns.Name",
            "storage_descriptor.columns.type": "TableInput.StorageDescriptor.Columns.Type",
        },
    ),
    "aws_glue_crawler": _of(
        "glue.CreateCrawler",
        {
            "description": "Description",
            "name": "Name",
        },
    ),
    "aws_glue_job": _of(
        "glue.CreateJob",
        {
            "command.python_version": "Command.PythonVersion",
            "description": "Description",
            "execution_class": "ExecutionClass",
            "glue_version": "GlueVersion",
            "name": "Name",
            "timeout": "Timeout",
            "worker_type": "WorkerType",
        },
    ),
    "aws_glue_security_configuration": _of(
        "glue.CreateSecurityConfiguration",
        {
            "encryption_configuration.cloudwatch_encryption.cloudwatch_encryption_mode": (
                "EncryptionConfiguration.CloudWatchEncryption.CloudWatchEncryptionMode"
            ),
            "encryption_configuration.job_bookmarks_encryption.job_bookmarks_encryption_mode": (
                "EncryptionConfiguration.JobBookmarksEncryption.JobBookmarksEncryptionMode"
            ),
            "encryption_configuration.s3_encryption.s3_encryption_mode": (
                "EncryptionConfiguration.S3Encryption.S3EncryptionMode"
            ),
            "name": "Name",
        },
    ),
    "aws_iam_policy": _of(
        "iam.CreatePolicy",
        {
            "description": "Description",
            "name": "PolicyName",
            "path": "Path",
        },
    ),
    "aws_iam_role": _of(
        "iam.CreateRole",
        {
            "description": "Description",
            "max_session_duration": "MaxSessionDuration",
            "name": "RoleName",
            "path": "Path",
        },
    ),
    "aws_iam_role_policy": _of(
        "iam.PutRolePolicy",
        {
            "name": "PolicyName",
        },
    ),
    "aws_kms_alias": _of(
        "kms.CreateAlias",
        {
            "name": "AliasName",
        },
    ),
    "aws_kms_key": _of(
        "kms.CreateKey",
        {
            "customer_master_key_spec": "CustomerMasterKeySpec",
            "description": "Description",
            "key_usage": "KeyUsage",
        },
    )
    | _of(
        "kms.ScheduleKeyDeletion",
        {
            "deletion_window_in_days": "PendingWindowInDays",
        },
    ),
    "aws_lambda_function": _of(
        "lambda.CreateFunction",
        {
            "architectures": "Architectures",
            "dead_letter_config.target_arn": "DeadLetterConfig.TargetArn",
            "description": "Description",
            "ephemeral_storage.size": "EphemeralStorage.Size",
            "function_name": "FunctionName",
            "handler": "Handler",
            "memory_size": "MemorySize",
            "package_type": "PackageType",
            "runtime": "Runtime",
            "s3_key": "Code.S3Key",
            "timeout": "Timeout",
            "tracing_config.mode": "TracingConfig.Mode",
        },
    ),
    "aws_mwaa_environment": _of(
        "mwaa.CreateEnvironment",
        {
            "airflow_version": "AirflowVersion",
            "dag_s3_path": "DagS3Path",
            "endpoint_management": "EndpointManagement",
            "environment_class": "EnvironmentClass",
            "max_webservers": "MaxWebservers",
            "max_workers": "MaxWorkers",
            "min_webservers": "MinWebservers",
            "min_workers": "MinWorkers",
            "name": "Name",
            "network_configuration.security_group_ids": "NetworkConfiguration.SecurityGroupIds",
            "network_configuration.subnet_ids": "NetworkConfiguration.SubnetIds",
            "requirements_s3_path": "RequirementsS3Path",
            "webserver_access_mode": "WebserverAccessMode",
            "weekly_maintenance_window_start": "WeeklyMaintenanceWindowStart",
        },
    )
    | _MWAA_LOGS,
    "aws_nat_gateway": _of(
        "ec2.CreateNatGateway",
        {
            "connectivity_type": "ConnectivityType",
        },
    ),
    "aws_s3_bucket_lifecycle_configuration": _of(
        "s3.PutBucketLifecycleConfiguration",
        {
            "rule.status": "LifecycleConfiguration.Rules.Status",
            "rule.transition.storage_class": "LifecycleConfiguration.Rules.Transitions.StorageClass",
        },
    ),
    "aws_s3_bucket_ownership_controls": _of(
        "s3.PutBucketOwnershipControls",
        {
            "rule.object_ownership": "OwnershipControls.Rules.ObjectOwnership",
        },
    ),
    "aws_s3_bucket_server_side_encryption_configuration": _of(
        "s3.PutBucketEncryption",
        {
            "rule.apply_server_side_encryption_by_default.sse_algorithm": (
                "ServerSideEncryptionConfiguration.Rules.ApplyServerSideEncryptionByDefault.SSEAlgorithm"
            ),
        },
    ),
    "aws_s3_bucket_versioning": _of(
        "s3.PutBucketVersioning",
        {
            "versioning_configuration.status": "VersioningConfiguration.Status",
        },
    ),
    "aws_s3_object": _of(
        "s3.PutObject",
        {
            "key": "Key",
        },
    ),
    "aws_sagemaker_model_package_group": _of(
        "sagemaker.CreateModelPackageGroup",
        {
            "model_package_group_description": "ModelPackageGroupDescription",
            "model_package_group_name": "ModelPackageGroupName",
        },
    ),
    "aws_scheduler_schedule": _of(
        "scheduler.CreateSchedule",
        {
            "description": "Description",
            "flexible_time_window.mode": "FlexibleTimeWindow.Mode",
            "name": "Name",
            "schedule_expression": "ScheduleExpression",
            "schedule_expression_timezone": "ScheduleExpressionTimezone",
            "state": "State",
            "target.dead_letter_config.arn": "Target.DeadLetterConfig.Arn",
            "target.retry_policy.maximum_event_age_in_seconds": "Target.RetryPolicy.MaximumEventAgeInSeconds",
            "target.retry_policy.maximum_retry_attempts": "Target.RetryPolicy.MaximumRetryAttempts",
        },
    ),
    "aws_secretsmanager_secret": _of(
        "secretsmanager.CreateSecret",
        {
            "description": "Description",
            "name": "Name",
        },
    )
    | _of(
        "secretsmanager.DeleteSecret",
        {
            "recovery_window_in_days": "RecoveryWindowInDays",
        },
    ),
    "aws_ssm_parameter": _of(
        "ssm.PutParameter",
        {
            "name": "Name",
            "tier": "Tier",
            "type": "Type",
        },
    ),
    "aws_vpc": _of(
        "ec2.CreateVpc",
        {
            "instance_tenancy": "InstanceTenancy",
        },
    ),
    "aws_vpc_endpoint": _of(
        "ec2.CreateVpcEndpoint",
        {
            "vpc_endpoint_type": "VpcEndpointType",
        },
    ),
}

LIMITS: dict[str, dict[str, Limit]] = {
    "aws_cloudwatch_dashboard": {
        "dashboard_name": _text(r"[A-Za-z0-9_-]{1,255}", "a dashboard's name has 1 to 255 letters, digits, - and _"),
    },
    "aws_cloudwatch_metric_alarm": {
        "metric_query.id": _text(r"[a-z][a-zA-Z0-9_]{0,254}", "a query's id begins with a small letter"),
        "metric_query.metric.period": _periods,
        "period": _periods,
        "treat_missing_data": _words("breaching", "ignore", "missing", "notBreaching"),
    },
    "aws_ecr_lifecycle_policy": {
        "policy": _text(r"\s*\{.*\}\s*", "a lifecycle policy is a JSON object"),
    },
    "aws_flow_log": {
        "max_aggregation_interval": Limit("flows are gathered for 60 or 600 seconds", lambda value: value in (60, 600)),
    },
    "aws_cloudwatch_log_group": {
        "retention_in_days": Limit(
            f"CloudWatch Logs keeps for one of {_LOG_DAYS} days", lambda days: days in _LOG_DAYS
        ),
    },
    "aws_iam_role": {"name": _text(r"[\w+=,.@-]{1,64}", "a role's name has 1 to 64 letters, digits and _+=,.@-")},
    "aws_scheduler_schedule": {
        "schedule_expression": _text(
            r"cron\(\S+ \S+ \S+ \S+ \S+ \S+\)|rate\(\d+ (minute|hour|day)s?\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)",
            "a schedule is cron(with six fields), rate(1 day) or at(yyyy-mm-ddThh:mm:ss)",
        ),
    },
    "aws_secretsmanager_secret": {
        "name": _text(
            r"(?!.*-[A-Za-z0-9]{6}$)[A-Za-z0-9/_+=.@-]{1,512}",
            "a secret's name has letters, digits and /_+=.@-, and does not end like the suffix that AWS appends",
        ),
        "recovery_window_in_days": Limit(
            "a deleted secret can be brought back for 7 to 30 days, or 0 for not at all",
            lambda days: days == 0 or 7 <= days <= 30,
        ),
    },
    "aws_security_group": {
        "description": _text(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}", "EC2 takes 255 plain characters here"),
        "name": _text(r"(?!sg-)[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}", "a group's name has 255 plain characters"),
    },
    "aws_sns_topic": {
        "display_name": _text(r".{0,100}", "a topic's display name has up to 100 characters"),
        "name": _text(r"[A-Za-z0-9_-]{1,256}", "a topic's name has 1 to 256 letters, digits, - and _"),
    },
    "aws_ssm_parameter": {
        "name": _text(r"(?!/?(aws|ssm))[A-Za-z0-9_.\-/]{1,1011}", "a parameter's name does not begin with aws or ssm"),
        "value": _text(r".{1,4096}", "a standard parameter holds 1 to 4096 characters"),
    },
    "aws_sns_topic_subscription": {
        "protocol": _words("email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"),
    },
    "aws_sqs_queue": {
        "kms_data_key_reuse_period_seconds": _between(60, 86400),
        "max_message_size": _between(1024, 1048576),
        "message_retention_seconds": _between(60, 1209600),
        "name": _text(r"[A-Za-z0-9_-]{1,80}", "a queue's name has 1 to 80 letters, digits, - and _"),
        "visibility_timeout_seconds": _between(0, 43200),
    },
    "aws_subnet": {"cidr_block": _text(r"[\d.]+/(1[6-9]|2[0-8])", "a subnet is between /16 and /28")},
    "aws_vpc": {"cidr_block": _text(r"[\d.]+/(1[6-9]|2[0-8])", "a VPC is between /16 and /28")},
    "aws_vpc_security_group_egress_rule": {
        "description": _text(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*']{0,255}", "EC2 takes 255 plain characters here"),
    },
    "aws_vpc_security_group_ingress_rule": {
        "description": _text(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*']{0,255}", "EC2 takes 255 plain characters here"),
    },
}

# What the DAGs hand on at run time: setting -> the members it becomes.
SETTINGS: dict[str, tuple[str, ...]] = {
    "endpoint": ("sagemaker.CreateEndpoint.EndpointName",),
    "endpoint_deployment": ("sagemaker.UpdateEndpoint.DeploymentConfig",),
    "job_instance_type": (
        "sagemaker.CreateTrainingJob.ResourceConfig.InstanceType",
        "sagemaker.CreateProcessingJob.ProcessingResources.ClusterConfig.InstanceType",
    ),
    "model_package_group": ("sagemaker.CreateModelPackage.ModelPackageGroupName",),
    "serving_image": ("sagemaker.CreateModel.PrimaryContainer.Image",),
    "serving_instance_type": ("sagemaker.CreateEndpointConfig.ProductionVariants.InstanceType",),
}

FREE: dict[str, str] = {
    "aws_default_security_group": "holds no rules, so that it lets nothing through",
    "aws_iam_role_policy_attachment": "links a role and a policy, which have rules of their own",
    "aws_internet_gateway": "has nothing but its VPC and tags",
    "aws_route": "links ids; which, the rules of the network check",
    "aws_route_table": "has nothing but its VPC and tags",
    "aws_route_table_association": "links ids",
    "aws_s3_bucket": "its name has a rule of its own in buckets.py",
    "aws_s3_bucket_logging": "links two buckets, which buckets.py checks",
    "aws_s3_bucket_policy": "a document, which the rules of policies check",
    "aws_s3_bucket_public_access_block": "four booleans, which buckets.py checks",
    "aws_sns_topic_policy": "a document, which the rules of policies check",
}
