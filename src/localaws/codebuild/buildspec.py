"""Read a buildspec of version 0.2, and refuse what is misspelt: CodeBuild would pass over it and a step would be lost.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
SHELLS = ("bash", "sh")
PHASE_KEYS = ("commands", "finally", "on-failure")
TOP_KEYS = ("version", "env", "phases", "reports", "artifacts", "cache")
ENV_KEYS = ("shell", "variables", "exported-variables", "parameter-store", "secrets-manager", "git-credential-helper")
ARTIFACT_KEYS = ("files", "name", "discard-paths", "base-directory", "exclude-paths")
REPORT_KEYS = ("files", "base-directory", "discard-paths", "file-format")
NOT_SERVED = ("batch", "proxy", "run-as", "enable-symlinks", "s3-prefix", "secondary-artifacts", "key", "fallback-keys")


class Mistake(Exception):
    """CodeBuild's YAML_FILE_ERROR, with the key that is meant."""


@dataclass(frozen=True)
class Phase:
    """The commands of one phase, and whether the build goes on when one fails (None: as CodeBuild does by itself)."""

    commands: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    on_failure: str | None = None


@dataclass(frozen=True)
class Files:
    """Which files an artifact or a report is made of."""

    patterns: tuple[str, ...] = ()
    base: str = ""
    discards_paths: bool = False
    excluded: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Buildspec:
    """Everything that a build does, in the file's own order."""

    shell: str = "sh"
    variables: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    exported: tuple[str, ...] = ()
    python: str | None = None
    phases: Mapping[str, Phase] = field(default_factory=dict)
    artifacts: Files | None = None
    reports: Mapping[str, Files] = field(default_factory=dict)
    cached: tuple[str, ...] = ()


def parse(text: str) -> Buildspec:
    """Every scalar is taken as it is written, so that 3.10 stays a version and `no` a word."""
    try:
        top = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  (makes strings, lists and maps, nothing else)
    except yaml.YAMLError as error:
        raise Mistake(f"the buildspec is not YAML: {' '.join(str(error).split())}") from error
    top = _map(top, "the buildspec", TOP_KEYS)
    if top.get("version") != "0.2":
        raise Mistake(f"version is {top.get('version')!r}; the embedded AWS runs 0.2.")
    env, phases = _map(top.get("env"), "env", ENV_KEYS), _map(top.get("phases"), "phases", PHASES)
    if not phases:
        raise Mistake("phases is missing; give at least one of " + ", ".join(PHASES) + ".")
    install = _map(phases.get("install"), "phases.install", (*PHASE_KEYS, "runtime-versions"))
    return Buildspec(
        **_env(env),
        python=_python(install),
        phases={name: _phase(name, phases.get(name)) for name in PHASES},
        artifacts=_files(top["artifacts"], "artifacts", ARTIFACT_KEYS) if top.get("artifacts") else None,
        reports=_reports(_map(top.get("reports"), "reports")),
        cached=_texts(_map(top.get("cache"), "cache", ("paths",)).get("paths"), "cache.paths"),
    )


def _env(env: dict[str, Any]) -> dict[str, Any]:
    shell = env.get("shell", "sh")
    if shell not in SHELLS:
        raise Mistake(f"env.shell is {shell!r}; the embedded AWS has {' and '.join(SHELLS)}.")
    exported = _texts(env.get("exported-variables"), "env.exported-variables")
    for name in exported:
        if not VARIABLE.fullmatch(name):
            raise Mistake(f"env.exported-variables: {name!r} is no name of a variable.")
    return {
        "shell": shell,
        "variables": _text_map(env.get("variables"), "env.variables"),
        "parameters": _text_map(env.get("parameter-store"), "env.parameter-store"),
        "secrets": _text_map(env.get("secrets-manager"), "env.secrets-manager"),
        "exported": exported,
    }


def _python(install: dict[str, Any]) -> str | None:
    versions = _text_map(install.get("runtime-versions"), "phases.install.runtime-versions")
    others = sorted(set(versions) - {"python"})
    if others:
        raise Mistake(f"phases.install.runtime-versions.{others[0]}: the embedded AWS has no runtime but python.")
    return versions.get("python")


def _phase(name: str, given: Any) -> Phase:
    keys = (*PHASE_KEYS, "runtime-versions") if name == "install" else PHASE_KEYS
    where = f"phases.{name}"
    phase = _map(given, where, keys)
    on_failure = phase.get("on-failure")
    if on_failure not in (None, "ABORT", "CONTINUE"):
        raise Mistake(f"{where}.on-failure is {on_failure!r}; the embedded AWS knows ABORT and CONTINUE.")
    commands, last = _commands(phase, where, "commands"), _commands(phase, where, "finally")
    return Phase(commands, last, on_failure)


def _commands(phase: dict[str, Any], where: str, key: str) -> tuple[str, ...]:
    """A command with `: ` in it is a map for YAML; CodeBuild's own words for it name the place."""
    listed = phase.get(key) or []
    if not isinstance(listed, list):
        raise Mistake(f"{where}.{key} must be a list of commands.")
    for number, command in enumerate(listed):
        if not isinstance(command, str):
            raise Mistake(
                f"Expected {where}.{key}[{number}] to be of string type: found subkeys instead; put the command in "
                f"quotes, because `: ` makes a map of it."
            )
    return tuple(listed)


def _reports(given: dict[str, Any]) -> dict[str, Files]:
    found = {}
    for name, report in given.items():
        kind = _map(report, f"reports.{name}", REPORT_KEYS).get("file-format", "JUNITXML")
        if kind.upper() != "JUNITXML":
            raise Mistake(f"reports.{name}.file-format is {kind!r}; the embedded AWS reads JUNITXML.")
        found[name] = _files(report, f"reports.{name}", REPORT_KEYS)
    return found


def _files(given: Any, where: str, keys: Iterable[str]) -> Files:
    found = _map(given, where, keys)
    patterns = _texts(found.get("files"), f"{where}.files")
    if not patterns:
        raise Mistake(f"{where}.files is missing; give at least one pattern such as '**/*'.")
    return Files(
        patterns,
        str(found.get("base-directory", "")),
        str(found.get("discard-paths", "no")).lower() in ("yes", "true"),
        _texts(found.get("exclude-paths"), f"{where}.exclude-paths"),
        str(found.get("name", "")),
    )


def _map(given: Any, where: str, keys: Iterable[str] | None = None) -> dict[str, Any]:
    if given in (None, ""):
        return {}
    if not isinstance(given, dict):
        raise Mistake(f"{where} must be a map, and is {given!r}.")
    for key in given:
        if keys is not None and key not in keys:
            reason = "is not served by the embedded AWS" if key in NOT_SERVED else "is no key of a buildspec"
            raise Mistake(f"{where}: {key} {reason}; allowed here are {', '.join(keys)}.")
    return given


def _text_map(given: Any, where: str) -> dict[str, str]:
    found = _map(given, where)
    for key, value in found.items():
        if not isinstance(value, str):
            raise Mistake(f"{where}.{key} must be a text, and is {value!r}.")
    return found


def _texts(given: Any, where: str) -> tuple[str, ...]:
    listed = given or []
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Mistake(f"{where} must be a list of texts, and is {given!r}.")
    return tuple(listed)
