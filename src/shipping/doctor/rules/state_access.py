"""Who may read and write Terraform's state: enough to lock and to free the lock, and nothing of another environment."""

from __future__ import annotations

from collections.abc import Iterator

from shipping.doctor import policies
from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan
from shipping.doctor.policies import Document, Request, Statement


def bucket_arns(document: Document) -> set[str]:
    """The state buckets that a policy is about."""
    named = {resource.partition("/")[0] for s in document.statements for resource in s.resources}
    return {arn for arn in named if arn.startswith("arn:") and ":s3:::" in arn and arn.endswith("-tfstate")}


def keys(written: tuple[Statement, ...], bucket: str) -> set[str]:
    """The state objects that a policy names, without their locks."""
    named = {r.removeprefix(f"{bucket}/") for s in written for r in s.resources if r.startswith(f"{bucket}/")}
    return {key for key in named if not key.endswith(".tflock")}


def state_policies(plan: Plan) -> Iterator[tuple[Document, str]]:
    for document in policies.documents(plan, "aws_iam_policy"):
        allowed = [s for s in document.statements if s.effect == "Allow"]
        if any(":s3:::" in r and "-tfstate" in r for s in allowed for r in s.resources):
            for bucket in bucket_arns(document):
                yield document, bucket


def suffice_to_plan_and_apply(plan: Plan) -> Iterator[Finding]:
    for document, bucket in state_policies(plan):
        if ".deployer[" in document.address:
            continue  # these look at a state, or lock it; who applies takes the whole policy beside them
        needed = [Request("s3:ListBucket", bucket, {"s3:prefix": key}) for key in keys(document.statements, bucket)]
        for key in keys(document.statements, bucket):
            needed += [Request(f"s3:{action}", f"{bucket}/{key}") for action in ("GetObject", "PutObject")]
            lock = f"{bucket}/{key}.tflock"
            needed += [Request(f"s3:{action}", lock) for action in ("GetObject", "PutObject", "DeleteObject")]
        needed += _on_the_key(plan)
        for request in needed:
            if not policies.allows(document.statements, request):
                yield Finding(
                    "who works with a state may read and write it, and take and free its lock",
                    document.address,
                    f"made with a policy that refuses {request}",
                    f"Allow {request.action}.",
                )


def _on_the_key(plan: Plan) -> list[Request]:
    found = []
    for key in plan.of_type("aws_kms_key"):
        if (arn := key.get("arn")) is not UNKNOWN:
            via = {"kms:ViaService": f"s3.{plan.region}.amazonaws.com"}
            found += [Request(f"kms:{action}", arn, via) for action in ("Decrypt", "Encrypt", "GenerateDataKey")]
    return found


def never_delete_a_state(plan: Plan) -> Iterator[Finding]:
    for document, bucket in state_policies(plan):
        for key in keys(document.statements, bucket):
            if policies.allows(document.statements, Request("s3:DeleteObject", f"{bucket}/{key}")):
                yield Finding(
                    "nobody who plans or applies deletes a state",
                    document.address,
                    f"made with a policy that allows s3:DeleteObject on {key}",
                    "Allow it on the .tflock object only.",
                )


RULES = (suffice_to_plan_and_apply, never_delete_a_state)
