"""The rules of the house over HCL. Each takes what was parsed and answers what is wrong, in words."""

import re
from collections.abc import Iterator
from typing import Any

from tests.terraform import hcl

PROSE = ("description", "error_message")  # people read these; they may name an environment as an example

# `local` is an environment too; `local.x` is a value of the file.
ENVIRONMENTS = re.compile(r"(?<![a-z])(dev|staging|prod|local(?!\.))(?![a-z])")
EMULATORS = re.compile(r"ministack|localstack|moto|embedded|localhost|127\.0\.0\.1", re.IGNORECASE)
ALTERNATIVES = re.compile(r"`\w+`(?: \([^)]*\))?(?:, `\w+`(?: \([^)]*\))?)* or `\w+`")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
INTERPOLATION = re.compile(r"\$\{[^{}]*\}")
WAY_OUT = re.compile(r"; |\. [A-Z`]|, which |, or | must | needs? ")
MADE_BY_ROLE = (
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_role_policies_exclusive",
)
NOBODY_S = ("aws_iam_access_key", "aws_iam_group", "aws_iam_user", "aws_iam_user_policy")

Faults = list[str]


def knows_too_much(parsed: dict[str, Any]) -> Faults:
    """A module is a noun: who it is made for, and where, is not its business."""
    faults = [f"has a {kind} block" for kind in ("provider",) if kind in parsed]
    faults += [f"has a {kind} block" for t in parsed.get("terraform", []) for kind in ("backend", "cloud") if kind in t]
    for text in hcl.strings(parsed, without=PROSE):
        if "terraform.workspace" in text:
            faults.append("reads terraform.workspace")
        faults += [f"names the environment {found} in {text!r}" for found in ENVIRONMENTS.findall(text)]
        faults += [f"knows of the emulator {found}" for found in EMULATORS.findall(text)]
    return faults


def decides_by_environment(parsed: dict[str, Any]) -> Faults:
    """Differences between environments are values in envs/, not branches in a root."""
    compared = re.compile(
        r"var\.environment\s*[!=]=|[!=]=\s*var\.environment\b|lookup\([^)]*var\.environment|\[var\.environment\]"
    )
    return [f"branches in {text!r}" for text in hcl.strings(parsed, without=PROSE) if compared.search(text)]


def uses_other_providers(parsed: dict[str, Any]) -> Faults:
    """One provider to download, to lock and to trust."""
    required = [key for t in parsed.get("terraform", []) for p in t.get("required_providers", []) for key in p]
    kinds = [labels[0] for kind in ("resource", "data") for labels, _ in hcl.blocks(parsed, kind)]
    faults = [f"requires the provider {key}" for key in required if key not in ("aws", hcl.BLOCK_MARK)]
    return faults + [f"has a {kind}" for kind in kinds if not kind.startswith("aws_") and kind != "terraform_data"]


def is_untold(parsed: dict[str, Any]) -> Faults:
    """Every variable and output says what it is, and every variable its exact type."""
    told = [(labels[0], body) for kind in ("variable", "output") for labels, body in hcl.blocks(parsed, kind)]
    faults = [f"{label} has no description" for label, body in told if not body.get("description")]
    for (label,), body in hcl.blocks(parsed, "variable"):
        if "any" in re.findall(r"\w+", str(body.get("type", "any"))):
            faults.append(f"variable {label} takes anything")
    return faults


def is_out_of_order(parsed: dict[str, Any]) -> Faults:
    """A reader finds a variable by the alphabet."""
    faults = []
    for kind in ("variable", "output"):
        labels = [labels[0] for labels, _ in hcl.blocks(parsed, kind)]
        if labels != sorted(labels):
            faults.append(f"{kind}s stand as {', '.join(labels)}")
    return faults


