"""Whether MWAA can install what dags/requirements.txt asks for; offline, because a wrong line breaks all of Airflow.

MWAA installs with pip under the constraints that the first line names. What can be said without an index: the
constraints are shipped beside the DAGs and are this version's, every requirement is pinned as they pin it, and nothing
is asked for that does not belong there. Then every pin can be resolved, because MWAA's own image was.
"""

from __future__ import annotations

import re
from pathlib import Path

from shipping.environments import Refused

FOLDER = "/usr/local/airflow/dags"  # where MWAA puts the DAG folder
PYTHON = "3.12"  # of every Airflow 3 that MWAA offers
NEVER = ("tensorflow", "tensorflow-cpu", "keras", "torch")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[A-Za-z0-9,._-]+\])?==(\S+)$")


def constraints_name(airflow_version: str) -> str:
    return f"constraints-{airflow_version}-py{PYTHON}.txt"


def pins(text: str) -> dict[str, str]:
    """name -> version of every `name==version` line, names as indexes write them."""
    found = (_PIN.match(line.strip()) for line in text.splitlines())
    return {_plain(pin[1]): pin[2] for pin in found if pin}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


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
    return [*_first_line_faults(text, constraints), *_comment_faults(text), *_requirement_faults(text, shipped)]


def _asked(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def _first_line_faults(text: str, constraints: str) -> list[str]:
    wanted = f'--constraint "{FOLDER}/{constraints}"'
    first = next(iter(_asked(text)), "")
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


def _requirement_faults(text: str, shipped: dict[str, str]) -> list[str]:
    found = []
    for line in _asked(text):
        if line.startswith("--constraint"):
            continue
        pin = _PIN.match(line)
        name = _plain(re.split(r"[\[=<>!~ ;@]", line)[0])
        if name in NEVER:
            found.append(
                f"{line!r} is asked for; training has its own image, and it fights Airflow's pins. Take it out."
            )
        elif name not in shipped:
            found.append(
                f"{line!r} is asked for, which the constraints do not pin. Take it out, or do that work in a job."
            )
        elif not pin or pin[2] != shipped[name]:
            found.append(
                f"{line!r} is asked for; MWAA pins {name}=={shipped[name]}. Write that, or leave the line out."
            )
    return found
