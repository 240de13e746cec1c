"""Who may read and write Terraform's state: each as much as its work takes, and nothing of another environment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shipping.doctor import policies
from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan
from shipping.doctor.policies import Document, Request, Statement


@dataclass(frozen=True)
class Work:
    """What some work takes: actions on the state, on its lock, and on the key."""

    state: tuple[str, ...]
    lock: tuple[str, ...]
    key: tuple[str, ...]
    finds: bool = True  # whether it lists the bucket


EVERYTHING = Work(
    ("GetObject", "PutObject"), ("DeleteObject", "GetObject", "PutObject"), ("Decrypt", "Encrypt", "GenerateDataKey")
)
# Policies of modules/deployer by the end of their name: roles are put together of them. Who plans has reading and
# planning, who applies has reading and the whole policy of the state, a pull request has reading alone.
DEPLOYERS = {
    "planning": Work((), ("DeleteObject", "PutObject"), ("GenerateDataKey",), finds=False),
    "reading": Work(("GetObject",), ("GetObject",), ("Decrypt",)),
    "release": Work(("GetObject",), (), ("Decrypt",)),
}
WRITES = ("DeleteObject", "PutObject")


def bucket_arns(document: Document) -> set[str]:
    """The state buckets that a policy is about."""
    named = {resource.partition("/")[0] for s in document.statements for resource in s.resources}
    return {arn for arn in named if arn.startswith("arn:") and ":s3:::" in arn and arn.endswith("-tfstate")}


def keys(written: tuple[Statement, ...], bucket: str) -> set[str]:
    """The state objects that a policy names, themselves or by their locks."""
    named = {r.removeprefix(f"{bucket}/") for s in written for r in s.resources if r.startswith(f"{bucket}/")}
    return {key.removesuffix(".tflock") for key in named}


def state_policies(plan: Plan) -> Iterator[tuple[Document, str]]:
    for document in policies.documents(plan, "aws_iam_policy"):
        allowed = [s for s in document.statements if s.effect == "Allow"]
        if any(":s3:::" in r and "-tfstate" in r for s in allowed for r in s.resources):
            for bucket in bucket_arns(document):
                yield document, bucket


def work_of(document: Document) -> Work:
    """What a policy is for, by its name; whoever is no deployer gets all of it."""
    name = document.holder.get("name")
    topic = name.partition("-deploy-")[2] if isinstance(name, str) else ""
    return DEPLOYERS.get(topic, EVERYTHING)


def suffice_for_their_work(plan: Plan) -> Iterator[Finding]:
    for document, bucket in state_policies(plan):
        for request in _needed(plan, work_of(document), document, bucket):
            if not policies.allows(document.statements, request):
                yield Finding(
                    "who works with a state may read and write it, and take and free its lock, as far as the work asks",
                    document.address,
                    f"made with a policy that refuses {request}",
                    f"Allow {request.action}.",
                )


def _needed(plan: Plan, work: Work, document: Document, bucket: str) -> Iterator[Request]:
    named = keys(document.statements, bucket) or {"platform.tfstate"}  # the bucket without an object is no use
    for key in sorted(named):
        if work.finds:
            yield Request("s3:ListBucket", bucket, {"s3:prefix": key})
        yield from (Request(f"s3:{action}", f"{bucket}/{key}") for action in work.state)
        yield from (Request(f"s3:{action}", f"{bucket}/{key}.tflock") for action in work.lock)
    via = {"kms:ViaService": f"s3.{plan.region}.amazonaws.com"}
    for made in plan.of_type("aws_kms_key"):
        if (arn := made.get("arn")) is not UNKNOWN:
            yield from (Request(f"kms:{action}", arn, via) for action in work.key)


def write_no_more_than_their_work_asks(plan: Plan) -> Iterator[Finding]:
    """A plan or a pull request that writes a state writes what the next apply believes."""
    for document, bucket in state_policies(plan):
        work = work_of(document)
        for key in sorted(keys(document.statements, bucket)):
            for end, needed in (("", work.state), (".tflock", work.lock)):
                unneeded = [
                    Request(f"s3:{action}", f"{bucket}/{key}{end}") for action in WRITES if action not in needed
                ]
                for request in unneeded:
                    if policies.allows(document.statements, request):
                        yield Finding(
                            "nobody writes or deletes a state or its lock beyond what the work asks",
                            document.address,
                            f"made with a policy that allows {request.action} on {key}{end}",
                            "Name the objects that this work writes; nobody deletes a state, only its .tflock.",
                        )


RULES = (suffice_for_their_work, write_no_more_than_their_work_asks)