def is_left_to_chance(parsed: dict[str, Any]) -> Faults:
    """A name that chance made cannot be found again, and cannot be granted beforehand."""
    faults = [
        f"has {text!r}"
        for text in hcl.strings(parsed, without=PROSE)
        if re.search(r"\b(uuid|timestamp|plantimestamp|bcrypt)\(", text)
    ]
    prefixes = ("bucket_prefix", "cluster_identifier_prefix", "identifier_prefix", "name_prefix")
    return faults + [
        f"{'.'.join(labels)} has a {prefix}, so that chance ends its name"
        for labels, body in hcl.blocks(parsed, "resource")
        for prefix in prefixes
        if prefix in body
    ]


def leaves_the_provider_s_next_version_behind(parsed: dict[str, Any]) -> Faults:
    """Code stands with version 5 and 6 of the provider; these are what 6 took away or only 6 has."""
    faults = [
        f"{text!r} is gone in version 6; use .id"
        for text in hcl.strings(parsed, without=PROSE)
        if re.search(r"data\.aws_region\.\w+\.name\b", text)
    ]
    for (kind, label), body in hcl.blocks(parsed, "resource"):
        if "region" in body:
            faults.append(f"{kind}.{label} sets region, which version 5 does not know")
        if kind == "aws_eip" and "vpc" in body:
            faults.append(f"{kind}.{label} sets vpc, which is gone in version 6; use domain")
    return faults


def counts_beyond_one(parsed: dict[str, Any]) -> Faults:
    """What is counted moves when one before it goes, and Terraform replaces it; more than one takes for_each."""
    return [
        f"{'.'.join(labels)} counts {body['count']}"
        for kind in ("resource", "data", "module")
        for labels, body in hcl.blocks(parsed, kind)
        if "count" in body and not re.search(r"\? (0 : 1|1 : 0)\}?$", str(body["count"]))
    ]


def refuses_in_riddles(parsed: dict[str, Any]) -> Faults:
    """Who is refused needs the value, since it came from a file far away, and what to do about it."""
    faults = []
    for label, _, message in validations(parsed):
        is_shown = f"var.{label}" in message or re.search(rf'{label}(\.\w+)* is (empty|null|"\w+")', message)
        if not is_shown:
            faults.append(f"{label} is refused without its value: {message!r}")
        if not WAY_OUT.search(without_interpolations(message)):
            faults.append(f"{label} is refused without rule or way out: {message!r}")
    return faults


def keeps_choices_to_itself(parsed: dict[str, Any]) -> Faults:
    """A value out of a few is checked against those few, and the refusal names them."""
    faults = []
    for (label,), body in hcl.blocks(parsed, "variable"):
        conditions = " ".join(condition for name, condition, _ in validations(parsed) if name == label)
        told = ALTERNATIVES.findall(str(body.get("description", "")))
        faults += [
            f"{label} may be {word}, says its description, and no validation knows that"
            for alternatives in told
            for word in re.findall(r"`(\w+)`", alternatives)
            if word not in conditions and word not in ("true", "false", "null")
        ]
    for label, condition, message in validations(parsed):
        for choices in re.findall(r"contains\(\[([^\]]*)\]", condition):
            unspoken = [word for word in STRING.findall(choices) if word not in message]
            faults += [f"{label} may be {word}, which its refusal does not say" for word in unspoken]
    return faults


def promises_to_wait(parsed: dict[str, Any]) -> Faults:
    """`Known only once ...` is a promise to callers; depends_on is what keeps it."""
    return [
        f"output {label} is known only once something stands, and waits for nothing"
        for (label,), body in hcl.blocks(parsed, "output")
        if re.search(r"[Kk]nown only once", str(body.get("description", ""))) and not body.get("depends_on")
    ]


def makes_roles_by_hand(parsed: dict[str, Any]) -> Faults:
    """Roles are made by modules/role alone: there the boundary is set, and a grant of everything refused."""
    return [
        f"has {kind}.{label}; use modules/role" if kind in MADE_BY_ROLE else f"has {kind}.{label}; nobody needs one"
        for (kind, label), _ in hcl.blocks(parsed, "resource")
        if kind in (*MADE_BY_ROLE, *NOBODY_S)
    ]


