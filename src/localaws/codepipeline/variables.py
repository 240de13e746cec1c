"""`#{Namespace.KEY}`: what earlier actions told, written into the configuration of later ones."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localaws.codepipeline.execution import ActionFailed

REFERENCE = re.compile(r"#\{([A-Za-z0-9@_-]+)\.([A-Za-z0-9@_-]+)\}")
OF_THE_PIPELINE = ("codepipeline", "variables")  # the id of the execution, and the pipeline's own variables


def namespaces_in(text: str) -> set[str]:
    """The namespaces that a value refers to."""
    return {found[1] for found in REFERENCE.finditer(text)}


def resolve(text: str, namespaces: Mapping[str, Mapping[str, str]]) -> str:
    """The text with its variables replaced. One that has no value fails the action; it must not become empty text."""

    def value(found: re.Match[str]) -> str:
        known = namespaces.get(found[1])
        if known is None or found[2] not in known:
            there = ", ".join(sorted(known)) if known else "none"
            raise ActionFailed(
                "UnresolvedVariable",
                f"The variable {found[0]} has no value: the namespace {found[1]} holds {there}. Name a variable that "
                "the action of this namespace puts out, for instance among exported-variables of its buildspec.",
            )
        return known[found[2]]

    return REFERENCE.sub(value, text)


def resolved(configuration: Mapping[str, str], namespaces: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """A whole configuration."""
    return {key: resolve(value, namespaces) for key, value in configuration.items()}
