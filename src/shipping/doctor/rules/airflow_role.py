"""What MWAA asks of its execution role. One action less, and create fails after half an hour without saying why."""

from __future__ import annotations

from collections.abc import Iterator

from shipping.doctor import policies
from shipping.doctor.ask import must_be_allowed
from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan, Resource
from shipping.doctor.policies import Request

MWAA = {"airflow.amazonaws.com", "airflow-env.amazonaws.com"}
LOGS = ("CreateLogStream", "CreateLogGroup", "PutLogEvents", "GetLogEvents", "GetLogRecord", "GetLogGroupFields",
        "GetQueryResults")  # fmt: skip
QUEUE = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage",
         "SendMessage")  # fmt: skip
KEY = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey")
SOMEBODY_ELSE = "999999999999"  # MWAA's queue lies in an account of AWS


def roles(plan: Plan) -> list[Resource]:
    """Roles that MWAA takes, whether the environment stands or sleeps."""
    return [role for role in plan.of_type("aws_iam_role") if policies.trusted_services(role) & MWAA]


def trusts_exactly_airflow(plan: Plan) -> Iterator[Finding]:
    for role in roles(plan):
        trusted = policies.trusted_services(role)
        if trusted != MWAA:
            yield Finding(
                "MWAA's execution role is taken by airflow.amazonaws.com and airflow-env.amazonaws.com, by no one else",
                role.address,
                f"trusted by {', '.join(sorted(trusted))}",
                "Name exactly these two in trusted_services.",
            )


def may_run_airflow(plan: Plan) -> Iterator[Finding]:
    for role in roles(plan):
        rule = "MWAA needs every statement of its execution role's reference policy"
        yield from must_be_allowed(plan, role, needs(plan, role.get("name")), rule)


def needs(plan: Plan, name: str) -> Iterator[Request]:
    """What MWAA does under the role of the environment `name`, which by our names is the role's own."""
    here = f"{plan.region}:{plan.account_id}"
    yield Request("airflow:PublishMetrics", f"arn:{plan.partition}:airflow:{here}:environment/{name}")
    yield Request("s3:GetAccountPublicAccessBlock")
    yield Request("cloudwatch:PutMetricData")
    yield Request("logs:DescribeLogGroups")
    for action in LOGS:
        yield Request(
            f"logs:{action}", f"arn:{plan.partition}:logs:{here}:log-group:airflow-{name}-Task:log-stream:dag_id=x"
        )
    for action in QUEUE:
        queue = f"arn:{plan.partition}:sqs:{plan.region}:{SOMEBODY_ELSE}:airflow-celery-0a1b2c3d"
        yield Request(f"sqs:{action}", queue)


def may_read_its_bucket(plan: Plan) -> Iterator[Finding]:
    for environment in plan.of_type("aws_mwaa_environment"):
        for role in plan.linked(environment, "execution_role_arn", "aws_iam_role"):
            for bucket in plan.linked(environment, "source_bucket_arn", "aws_s3_bucket"):
                arn = bucket.get("arn")
                if arn is UNKNOWN:
                    continue
                requests = [Request(f"s3:{a}", arn) for a in ("ListBucket", "GetBucketVersioning", "GetBucketLocation")]
                requests += [Request(f"s3:{a}", f"{arn}/dags/a.py") for a in ("GetObject", "GetObjectVersion")]
                yield from must_be_allowed(plan, role, requests, "MWAA reads DAGs and requirements from its bucket")


def may_use_its_key(plan: Plan) -> Iterator[Finding]:
    """A key of ours by its ARN; AWS's own by NotResource. Both only by way of SQS, and ours by way of S3 as well."""
    rule = "MWAA encrypts its queue and its logs under the role's rights to the key"
    for environment in plan.of_type("aws_mwaa_environment"):
        for role in plan.linked(environment, "execution_role_arn", "aws_iam_role"):
            keys = plan.linked(environment, "kms_key", "aws_kms_key")
            if not keys and environment.get("kms_key") is UNKNOWN:
                continue
            arn = (
                keys[0].get("arn") if keys else f"arn:{plan.partition}:kms:{plan.region}:{SOMEBODY_ELSE}:key/aws-owned"
            )
            if arn is UNKNOWN:
                continue
            services = ("s3", "sqs") if keys else ("sqs",)
            requests = [
                Request(f"kms:{action}", arn, {"kms:ViaService": f"{service}.{plan.region}.amazonaws.com"})
                for action in KEY
                for service in services
            ]
            yield from must_be_allowed(plan, role, requests, rule)


def may_not_list_all_buckets(plan: Plan) -> Iterator[Finding]:
    for role in roles(plan):
        held = policies.of_role(plan, role)
        if held is None:
            continue
        asked = Request("s3:ListAllMyBuckets")
        if not any(s.effect == "Deny" and s.matches(asked) for document in held for s in document.statements):
            yield Finding(
                "AWS's reference policy for MWAA denies s3:ListAllMyBuckets",
                role.address,
                f"the role {role.get('name')}, which has no such Deny",
                "Add the statement Deny s3:ListAllMyBuckets on *.",
            )


RULES = (
    trusts_exactly_airflow,
    may_run_airflow,
    may_read_its_bucket,
    may_use_its_key,
    may_not_list_all_buckets,
)
