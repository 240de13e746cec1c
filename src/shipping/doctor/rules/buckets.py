"""Buckets: versioned, encrypted, closed to the public, reached by TLS only, and open to those that must write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipping.doctor import policies
from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan, Resource
from shipping.doctor.policies import Request

BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
KEY = "rule.0.apply_server_side_encryption_by_default.0.kms_master_key_id"
ALGORITHM = "rule.0.apply_server_side_encryption_by_default.0.sse_algorithm"
ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"


def beside(plan: Plan, bucket: Resource, kind: str) -> list[Resource]:
    """The resources of a kind that settle something for a bucket."""
    return [one for one in plan.of_type(kind) if bucket in plan.linked(one, "bucket", "aws_s3_bucket")]


def key_of(plan: Plan, bucket: Resource) -> list[Resource] | None:
    """The keys of ours that a bucket is encrypted under; None where nothing is said about its encryption."""
    for encryption in beside(plan, bucket, ENCRYPTION):
        return plan.linked(encryption, KEY, "aws_kms_key") if encryption.get(ALGORITHM) == "aws:kms" else []
    return None


def names_are_taken_by_s3(plan: Plan) -> Iterator[Finding]:
    for bucket in plan.of_type("aws_s3_bucket"):
        name = bucket.get("bucket")
        if name is not UNKNOWN and not _is_name(name or ""):
            yield Finding(
                "a bucket's name has 3 to 63 of a-z, 0-9, . and -, begins and ends with a letter or digit, is no IP "
                "address and has none of S3's own endings",
                bucket.address,
                f"named {name!r}, {len(name or '')} characters",
                "Choose a shorter or plainer `environment`.",
            )


def _is_name(name: str) -> bool:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name) or ".." in name:
        return False
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name) or name.startswith(("xn--", "sthree-", "amzn-s3-demo-")):
        return False
    return not name.endswith(("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"))


def are_versioned(plan: Plan) -> Iterator[Finding]:
    for bucket in plan.of_type("aws_s3_bucket"):
        states = [
            one.get("versioning_configuration.0.status") for one in beside(plan, bucket, "aws_s3_bucket_versioning")
        ]
        if "Enabled" not in states:
            yield Finding(
                "every bucket is versioned; MWAA refuses one that is not, and a bad overwrite is forgiven",
                bucket.address,
                f"made with versioning {', '.join(map(str, states)) or 'never said'}",
                "Add aws_s3_bucket_versioning with the status Enabled.",
            )


def are_encrypted(plan: Plan) -> Iterator[Finding]:
    for bucket in plan.of_type("aws_s3_bucket"):
        if not [
            one for one in beside(plan, bucket, ENCRYPTION) if one.get(ALGORITHM) in ("aws:kms", "AES256", UNKNOWN)
        ]:
            yield Finding(
                "every bucket says how it is encrypted",
                bucket.address,
                "made without an encryption rule",
                f"Add {ENCRYPTION}.",
            )


def are_closed_to_the_public(plan: Plan) -> Iterator[Finding]:
    for bucket in plan.of_type("aws_s3_bucket"):
        closed = beside(plan, bucket, "aws_s3_bucket_public_access_block")
        open_doors = [block for block in BLOCKS if not any(one.get(block) is True for one in closed)]
        if open_doors:
            yield Finding(
                "all four public access blocks of every bucket are on; MWAA refuses a bucket without them",
                bucket.address,
                f"made without {', '.join(open_doors)}",
                "Add aws_s3_bucket_public_access_block with all four true.",
            )


def are_reached_by_tls_only(plan: Plan) -> Iterator[Finding]:
    for bucket in plan.of_type("aws_s3_bucket"):
        held = beside(plan, bucket, "aws_s3_bucket_policy")
        texts = [one.get("policy") for one in held]
        if UNKNOWN in texts:
            continue
        written = [statement for text in texts for statement in policies.statements(text)]
        plain = Request("s3:GetObject", f"{_arn(plan, bucket)}/x", {"aws:SecureTransport": "false"}, service="x")
        if not any(s.effect == "Deny" and s.matches(plain) for s in written):
            yield Finding(
                "every bucket denies requests without TLS",
                bucket.address,
                "made with a policy that lets plain http in",
                'Deny s3:* where aws:SecureTransport is "false".',
            )


def deny_no_upload_without_headers(plan: Plan) -> Iterator[Finding]:
    """CodePipeline, log delivery and MWAA rely on the bucket's default encryption and send no header."""
    for document in policies.documents(plan, "aws_s3_bucket_policy"):
        for statement in document.statements:
            keys = {key.lower() for _, key, _ in statement.conditions}
            if statement.effect == "Deny" and any(key.startswith("s3:x-amz-server-side-encryption") for key in keys):
                yield Finding(
                    "no bucket policy denies uploads that carry no encryption header",
                    document.address,
                    f"made with the statement {statement.sid or 'without a Sid'}",
                    "Take it away: the bucket's default encryption does it for every upload.",
                )


