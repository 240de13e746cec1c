"""The MWAA environment itself: versions, sizes, and the files it is made from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan, Resource
from shipping.doctor.rules.buckets import key_of

OFFERED = (
    "3.0.6",
    "3.2.1",
    "3.3.1",
)  # the images of AWS's own repository for Airflow 3, which our DAGs are written for
WORKERS = 25  # the quota of an account as it is made
# class: (least, most) of schedulers and of web servers
SIZES = {"mw1.micro": ((1, 1), (1, 1))}
LARGER = ((2, 5), (2, 5))
CLASSES = ("mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge")
LOGS = ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")


def environments(plan: Plan) -> Iterator[Resource]:
    return plan.of_type("aws_mwaa_environment")


def has_a_name_that_mwaa_takes(plan: Plan) -> Iterator[Finding]:
    for environment in environments(plan):
        name = environment.get("name")
        if name is not UNKNOWN and not re.fullmatch(r"[a-zA-Z][0-9a-zA-Z_-]{0,79}", name):
            yield Finding(
                "an environment's name begins with a letter and has up to 80 letters, digits, - and _",
                environment.address,
                f"named {name!r}",
                "Choose a shorter or plainer `environment`.",
            )


def has_a_version_that_mwaa_offers(plan: Plan) -> Iterator[Finding]:
    for environment in environments(plan):
        version = environment.get("airflow_version")
        if version not in OFFERED:
            yield Finding(
                f"MWAA offers Airflow {', '.join(OFFERED)} of those that our DAGs are written for",
                environment.address,
                f"of version {version}",
                f"Set airflow.version to {OFFERED[0]}.",
            )


def has_sizes_that_its_class_takes(plan: Plan) -> Iterator[Finding]:
    for environment in environments(plan):
        kind = environment.get("environment_class")
        schedulers, webservers = SIZES.get(kind, LARGER)
        most_workers = 1 if kind == "mw1.micro" else WORKERS
        limits = {
            "schedulers": schedulers,
            "min_webservers": webservers,
            "max_webservers": webservers,
            "min_workers": (1, most_workers),
            "max_workers": (1, most_workers),
        }
        for attribute, (least, most) in limits.items():
            count = environment.get(attribute)
            if count not in (UNKNOWN, None) and not least <= count <= most:
                yield Finding(
                    f"{kind} takes {least} to {most} of {attribute}",
                    environment.address,
                    f"made with {attribute} = {count}",
                    "Change the number or the class.",
                )
        if kind not in CLASSES:
            yield Finding(
                f"an environment's class is one of {', '.join(CLASSES)}",
                environment.address,
                f"of class {kind}",
                "Set airflow.class to one of them.",
            )


def shares_its_buckets_key(plan: Plan) -> Iterator[Finding]:
    for environment in environments(plan):
        own = plan.linked(environment, "kms_key", "aws_kms_key")
        for bucket in plan.linked(environment, "source_bucket_arn", "aws_s3_bucket"):
            theirs = key_of(plan, bucket)
            if theirs is not None and theirs != own:
                yield Finding(
                    "MWAA's bucket and MWAA are encrypted under the same key",
                    environment.address,
                    f"under {_names(own)} while {bucket.address} is under {_names(theirs)}",
                    "Hand the bucket's key to the environment.",
                )


def _names(keys: list[Resource]) -> str:
    return ", ".join(key.address for key in keys) or "AWS's own key"


def notices_new_files(plan: Plan) -> Iterator[Finding]:
    for environment in environments(plan):
        for what in ("requirements", "startup_script", "plugins"):
            path, version = environment.get(f"{what}_s3_path"), environment.values.get(f"{what}_s3_object_version")
            if path in (None, "", UNKNOWN):
                continue
            written = plan.configuration.targets(
                environment.module, environment.type, environment.name, f"{what}_s3_object_version"
            )
            if version in (None, "") or (version is UNKNOWN and not written):
                yield Finding(
                    "a file that MWAA is made from is named with its object's version, or a new one is ignored",
                    environment.address,
                    f"made from {path} without {what}_s3_object_version",
                    f"Hand it the version_id of the object {path}.",
                )


def has_requirements(plan: Plan) -> Iterator[Finding]:
    for environment in environments(plan):
        if environment.get("requirements_s3_path") in (None, ""):
            yield Finding(
                "MWAA is told a constraints file by its requirements, or it installs what is newest",
                environment.address,
                "made without requirements_s3_path",
                "Set airflow.requirements_file to dags/requirements.txt.",
            )


def waits_for_its_roles_policy(plan: Plan) -> Iterator[Finding]:
    for environment in environments(plan):
        waits = plan.configuration.waits_for(
            environment.module, environment.type, environment.name, "execution_role_arn"
        )
        if not waits & {"aws_iam_role_policy", "aws_iam_role_policy_attachment"}:
            yield Finding(
                "MWAA is made after its role's policy, not only after its role",
                environment.address,
                "made from a role ARN that does not wait for the role's policy",
                "Let the output that hands the ARN on depend_on the policy.",
            )


def leaves_endpoints_to_the_service(plan: Plan) -> Iterator[Finding]:
    for environment in environments(plan):
        managed = environment.get("endpoint_management")
        if managed not in ("SERVICE", UNKNOWN, None):
            yield Finding(
                "MWAA makes its own VPC endpoints; with any other setting it waits for ours until it gives up",
                environment.address,
                f"made with endpoint_management = {managed}",
                "Set endpoint_management to SERVICE.",
            )


def log_groups_have_the_names_that_airflow_writes_to(plan: Plan) -> Iterator[Finding]:
    names = {environment.get("name") for environment in environments(plan)}
    wanted = {f"airflow-{name}-{kind}" for name in names for kind in LOGS}
    for group in plan.of_type("aws_cloudwatch_log_group"):
        name = group.get("name")
        if names and isinstance(name, str) and name.startswith("airflow-") and name not in wanted:
            yield Finding(
                "Airflow's log groups are airflow-<environment>-" + "|".join(LOGS),
                group.address,
                f"named {name}, which nobody writes to",
                "Name it after the environment and one of the five parts.",
            )


RULES = (
    has_a_name_that_mwaa_takes,
    has_a_version_that_mwaa_offers,
    has_sizes_that_its_class_takes,
    shares_its_buckets_key,
    has_requirements,
    notices_new_files,
    waits_for_its_roles_policy,
    leaves_endpoints_to_the_service,
    log_groups_have_the_names_that_airflow_writes_to,
)
