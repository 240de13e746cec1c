"""What only the account itself can tell before an apply: who asks, what is offered there, what is in the way.

Every question may be refused, or meet a service that is not there. Then the answer is "could not be checked", which
is a finding of its own and never a good sign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from shipping import connections
from shipping.doctor import quotas
from shipping.doctor.account_at_hand import Account
from shipping.doctor.findings import Finding, Severity
from shipping.doctor.plan import UNKNOWN, Resource

# Service of botocore -> a type of resource that needs it in the region.
OFFERS = {
    "batch": "aws_batch_job_queue",
    "ecr": "aws_ecr_repository",
    "emr-serverless": "aws_emrserverless_application",
    "glue": "aws_glue_job",
    "kms": "aws_kms_key",
    "lambda": "aws_lambda_function",
    "mwaa": "aws_mwaa_environment",
    "sagemaker": "aws_sagemaker_model_package_group",
    "scheduler": "aws_scheduler_schedule",
}
COST_TAG = "Environment"
ZONE = "availability_zone"
# Type of resource -> the role that AWS itself makes when the first of its kind is made.
LINKED_ROLES = {
    "aws_batch_compute_environment": ("AWSServiceRoleForBatch", "batch.amazonaws.com"),
    "aws_emrserverless_application": ("AWSServiceRoleForAmazonEMRServerless", "ops.emr-serverless.amazonaws.com"),
    "aws_mwaa_environment": ("AWSServiceRoleForAmazonMWAA", "airflow.amazonaws.com"),
}
SCALING_ROLE = (
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
    "sagemaker.application-autoscaling.amazonaws.com",
)

Check = Callable[[Account], Iterable[Finding]]


def caller_is_of_the_account(account: Account) -> Iterator[Finding]:
    found = account.client("sts").get_caller_identity()
    if found["Account"] != account.plan.account_id:
        yield Finding(
            "the credentials at hand are of the environment's account",
            "sts",
            f"account {found['Account']} as {found['Arn']}, and the values say {account.plan.account_id}",
            "Use that account's credentials (AWS_PROFILE), or correct account_id in envs/.",
        )


def region_offers_the_services(account: Account) -> Iterator[Finding]:
    session, region = boto3.session.Session(), account.plan.region
    for service, kind in OFFERS.items():
        offered = session.get_available_regions(service, account.plan.partition)
        if any(True for _ in account.plan.of_type(kind)) and region not in offered:
            yield Finding(
                f"{service} is offered in the region",
                service,
                f"planned in {region}, where botocore knows no endpoint of it",
                f"Choose one of {', '.join(offered)}.",
            )


def region_is_switched_on(account: Account) -> Iterator[Finding]:
    region = account.plan.region
    for found in account.client("ec2").describe_regions(RegionNames=[region], AllRegions=True)["Regions"]:
        if found.get("OptInStatus") == "not-opted-in":
            yield Finding(
                "the account has switched the region on",
                "ec2",
                f"{region}, which is off",
                "Switch it on in the console: Account > AWS Regions. It takes up to an hour.",
            )


def zones_are_there(account: Account) -> Iterator[Finding]:
    """Which letters a region has differs by account, too."""
    named = {zone: one for one in account.plan.of_type("aws_subnet") if isinstance(zone := one.values.get(ZONE), str)}
    if not named:
        return
    zones = account.client("ec2").describe_availability_zones(AllAvailabilityZones=True)["AvailabilityZones"]
    usable = sorted(
        zone["ZoneName"]
        for zone in zones
        if zone["State"] == "available"
        and zone.get("OptInStatus") != "not-opted-in"
        and zone.get("ZoneType", "availability-zone") == "availability-zone"
    )
    letters = ", ".join(name.removeprefix(account.plan.region) for name in usable)
    for name in sorted(named.keys() - set(usable)):
        yield Finding(
            "subnets stand in zones that the account can use",
            named[name].address,
            f"planned in {name}, which is not available to the account",
            f"Choose network.zones from {letters}." if letters else "Choose another region.",
        )


def airflow_version_is_offered(account: Account) -> Iterator[Finding]:
    for environment in account.to_make("aws_mwaa_environment"):
        version = environment.values.get("airflow_version")
        yield Finding(
            "MWAA offers the version in the region",
            environment.address,
            f"planned as Airflow {version}; whether {account.plan.region} offers Airflow {version} cannot be asked",
            "Look at the versions that the console offers there: Amazon MWAA > Create environment.",
            Severity.UNCHECKED,
        )


def buckets_can_be_made(account: Account) -> Iterator[Finding]:
    """Names of buckets are taken by everybody in the world."""
    for bucket in account.to_make("aws_s3_bucket"):
        status = _bucket_status(account.client("s3"), bucket.get("bucket"))
        owner = {200: "this account, though not in this environment's state", 403: "somebody else, or closed to us"}
        if status not in (404, *owner):
            yield _unchecked(bucket.address, f"HeadBucket answers {status}")
        elif status in owner:
            yield Finding(
                "the names of buckets to be made are free",
                bucket.address,
                f"named {bucket.get('bucket')}, which belongs to {owner[status]}",
                "Import it or remove it where it is ours; otherwise choose another `environment`.",
            )


def _bucket_status(s3: Any, bucket: str) -> int:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as problem:
        return int(problem.response["ResponseMetadata"]["HTTPStatusCode"])
    return 200


def roles_can_be_made(account: Account) -> Iterator[Finding]:
    iam = account.client("iam")
    for role in account.to_make("aws_iam_role"):
        name = role.get("name")
        if name is not UNKNOWN and _role_exists(iam, name):
            yield _taken(role, name, f"terraform import '{role.address}' {name}")


def log_groups_can_be_made(account: Account) -> Iterator[Finding]:
    """A function or a job of an older stack makes its log group by itself, and leaves it."""
    logs = account.client("logs")
    for group in account.to_make("aws_cloudwatch_log_group"):
        name = group.get("name")
        found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] if name is not UNKNOWN else []
        if any(one["logGroupName"] == name for one in found):
            yield _taken(group, name, f"terraform import '{group.address}' {name}")


def _taken(resource: Resource, name: str, command: str) -> Finding:
    return Finding(
        "what is to be made is not there yet",
        resource.address,
        f"named {name}, which exists and is not in this environment's state",
        f"Remove it, or take it over: `{command}`.",
    )


def _role_exists(iam: Any, name: str) -> bool:
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def connections_are_available(account: Account) -> Iterator[Finding]:
    """Terraform can only ask for a connection to GitHub; a person has to agree to it."""
    name = connections.wanted(connections.values_file("account"))
    if name is None:
        return  # no pipeline is wanted
    ours = [one for one in connections.standing(account.client("codeconnections")) if one["ConnectionName"] == name]
    for one in ours:
        if one["ConnectionStatus"] != "AVAILABLE":
            yield Finding(
                "the connection to the repository is AVAILABLE",
                one["ConnectionArn"],
                one["ConnectionStatus"],
                "Console: Developer Tools > Settings > Connections > Update pending connection.",
                Severity.WARNING,
            )
    if not ours:
        yield Finding(
            "the connection to the repository is AVAILABLE",
            "codeconnections",
            f"not there: no connection is named {name}",
            "Run `make bootstrap`, if pipelines are wanted.",
            Severity.WARNING,
        )


def images_are_pushed(account: Account) -> Iterator[Finding]:
    """Before the first apply there is no repository to ask, nor a setting that names one."""
    for setting in ("jobs_image", "serving_image"):
        repository, _, tag = (account.setting(setting) or "").partition("/")[2].rpartition(":")
        if not repository:
            continue
        ecr = account.client("ecr")
        try:
            found = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"]
        except ecr.exceptions.RepositoryNotFoundException:
            continue
        except ecr.exceptions.ImageNotFoundException:
            yield Finding(
                "the images that the settings name are pushed",
                setting,
                f"{repository}:{tag}, which is not in ECR",
                "Push it: `make images` (docs/environments.md).",
                Severity.WARNING,
            )
            continue
        for image in found:
            if str(image.get("imageManifestMediaType")).startswith("application/vnd.oci."):
                yield Finding(
                    "SageMaker takes Docker v2 manifests",
                    setting,
                    f"{repository}:{tag}, whose manifest is {image['imageManifestMediaType']}",
                    "Build it with --provenance=false and oci-mediatypes=false, and push it under a new tag.",
                )


def somebody_hears_alerts(account: Account) -> Iterator[Finding]:
    if not any(True for _ in account.plan.of_type("aws_sns_topic_subscription")):
        yield Finding(
            "somebody hears alerts",
            "sns",
            "planned without a subscription",
            "Name an address in alerts.subscriptions.",
            Severity.WARNING,
        )
    for topic in account.plan.of_type("aws_sns_topic"):
        arn = topic.values.get("arn")
        if not isinstance(arn, str):
            continue  # it is yet to be made
        for found in account.client("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
            if found["SubscriptionArn"] == "PendingConfirmation":
                yield Finding(
                    "every subscription is confirmed by its owner",
                    topic.address,
                    f"not yet heard by {found['Endpoint']} ({found['Protocol']})",
                    "Follow the link in the mail from AWS Notifications; if it is lost, remove the subscription, "
                    "apply, and add it again.",
                    Severity.WARNING,
                )


def cost_explorer_is_open(account: Account) -> Iterator[Finding]:
    if not any(True for _ in account.plan.of_type("aws_ce_anomaly_monitor")):
        return
    try:
        account.client("ce").get_anomaly_monitors(MaxResults=1)
    except ClientError as problem:
        if not _says_closed(problem):
            raise
        yield Finding(
            "Cost Explorer is open, since AWS refuses anomaly monitors before",
            "ce",
            "not enabled",
            "Open Billing > Cost Explorer once and wait a day; in an organisation the paying account does it.",
        )


def _says_closed(problem: ClientError) -> bool:
    """Cost Explorer answers AccessDenied both where it is closed and where IAM refuses; only its words differ."""
    code, message = problem.response["Error"]["Code"], problem.response["Error"].get("Message", "")
    return code == "DataUnavailableException" or ("AccessDenied" in code and "not enabled" in message.lower())


def costs_are_told_by_environment(account: Account) -> Iterator[Finding]:
    if not any(True for _ in account.plan.of_type("aws_budgets_budget", "aws_ce_anomaly_monitor")):
        return
    found = account.client("ce").list_cost_allocation_tags(TagKeys=[COST_TAG])["CostAllocationTags"]
    if not any(tag["TagKey"] == COST_TAG and tag["Status"] == "Active" for tag in found):
        yield Finding(
            "the tag that tells costs by environment is active",
            "ce",
            f"not active: {COST_TAG}" if found else f"unknown to billing: {COST_TAG}",
            "Activate it once, a day after the first apply: Billing > Cost allocation tags. Until then the "
            "budget sees 0.",
            Severity.WARNING,
        )


def linked_roles_exist(account: Account) -> Iterator[Finding]:
    iam = account.client("iam")
    for name, service in _linked_roles(account):
        if not _role_exists(iam, name):
            yield Finding(
                "the role that AWS makes for itself exists, or whoever applies may have it made",
                service,
                f"without {name} so far",
                f"Apply as somebody who may iam:CreateServiceLinkedRole, or run `aws iam create-service-linked-role "
                f"--aws-service-name {service}` once.",
                Severity.WARNING,
            )


def _linked_roles(account: Account) -> Iterator[tuple[str, str]]:
    for kind, role in LINKED_ROLES.items():
        if any(True for _ in account.plan.of_type(kind)):
            yield role
    if account.setting("endpoint_scaling") not in (None, "", "{}"):
        yield SCALING_ROLE


CHECKS: dict[str, Check] = {
    "the caller's account": caller_is_of_the_account,
    "services in the region": region_offers_the_services,
    "the region itself": region_is_switched_on,
    "zones of the subnets": zones_are_there,
    "the version of Airflow": airflow_version_is_offered,
    **{f"the quota {one.name}": partial(quotas.room_for, quota=one) for one in quotas.COUNTED},
    "machines for jobs and endpoint": quotas.machines,
    "Lambda's concurrency": quotas.reservations,
    "names of buckets": buckets_can_be_made,
    "names of roles": roles_can_be_made,
    "names of log groups": log_groups_can_be_made,
    "the connection to the repository": connections_are_available,
    "images of jobs and endpoint": images_are_pushed,
    "subscribers of alerts": somebody_hears_alerts,
    "Cost Explorer": cost_explorer_is_open,
    "the cost allocation tag": costs_are_told_by_environment,
    "service-linked roles": linked_roles_exist,
}


def check_all(account: Account) -> list[Finding]:
    """Every live check; one that is not answered is a finding, and the others go on."""
    return [finding for what, check in CHECKS.items() for finding in _answers(what, check, account)]


def _answers(what: str, check: Check, account: Account) -> list[Finding]:
    found: list[Finding] = []
    try:
        for finding in check(account):
            found.append(finding)
    except (ClientError, BotoCoreError) as problem:
        found.append(_unchecked(what, " ".join(str(problem).split())[:200]))
    return found


def _unchecked(what: str, value: str) -> Finding:
    return Finding(
        "it is checked before an apply",
        what,
        value,
        "Ask with rights to read it, or look for yourself.",
        Severity.UNCHECKED,
    )