def let_logs_in(plan: Plan) -> Iterator[Finding]:
    """Access logs and flow logs: a bucket under our key, or without the grant, stays empty without an error."""
    for bucket in plan.of_type("aws_s3_bucket"):
        for service, request in _deliveries(plan, bucket):
            if key_of(plan, bucket):
                yield Finding(
                    "a bucket that logs are delivered to is encrypted by S3 itself: the delivery cannot use our key",
                    bucket.address,
                    f"written to by {service} and encrypted under a key of ours",
                    "Encrypt it by AES256.",
                )
            held = beside(plan, bucket, "aws_s3_bucket_policy")
            texts = [one.get("policy") for one in held]
            if UNKNOWN in texts:
                continue
            if not policies.allows([s for text in texts for s in policies.statements(text)], request):
                yield Finding(
                    "a bucket that logs are delivered to lets the delivery write",
                    bucket.address,
                    f"made with a policy that refuses {service} {request}",
                    f"Allow {request.action} to {service} for this account.",
                )


def _deliveries(plan: Plan, bucket: Resource) -> Iterator[tuple[str, Request]]:
    arn = _arn(plan, bucket)
    tls = {"aws:SourceAccount": plan.account_id, "aws:SecureTransport": "true"}
    for logging in plan.of_type("aws_s3_bucket_logging"):
        if bucket in plan.linked(logging, "target_bucket", "aws_s3_bucket"):
            for source in plan.linked(logging, "bucket", "aws_s3_bucket"):
                context = {**tls, "aws:SourceArn": _arn(plan, source)}
                name = "logging.s3.amazonaws.com"
                yield name, Request("s3:PutObject", f"{arn}/{logging.get('target_prefix')}x", context, name)
    for flow in plan.of_type("aws_flow_log"):
        to = flow.get("log_destination")
        if isinstance(to, str) and (to == arn or to.startswith(arn + "/")):
            name = "delivery.logs.amazonaws.com"
            here = f"arn:{plan.partition}:logs:{plan.region}:{plan.account_id}:*"
            context = {**tls, "aws:SourceArn": here, "s3:x-amz-acl": "bucket-owner-full-control"}
            yield name, Request("s3:GetBucketAcl", arn, context, name)
            below = to.removeprefix(arn).strip("/")
            folder = f"{below}/" if below else ""
            key = f"{arn}/{folder}AWSLogs/{plan.account_id}/vpcflowlogs/{plan.region}/x.log.gz"
            yield name, Request("s3:PutObject", key, context, name)


def _arn(plan: Plan, bucket: Resource) -> str:
    """A bucket's ARN follows from its name, so it can be written before AWS tells it."""
    return f"arn:{plan.partition}:s3:::{bucket.get('bucket')}"


RULES = (
    names_are_taken_by_s3,
    are_versioned,
    are_encrypted,
    are_closed_to_the_public,
    are_reached_by_tls_only,
    deny_no_upload_without_headers,
    let_logs_in,
)
