"""What each role must not do: another environment, other rooms of the lake, other roles, the keys to the house."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localaws.forecast_table import bucket
from localaws.stack import ACCOUNT_ID, PREFIX, REGION, SAMPLE_DAY, STATE_BUCKET

OTHER = "stockcast-dev"  # another environment of the same account
ENDPOINT = f"{PREFIX}-forecasts"
VERSION = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:model-package/{PREFIX}-lstm/1"
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


@dataclass(frozen=True)
class Call:
    """One request, and the action that IAM refuses."""

    what: str
    action: str
    service: str
    ask: Callable[[Any], Any]


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-{name}"


def reads(name: str, key: str) -> Call:
    return Call(f"reads {name}/{key}", "s3:GetObject", "s3", lambda s3: s3.get_object(Bucket=name, Key=key))


def writes(name: str, key: str) -> Call:
    return Call(f"writes {name}/{key}", "s3:PutObject", "s3", lambda s3: s3.put_object(Bucket=name, Key=key, Body=b""))


def deletes(name: str, key: str) -> Call:
    return Call(f"deletes {name}/{key}", "s3:DeleteObject", "s3", lambda s3: s3.delete_object(Bucket=name, Key=key))


def lists(name: str) -> Call:
    return Call(f"lists {name}", "s3:ListBucket", "s3", lambda s3: s3.list_objects_v2(Bucket=name))


def reads_setting(name: str) -> Call:
    return Call(f"reads {name}", "ssm:GetParameter", "ssm", lambda ssm: ssm.get_parameter(Name=name))


def invokes(name: str) -> Call:
    return Call(f"invokes {name}", "lambda:InvokeFunction", "lambda", lambda it: it.invoke(FunctionName=name))


def asks_endpoint(name: str) -> Call:
    ask = lambda it: it.invoke_endpoint(EndpointName=name, Body=b"{}")  # noqa: E731
    return Call(f"asks {name}", "sagemaker:InvokeEndpoint", "sagemaker-runtime", ask)


def grants_itself(name: str) -> Call:
    named = {"RoleName": f"{PREFIX}-{name}", "PolicyName": "more", "PolicyDocument": EVERYTHING}
    return Call("grants itself everything", "iam:PutRolePolicy", "iam", lambda iam: iam.put_role_policy(**named))


def takes(name: str) -> Call:
    asked = {"RoleArn": role_arn(name), "RoleSessionName": "thief"}
    return Call(f"takes the role {name}", "sts:AssumeRole", "sts", lambda sts: sts.assume_role(**asked))


def trains_as(name: str) -> Call:
    asked = {
        "TrainingJobName": f"{PREFIX}-train-stolen", "RoleArn": role_arn(name),
        "AlgorithmSpecification": {"TrainingImage": "none", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket('models')}/training/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }  # fmt: skip
    return Call(f"lends {name} to a job", "iam:PassRole", "sagemaker", lambda it: it.create_training_job(**asked))


MAKES_A_JOB = Call("makes a job", "sagemaker:CreateTrainingJob", "sagemaker", trains_as("train").ask)
MAKES_A_USER = Call("makes a user", "iam:CreateUser", "iam", lambda iam: iam.create_user(UserName="thief"))
LISTS_BUCKETS = Call("lists all buckets", "s3:ListAllMyBuckets", "s3", lambda s3: s3.list_buckets())
CHANGES_A_SETTING = Call(
    "changes a setting", "ssm:PutParameter", "ssm",
    lambda ssm: ssm.put_parameter(Name="/stockcast/local/approval", Value="automatic", Type="String", Overwrite=True),
)  # fmt: skip
CHANGES_CODE = Call(
    "changes a function's code", "lambda:UpdateFunctionCode", "lambda",
    lambda it: it.update_function_code(FunctionName=f"{PREFIX}-ingest", ZipFile=b"PK"),
)  # fmt: skip
DELETES_ENDPOINT = Call(
    "deletes the endpoint", "sagemaker:DeleteEndpoint", "sagemaker",
    lambda it: it.delete_endpoint(EndpointName=ENDPOINT),
)  # fmt: skip
DELETES_OTHER_ENDPOINT = Call(
    "deletes another environment's endpoint", "sagemaker:DeleteEndpoint", "sagemaker",
    lambda it: it.delete_endpoint(EndpointName=f"{OTHER}-forecasts"),
)  # fmt: skip
APPROVES = Call(
    "approves a version", "sagemaker:UpdateModelPackage", "sagemaker",
    lambda it: it.update_model_package(ModelPackageArn=VERSION, ModelApprovalStatus="Approved"),
)  # fmt: skip
REGISTERS_ELSEWHERE = Call(
    "registers in another environment", "sagemaker:CreateModelPackage", "sagemaker",
    lambda it: it.create_model_package(ModelPackageGroupName=f"{OTHER}-lstm"),
)  # fmt: skip
ALERTS_ELSEWHERE = Call(
    "alerts another environment", "sns:Publish", "sns",
    lambda sns: sns.publish(TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{OTHER}-alerts", Message="x"),
)  # fmt: skip
LOSES_THE_KEY = Call(
    "deletes the key", "kms:ScheduleKeyDeletion", "kms",
    lambda kms: kms.schedule_key_deletion(KeyId=f"alias/{PREFIX}"),
)  # fmt: skip

STATE = reads(STATE_BUCKET, "local/platform.tfstate")
A_BAR = f"bars/day={SAMPLE_DAY}/symbol=IBM/source=yahoo.json"

REFUSALS: dict[str, list[Call]] = {
    "airflow": [
        STATE, reads(f"{OTHER}-{ACCOUNT_ID}-silver", "recent/x"), reads(bucket("bronze"), A_BAR),
        lists(bucket("bronze")), writes(bucket("gold"), "forecasts/x"), writes(bucket("airflow"), "dags/evil.py"),
        writes(bucket("models"), "code/evil.py"), deletes(bucket("silver"), "bars/part.parquet"),
        reads_setting("/stockcast/dev/symbols"), CHANGES_A_SETTING, CHANGES_CODE, invokes(f"{OTHER}-ingest"),
        asks_endpoint(f"{OTHER}-forecasts"), DELETES_OTHER_ENDPOINT, trains_as("airflow"), trains_as("ingest"),
        APPROVES, REGISTERS_ELSEWHERE, ALERTS_ELSEWHERE, LISTS_BUCKETS, LOSES_THE_KEY, grants_itself("airflow"),
        MAKES_A_USER, takes("train"),
    ],
    "ingest": [
        STATE, reads(bucket("bronze"), "quarantine/x"), lists(bucket("bronze")), deletes(bucket("bronze"), A_BAR),
        writes(bucket("silver"), "bars/x"), writes(bucket("gold"), "forecasts/x"),
        writes(f"{OTHER}-{ACCOUNT_ID}-bronze", "bars/x"), reads_setting("/stockcast/local/symbols"),
        invokes(f"{PREFIX}-forecast"), asks_endpoint(ENDPOINT), grants_itself("ingest"), takes("airflow"),
    ],
    "forecast": [
        STATE, reads(bucket("bronze"), A_BAR), reads(bucket("gold"), "forecasts/x"), lists(bucket("silver")),
        reads(bucket("silver"), "bars/part.parquet"), writes(bucket("silver"), "recent/x"),
        deletes(bucket("gold"), "forecasts/x"), reads(f"{OTHER}-{ACCOUNT_ID}-silver", "recent/x"),
        asks_endpoint(f"{OTHER}-forecasts"), DELETES_ENDPOINT, invokes(f"{PREFIX}-ingest"), grants_itself("forecast"),
    ],
    "clean": [
        STATE, writes(bucket("bronze"), "bars/x"), deletes(bucket("bronze"), A_BAR),
        reads(bucket("silver"), "bars/part.parquet"), deletes(bucket("silver"), "bars/part.parquet"),
        reads(bucket("models"), "training/x"), writes(bucket("models"), "code/x"),
        writes(bucket("gold"), "forecasts/x"), reads(f"{OTHER}-{ACCOUNT_ID}-bronze", "bars/x"), MAKES_A_JOB,
        reads_setting("/stockcast/local/symbols"), grants_itself("clean"), takes("train"),
    ],
    "challenge": [
        STATE, writes(bucket("gold"), "forecasts/x"), reads(bucket("gold"), "challengers/x"),
        writes(bucket("silver"), "bars/x"), reads(bucket("bronze"), A_BAR), reads(bucket("models"), "training/x"),
        writes(bucket("models"), "code/x"), reads(f"{OTHER}-{ACCOUNT_ID}-silver", "bars/x"), MAKES_A_JOB,
        asks_endpoint(ENDPOINT), grants_itself("challenge"), takes("train"),
    ],
    "transform": [
        STATE, writes(bucket("silver"), "bars/x"), deletes(bucket("silver"), "bars/part.parquet"),
        reads(bucket("silver"), "recent/x"), reads(bucket("bronze"), A_BAR), writes(bucket("gold"), "forecasts/x"),
        writes(f"{OTHER}-{ACCOUNT_ID}-silver", "features/x"), invokes(f"{PREFIX}-ingest"), CHANGES_CODE,
        reads_setting("/stockcast/local/symbols"), grants_itself("transform"), takes("airflow"),
    ],
    "evaluate": [
        STATE, writes(bucket("models"), "training/x"), writes(bucket("silver"), "bars/x"),
        reads(bucket("bronze"), A_BAR), deletes(bucket("models"), "evaluation/x"),
        reads(f"{OTHER}-{ACCOUNT_ID}-models", "training/x"), APPROVES,
        asks_endpoint(ENDPOINT), reads_setting("/stockcast/local/symbols"), grants_itself("evaluate"), takes("airflow"),
    ],
    "track": [
        STATE, writes(bucket("models"), "training/x"), writes(bucket("models"), "evaluation/x"),
        writes(bucket("models"), "code/x"), reads(bucket("silver"), "bars/part.parquet"),
        deletes(bucket("models"), "mlflow/db/mlflow.db"), reads(f"{OTHER}-{ACCOUNT_ID}-models", "training/x"), APPROVES,
        asks_endpoint(ENDPOINT), reads_setting("/stockcast/local/symbols"), grants_itself("track"), takes("train"),
    ],
    "train": [
        STATE, writes(bucket("silver"), "bars/x"), writes(bucket("models"), "evaluation/x"),
        writes(bucket("models"), "code/x"), reads(bucket("bronze"), A_BAR), deletes(bucket("models"), "training/x"),
        reads(f"{OTHER}-{ACCOUNT_ID}-silver", "bars/x"), APPROVES, MAKES_A_JOB, grants_itself("train"), takes("serve"),
    ],
    "serve": [
        STATE, reads(bucket("silver"), "bars/part.parquet"), writes(bucket("models"), "training/x"),
        reads(bucket("models"), "evaluation/x"), lists(bucket("gold")), deletes(bucket("models"), "training/x"),
        reads(f"{OTHER}-{ACCOUNT_ID}-models", "training/x"), DELETES_ENDPOINT, grants_itself("serve"), takes("train"),
    ],
    "schedule": [
        STATE, invokes(f"{PREFIX}-forecast"), invokes(f"{OTHER}-ingest"), CHANGES_CODE,
        writes(bucket("bronze"), "bars/x"), reads_setting("/stockcast/local/symbols"), grants_itself("schedule"),
        takes("ingest"),
    ],
}  # fmt: skip
