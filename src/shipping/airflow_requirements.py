"""Whether MWAA can install dags/requirements.txt; checked offline, because a wrong line breaks all of Airflow.

MWAA installs with pip under the constraints that the first line names. What can be checked without an index: the
constraints are shipped beside the DAGs and belong to this version, every requirement is pinned as they pin it, and
pip gets no option besides. Then every pin can be resolved, because MWAA's own image was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shipping.environments import Refused

FOLDER = "/usr/local/airflow/dags"  # where MWAA puts the DAG folder
PYTHON = "3.12"  # of every Airflow 3 that MWAA offers
NEVER = ("tensorflow", "tensorflow-cpu", "keras", "torch")
COMMAND = "make dag-requirements"  # shipping.mwaa_constraints
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)$")
_COMMENT = re.compile(r"(^|\s+)#.*$")  # pip's own rule: a `#` inside a word begins no comment
_REQUIREMENT = re.compile(
    r"^(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*"
    r"(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?P<specifier>[^;\[\]]*?)\s*"
    r"(?P<marker>;.*)?$"
)
_EXACT = re.compile(r"^\(?\s*={2,3}\s*([A-Za-z0-9.!+_-]+)\s*\)?$")


@dataclass(frozen=True)
class Requirement:
    """One line that names a package. `version` is empty where the line is not exactly `name==version`."""

    line: str
    name: str
    extras: frozenset[str] = frozenset()
    version: str = ""

    def __str__(self) -> str:
        extras = f"[{','.join(sorted(self.extras))}]" if self.extras else ""
        return f"{self.name}{extras}=={self.version}"


def constraints_name(airflow_version: str) -> str:
    return f"constraints-{airflow_version}-py{PYTHON}.txt"


def pins(text: str) -> dict[str, str]:
    """name -> version of every `name==version` line, names as indexes write them."""
    found = (_PIN.match(line) for line in _lines(text))
    return {normalize(pin[1]): pin[2] for pin in found if pin}


def normalize(name: str) -> str:
    """A package's name as indexes write it: Slack_SDK and slack.sdk are slack-sdk."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_requirement(line: str) -> Requirement | None:
    """Split a line as pip does; None where it names no package: an option, a path or an address."""
    found = _REQUIREMENT.match(line)
    if not found:
        return None
    extras = frozenset(normalize(extra.strip()) for extra in (found["extras"] or "").split(",") if extra.strip())
    exact = _EXACT.match(found["specifier"])
    return Requirement(line, normalize(found["name"]), extras, exact[1] if exact else "")


def requirements(text: str) -> list[Requirement]:
    """Every line of a requirements.txt that names a package."""
    return [found for line in _lines(text) if (found := parse_requirement(line))]


def _lines(text: str) -> list[str]:
    """What pip reads: continued lines joined, comments and blank lines dropped."""
    joined = re.sub(r"\\\r?\n", "", text)
    lines = (_COMMENT.sub("", line).strip() for line in joined.splitlines())
    return [line for line in lines if line]


def check(dags: Path, airflow_version: str) -> None:
    """Refuse a requirements.txt that MWAA of this version could not install as we test it."""
    constraints = dags / constraints_name(airflow_version)
    if not constraints.exists():
        there = ", ".join(sorted(file.name for file in dags.glob("constraints-*.txt"))) or "none"
        raise Refused(
            f"airflow.version is {airflow_version!r}, and {dags} has no {constraints.name} but {there}. MWAA installs "
            "under the constraints of its own version: choose a version whose file is there, or bring the file from "
            f"aws/amazon-mwaa-docker-images (images/airflow/{airflow_version}) and test the DAGs with it."
        )
    shipped = pins(constraints.read_text())
    if shipped.get("apache-airflow") != airflow_version:
        raise Refused(
            f"{constraints.name} pins apache-airflow to {shipped.get('apache-airflow')!r}, and its name says "
            f"{airflow_version!r}. Bring the file of that version."
        )
    if found := faults((dags / "requirements.txt").read_text(), constraints.name, shipped):
        told = "\n".join(f"  {fault}" for fault in found)
        raise Refused(f"{dags / 'requirements.txt'} would break Airflow:\n{told}")


def faults(text: str, constraints: str, shipped: dict[str, str]) -> list[str]:
    """Every line that MWAA would stumble over, each with its rule and its remedy."""
    return [
        *_first_line_faults(text, constraints),
        *_comment_faults(text),
        *_requirement_faults(text, constraints, shipped),
    ]


def _first_line_faults(text: str, constraints: str) -> list[str]:
    wanted = f'--constraint "{FOLDER}/{constraints}"'
    first = next(iter(_lines(text)), "")
    if first == wanted:
        return []
    return [f"its first line is {first!r}; MWAA resolves by the constraints of its own version. Write {wanted}"]


def _comment_faults(text: str) -> list[str]:
    """MWAA only looks for the word: a comment that holds it makes it leave its own constraints out."""
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("#")]
    return [
        f"the comment {line!r} holds a word that switches MWAA's own constraints off. Say it in other words."
        for line in comments
        if "constraint" in line or "-c " in line
    ]


def _requirement_faults(text: str, constraints: str, shipped: dict[str, str]) -> Iterator[str]:
    for number, line in enumerate(_lines(text)):
        if number == 0 and line.startswith("--constraint"):  # the first line has a rule of its own
            continue
        found = parse_requirement(line)
        if found is None:
            yield (
                f"{line!r} is no package; only `name==version` lines are checked, and pip would take more from there. "
                "Name the packages themselves."
            )
        elif found.name in NEVER:
            yield f"{line!r} conflicts with Airflow's pins, and training has its own image. Take it out."
        elif found.name not in shipped:
            yield _unpinned(line, constraints)
        elif found.version != shipped[found.name]:
            pin = f"{found.name}=={shipped[found.name]}"
            yield f"{line!r} is not MWAA's version; MWAA pins {pin}. Write that, or leave the line out."


def _unpinned(line: str, constraints: str) -> str:
    """Names every file that has to change: the constraints are not the only one."""
    return (
        f"{line!r} names a package which the constraints do not pin. Run `{COMMAND}`: where MWAA's whole list pins the "
        f"package, it writes dags/{constraints}, dags/pyproject.toml and dags/uv.lock; commit these three with "
        "dags/requirements.txt. Where MWAA does not pin it, take the line out, or do that work in a job."
    )
