"""Names, numbers and words within what AWS's own service models say: lengths, patterns, ranges and enums.

botocore ships a model of every service. MODELS says which member of which operation an attribute ends up in; what the
models do not say is in LIMITS. A type of resource stands in one of the two, or in FREE with the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from shipping.doctor import aws_models
from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan, Resource
from shipping.doctor.rules.shape_table import LIMITS, MODELS, SETTINGS, TAG_KEY, TAG_VALUE

# The models' patterns are written for Java. Of its classes of characters only the plain ones are taken over: a name
# outside of ASCII is found fault with, even where AWS would have it.
PLAIN = {"L": "A-Za-z", "M": "", "N": "0-9", "P": r"!-#%-*,-/:;?@\[-\]_{}", "S": r"$+<=>^`|~", "Z": " "}


@cache
def shape(where: str) -> Shape:
    """The shape at `service.Operation.Member.Member`; lists are stepped into."""
    service, operation, *members = where.split(".")
    found: Any = aws_models.service(service).operation_model(operation).input_shape
    for member in members:
        found = _inside(found)
        if not isinstance(found, StructureShape) or member not in found.members:
            raise LookupError(
                f"{where} has no member {member}; read botocore's model of {service} and correct the table."
            )
        found = found.members[member]
    return found


def _inside(found: Shape) -> Shape:
    while isinstance(found, ListShape | MapShape):
        found = found.member if isinstance(found, ListShape) else found.value
    return found


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A model's pattern for Python."""
    text = text.replace("(?i)", "")  # only ever about names that we write in small letters
    text = text.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")  # Java writes such letters as pairs
    spelt = re.sub(r"\\p\{(?:Is)?(\w)\w*\}", lambda found: PLAIN[found[1]], text)
    return re.compile(re.sub(r"\[([^\]\\]*)&&\[\^([^\]]*)\]\]", r"(?![\2])[\1]", spelt))


def fault(where: str, value: Any) -> str | None:
    """Which limit of a service's model a value breaks, or None."""
    asked = shape(where)
    if isinstance(asked, ListShape) and not isinstance(value, list):
        asked = _inside(asked)
    if asked.type_name == "string":
        return text_fault(str(value), asked)
    size = len(value) if isinstance(value, list | dict) else _number(value)
    least, most = asked.metadata.get("min"), asked.metadata.get("max")
    if size is not None and ((least is not None and size < least) or (most is not None and size > most)):
        return f"it takes {least} to {most}"
    return None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def text_fault(text: str, asked: Shape) -> str | None:
    words = getattr(asked, "enum", None) or []
    if words and text not in words:
        shown = ", ".join(words[:12]) + (" and others" if len(words) > 12 else "")
        return f"it is one of {shown}"
    least, most = asked.metadata.get("min"), asked.metadata.get("max")
    if (least is not None and len(text) < least) or (most is not None and len(text) > most):
        return f"it has {least or 0} to {most} characters, and these are {len(text)}"
    written = asked.metadata.get("pattern")
    if written and not pattern(written).fullmatch(text):
        return f"it matches {written}"
    return None


def values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """The values at a path; every block of a list, and at the end every value of a map."""
    if value is None or value is UNKNOWN:
        return
    if isinstance(value, list):
        for one in value:
            yield from values_at(one, path)
    elif path:
        yield from values_at(value.get(path[0]), path[1:]) if isinstance(value, dict) else ()
    elif isinstance(value, dict):
        yield from (one for one in value.values() if one is not UNKNOWN and one is not None)
    else:
        yield value


def fit_their_services(plan: Plan) -> Iterator[Finding]:
    for resource in plan.resources:
        for attribute, where in MODELS.get(resource.type, {}).items():
            for value in values_at(resource.values, tuple(attribute.split("."))):
                if value != "" and (broken := fault(where, value)):  # "" is how the provider writes "not given"
                    service, operation = where.split(".")[:2]
                    yield _finding(resource, attribute, value, f"{service} {operation}: {broken}")


def fit_written_limits(plan: Plan) -> Iterator[Finding]:
    for resource in plan.resources:
        for attribute, limit in LIMITS.get(resource.type, {}).items():
            for value in values_at(resource.values, tuple(attribute.split("."))):
                if not limit.allows(value):
                    yield _finding(resource, attribute, value, limit.words)


def settings_fit(plan: Plan) -> Iterator[Finding]:
    """The DAGs hand some settings to AWS at night; a wrong one would be refused then."""
    for parameter in plan.of_type("aws_ssm_parameter"):
        for where in SETTINGS.get(str(parameter.get("name")).rpartition("/")[2], ()):
            text = parameter.get("value")
            if text is not UNKNOWN and (broken := setting_fault(where, text)):
                yield _finding(parameter, "value", text, f"{where}: {broken}")


def setting_fault(where: str, text: str) -> str | None:
    """A setting is a word, or the JSON of a structure."""
    asked = shape(where)
    return (
        next(structure_faults(asked, json.loads(text)), None)
        if isinstance(asked, StructureShape)
        else fault(where, text)
    )


def structure_faults(asked: Shape, value: Any, at: str = "") -> Iterator[str]:
    """What a JSON value breaks of a structure: members that are unknown or missing, and every limit below."""
    if isinstance(asked, StructureShape):
        yield from (f"{at}{name} is no member" for name in value if name not in asked.members)
        if value:
            yield from (f"{at}{name} is missing" for name in asked.required_members if name not in value)
        for name, inner in value.items():
            if name in asked.members:
                yield from structure_faults(asked.members[name], inner, f"{at}{name}.")
    elif isinstance(asked, ListShape):
        for inner in value:
            yield from structure_faults(asked.member, inner, at)
    elif asked.type_name == "string":
        if broken := text_fault(str(value), asked):
            yield f"{at.rstrip('.')} is {value}; {broken}"
    elif (least := asked.metadata.get("min")) is not None and value < least:
        yield f"{at.rstrip('.')} is {value}; it is at least {least}"
    elif (most := asked.metadata.get("max")) is not None and value > most:
        yield f"{at.rstrip('.')} is {value}; it is at most {most}"


def tags_fit(plan: Plan) -> Iterator[Finding]:
    for resource in plan.resources:
        tags = resource.values.get("tags_all")
        if not isinstance(tags, dict):
            continue
        for key, value in tags.items():
            if key.lower().startswith("aws:") or not TAG_KEY.fullmatch(key):
                yield _finding(resource, "tags", key, "a tag's key has 1 to 128 letters, digits, spaces and _.:/=+-@")
            if isinstance(value, str) and not TAG_VALUE.fullmatch(value):
                yield _finding(
                    resource, "tags", value, "a tag's value has up to 256 letters, digits, spaces and _.:/=+-@"
                )


def _finding(resource: Resource, attribute: str, value: Any, rule: str) -> Finding:
    shown = f"made with {attribute} = {value!r}"
    return Finding(rule, resource.address, shown, "Change the value in the module or in envs/.")


RULES = (fit_their_services, fit_written_limits, settings_fit, tags_fit)
