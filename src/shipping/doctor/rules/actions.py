"""Actions that exist. IAM takes a misspelt action without a word, and denies the right one at night.

Most actions are called like the API's operation, and botocore knows those. The others stand here with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from shipping.doctor import aws_models, policies
from shipping.doctor.findings import Finding
from shipping.doctor.plan import Plan

# Where IAM's prefix is not the name of one service of botocore.
SERVICES = {
    "airflow": ("mwaa",),
    "emr-serverless": ("emr-serverless",),
    "s3": ("s3", "s3control"),
    "sagemaker": ("sagemaker", "sagemaker-runtime"),
}
# Prefixes of services that botocore does not know at all: MLflow's own programs speak to this one.
WITHOUT_OPERATIONS = frozenset({"sagemaker-mlflow"})
# Actions that no operation is called like, and what they stand for.
NAMED_OTHERWISE = {
    "budgets:ModifyBudget": "everything that makes, changes or removes a budget",
    "budgets:ViewBudget": "everything that describes a budget",
    "codebuild:BatchPutTestCases": "what a build does by itself with the test results it reports",
    "codebuild:CreateReport": "what a build does by itself before it puts test results",
    "codebuild:UpdateReport": "what a build does by itself after it put test results",
    "codeconnections:UseConnection": "reading code through a connection, which pipelines do for their sources",
    "codestar-connections:UseConnection": "the same by the service's former name",
    "iam:PassRole": "handing a role to a service, which every Create that names a role asks for",
    "kms:ReEncryptFrom": "one half of ReEncrypt",
    "kms:ReEncryptTo": "the other half of ReEncrypt",
    "lambda:InvokeFunction": "Invoke",
    "logs:CreateLogDelivery": "what an EC2 flow log asks for when it is made",
    "logs:DeleteLogDelivery": "what an EC2 flow log asks for when it goes",
    "s3:DeleteObjectVersion": "DeleteObject with a version",
    "s3:GetAccelerateConfiguration": "GetBucketAccelerateConfiguration",
    "s3:GetAccountPublicAccessBlock": "GetPublicAccessBlock of S3 Control",
    "s3:GetBucketPublicAccessBlock": "GetPublicAccessBlock",
    "s3:GetEncryptionConfiguration": "GetBucketEncryption",
    "s3:GetLifecycleConfiguration": "GetBucketLifecycleConfiguration",
    "s3:GetObjectVersion": "GetObject with a version",
    "s3:GetReplicationConfiguration": "GetBucketReplication",
    "s3:ListAllMyBuckets": "ListBuckets",
    "s3:ListBucket": "ListObjectsV2 and HeadBucket",
    "s3:ListBucketVersions": "ListObjectVersions",
    "s3:ListMultipartUploadParts": "ListParts",
    "s3:PutEncryptionConfiguration": "PutBucketEncryption",
    "s3:PutLifecycleConfiguration": "PutBucketLifecycleConfiguration",
    "sagemaker-mlflow:CreateExperiment": "MLflow's experiments/create, of a server that SageMaker manages",
    "sagemaker-mlflow:CreateRun": "MLflow's runs/create",
    "sagemaker-mlflow:GetExperimentByName": "MLflow's experiments/get-by-name",
    "sagemaker-mlflow:GetRun": "MLflow's runs/get",
    "sagemaker-mlflow:LogBatch": "MLflow's runs/log-batch",
    "sagemaker-mlflow:SearchRuns": "MLflow's runs/search",
    "sagemaker-mlflow:UpdateRun": "MLflow's runs/update",
}


@cache
def operations(service: str) -> frozenset[str]:
    """The operations of a service as botocore knows them; none where it does not know the service."""
    return frozenset(aws_models.service(service).operation_names) if service in aws_models.known() else frozenset()


@cache
def actions_of(prefix: str) -> frozenset[str]:
    """Every action below a prefix, in small letters and without it."""
    named = {operation for service in SERVICES.get(prefix, (prefix,)) for operation in operations(service)}
    named |= {action.partition(":")[2] for action in NAMED_OTHERWISE if action.startswith(f"{prefix}:")}
    return frozenset(action.lower() for action in named)


def exists(action: str) -> bool:
    """Whether at least one action is meant by this one, which may hold wildcards."""
    prefix, _, name = action.partition(":")
    return action == "*" or any(policies.like(name.lower(), known) for known in actions_of(prefix))


def exist(plan: Plan) -> Iterator[Finding]:
    for document in policies.documents(plan):
        for statement in document.statements:
            for action in (*statement.actions, *statement.not_actions):
                if not exists(action):
                    yield Finding(
                        "an action of a policy is one that IAM knows",
                        document.address,
                        f"made with {action!r} in {statement.sid or 'a statement'}",
                        "Correct it; if AWS's service authorization reference has it, add it to NAMED_OTHERWISE of "
                        "shipping/doctor/rules/actions.py.",
                    )


RULES = (exist,)
