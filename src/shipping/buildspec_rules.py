"""Whether the buildspecs run make targets and nothing else.

    python -m shipping.buildspec_rules [FILE...]

Without names it reads every buildspec-*.yml of the clone. A pipe hides what failed before it, since CodeBuild looks at
the last command alone; `||` and `;` hide it too; and what stands in a buildspec can be tried nowhere but on AWS.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from shipping import tools

WORD = r"(?:[a-z][a-z-]*|[A-Z]+=\$?\w+|\$[A-Z]+)"  # a target, a variable that is handed on, or one that names targets
MAKE = rf"make(?: -s)?(?: {WORD})+"
ALLOWED = re.compile(rf'{MAKE}|[A-Z]+="\$\({MAKE}\)"')
REASONS = (
    (r"\n", "has several lines, of which CodeBuild judges the last", "Write one command per list entry."),
    (r"\|\|", "goes on after a failure (||)", "Let the target fail, or mend it in the target."),
    (r"&&", "joins commands (&&)", "Write one command per list entry: CodeBuild stops at the first that fails."),
    (r"\|", "has a pipe, which hides what failed before it", "Let the make target write its own file."),
    (r";", "joins commands (;), of which CodeBuild judges the last", "Write one command per list entry."),
    (r"&", "runs in the background (&), where nobody sees it fail", "Take the & away."),
    (r"[<>]", "redirects, which a make target can do by itself", "Let the make target write its own file."),
)
ANYTHING_ELSE = (
    'is not `make <targets>` or `NAME="$(make -s <target>)"`',
    "Make it a target of the Makefile, where everybody can run it, and call that.",
)
HANDED_ON = "build/handover"  # what the target `handover` fills, in every build
TARGET = re.compile(r"(?<= )[a-z][a-z-]*(?= |\)|$)")


@dataclass(frozen=True)
class Fault:
    """Where it stands, what it says, which rule it breaks, and the way out."""

    place: str
    text: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text!r} {self.rule}. {self.remedy}"


def faults(file: Path, targets: frozenset[str]) -> list[Fault]:
    """What is wrong in one buildspec; `targets` are those of the Makefile."""
    top = yaml.compose(file.read_text(), Loader=yaml.SafeLoader)
    if top is None:
        return [Fault(file.name, "", "is empty", "Restore it from git.")]
    return [fault for kind in (_of_commands, _of_failures, _of_artifacts) for fault in kind(file, top, targets)]


def _of_commands(file: Path, top: yaml.Node, targets: frozenset[str]) -> Iterator[Fault]:
    for name, phase in _entries(_at(top, "phases")):
        for key in ("commands", "finally"):
            listed = _at(phase, key)
            for node in listed.value if isinstance(listed, yaml.SequenceNode) else []:
                place = f"{file.name}:{node.start_mark.line + 1} ({name}, {key})"
                yield from _judged(place, _text(node), targets)


def _judged(place: str, command: str, targets: frozenset[str]) -> Iterator[Fault]:
    if not ALLOWED.fullmatch(command):
        broken = ((rule, remedy) for pattern, rule, remedy in REASONS if re.search(pattern, command))
        yield Fault(place, command, *next(broken, ANYTHING_ELSE))
        return
    for target in TARGET.findall(command):
        if target not in targets:
            yield Fault(place, command, f"names {target}, which is no target", "`make` alone lists them.")


def _of_failures(file: Path, top: yaml.Node, _: frozenset[str]) -> Iterator[Fault]:
    for name, phase in _entries(_at(top, "phases")):
        node = _at(phase, "on-failure")
        if node is not None and _text(node) != "ABORT":
            place = f"{file.name}:{node.start_mark.line + 1} ({name}, on-failure)"
            yield Fault(place, _text(node), "lets a build go on after a failure", "Take the line away.")


def _of_artifacts(file: Path, top: yaml.Node, _: frozenset[str]) -> Iterator[Fault]:
    artifacts = _at(top, "artifacts")
    if artifacts is not None and (base := _text(_at(artifacts, "base-directory"))) != HANDED_ON:
        place = f"{file.name}:{artifacts.start_mark.line + 1} (artifacts, base-directory)"
        yield Fault(place, base, f"is not {HANDED_ON}, which `make handover` fills", "Name that folder.")


def _entries(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        yield str(key.value), value


def _at(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return dict(_entries(node)).get(key)


def _text(node: yaml.Node | None) -> str:
    """A scalar as it is written; a command that YAML took for a map (`: ` in it) as what its parts say."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value).strip()
    return ": ".join(_text(part) for entry in _entries(node) for part in (yaml.ScalarNode("", entry[0]), entry[1]))


def targets_of(makefile: Path) -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile.read_text(), re.MULTILINE))


def buildspecs(root: Path) -> list[Path]:
    return sorted(root.glob("buildspec*.yml"))


def main(argv: list[str], root: Path = tools.ROOT) -> int:
    files = [Path(name) for name in argv] or buildspecs(root)
    targets = targets_of(root / "Makefile")
    found = [fault for file in files for fault in faults(file, targets)]
    for fault in found:
        print(f"stockcast: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