def makes_roles_without_bounds(parsed: dict[str, Any]) -> Faults:
    """Every role takes the caller's boundary and serves this account alone, which all services but Lambda tell."""
    faults = []
    for (label,), body in hcl.blocks(parsed, "module"):
        if not re.fullmatch(r"(\.\./)+(modules/)?role", str(body.get("source"))):
            continue
        if "var.boundary_arn" not in str(body.get("boundary_arn", "")):
            faults.append(f"module {label} does not hand its boundary_arn to the role")
        services = re.findall(r"[a-z0-9.-]+\.amazonaws\.com", str(body.get("trusted_services")))
        if services != ["lambda.amazonaws.com"] and "trusted_account_id" not in body:
            faults.append(f"module {label} trusts {', '.join(services)} for any account; pass trusted_account_id")
    declared = {label for (label,), _ in hcl.blocks(parsed, "variable")}
    return faults + (["has no variable boundary_arn"] if faults and "boundary_arn" not in declared else [])


def calls_without_bounds(parsed: dict[str, Any], bounded: set[str]) -> Faults:
    """What a root calls gets the environment's boundary, if it makes roles; `bounded` are the modules that do."""
    return [
        f"module {label} is called without boundary_arn"
        for (label,), body in hcl.blocks(parsed, "module")
        if str(body.get("source")).rsplit("/", 1)[-1] in bounded and "boundary_arn" not in body
    ]


def is_untagged_or_unguarded(parsed: dict[str, Any]) -> Faults:
    """A root's provider marks what it makes, for the bill, and refuses an account that it was not written for."""
    faults = []
    providers = [body for (name,), body in hcl.blocks(parsed, "provider") if name == "aws"]
    if not providers:
        faults.append("has no provider aws")
    for provider in providers:
        tags = [key for block in provider.get("default_tags", []) for key in block.get("tags", {})]
        faults += [f"has no default tag {tag}" for tag in ("ManagedBy", "Project") if tag not in tags]
        if "allowed_account_ids" not in provider:
            faults.append("has no allowed_account_ids")
    return faults


def is_ignored_without_reason(text: str) -> Faults:
    """`ignore_changes` lets AWS and the code drift apart for ever; whoever does that says why."""
    lines = text.splitlines()
    return [
        f"line {number} has {line.strip()!r} and no comment beside or above it"
        for number, line in enumerate(lines, start=1)
        if re.match(r"\s*ignore_changes\b", line)
        and "#" not in line
        and not (number > 1 and lines[number - 2].lstrip().startswith("#"))
    ]


def versions(parsed: dict[str, Any]) -> list[tuple[Any, Any]]:
    """What a module or root requires: Terraform's version and the provider's."""
    return [
        (block.get("required_version"), provider.get("aws", {}).get("version"))
        for block in parsed.get("terraform", [])
        for provider in block.get("required_providers", [])
    ]


def lock_faults(lock: dict[str, Any], version: str) -> Faults:
    """The lock names the provider's files for every platform (zh), and all roots lock the same version."""
    faults = []
    for (name,), body in hcl.blocks(lock, "provider"):
        zipped = [each for each in body.get("hashes", []) if str(each).strip('"').startswith("zh:")]
        if body.get("version") != version:
            faults.append(f"locks {name} {body.get('version')}, not {version} as the others do")
        if len(zipped) < 10:
            faults.append(f"has {len(zipped)} zh hashes of {name}; run `terraform providers lock` for every platform")
    return faults or ([] if lock.get("provider") else ["locks no provider"])


def validations(parsed: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The variable's name, condition and message of each validation, without the parser's escapes."""
    for (label,), body in hcl.blocks(parsed, "variable"):
        for block in body.get("validation", []):
            yield label, plain(block["condition"]), plain(block["error_message"])


def plain(text: object) -> str:
    return str(text).replace('\\"', '"')


def without_interpolations(text: str) -> str:
    while INTERPOLATION.search(text):
        text = INTERPOLATION.sub("", text)
    return text
