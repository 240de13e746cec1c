"""What MWAA installs: a wrong requirements.txt breaks the whole environment, and shows only after half an hour."""

import re
import tomllib
from pathlib import Path

import pytest

DAGS = Path(__file__).resolve().parents[2] / "dags"
PROJECT = tomllib.loads((DAGS / "pyproject.toml").read_text())
VERSION = next(
    pin.removeprefix("apache-airflow==") for pin in PROJECT["project"]["dependencies"] if "apache-airflow==" in pin
)
CONSTRAINTS = DAGS / f"constraints-{VERSION}-py3.12.txt"


def pins(text: str) -> dict[str, str]:
    """name -> version of every `name==version` line."""
    return dict(re.findall(r"^([a-z0-9.\-]+)(?:\[[a-z,]+\])?==(\S+)$", text, re.MULTILINE))


def requirement_faults(text: str) -> list[str]:
    """Why MWAA would install something else than we test: no constraint file, loose pins, what never belongs there."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    faults = []
    if not lines or lines[0] != f'--constraint "/usr/local/airflow/dags/{CONSTRAINTS.name}"':
        faults.append(f"the first line must be the constraint file {CONSTRAINTS.name}")
    if any("constraint" in line or "-c " in line for line in text.splitlines() if line.startswith("#")):
        faults.append("a comment that holds the word switches MWAA's own constraints off")
    for line in lines[1:]:
        name, _, version = line.partition("==")
        if pins(CONSTRAINTS.read_text()).get(name.split("[")[0]) != version:
            faults.append(f"{line} is not pinned as MWAA pins it")
    return faults


def test_requirements_name_the_constraints_that_are_shipped_beside_them():
    assert requirement_faults((DAGS / "requirements.txt").read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "boto3==1.39.11",
        '--constraint "/usr/local/airflow/dags/constraints-2.10.1-py3.11.txt"',
        f'--constraint "/usr/local/airflow/dags/{CONSTRAINTS.name}"\nboto3',
        f'--constraint "/usr/local/airflow/dags/{CONSTRAINTS.name}"\ntensorflow==2.21.0',
        f'# --constraint "x"\n--constraint "/usr/local/airflow/dags/{CONSTRAINTS.name}"',
    ],
)
def test_requirements_that_break_mwaa_are_found(text):
    assert requirement_faults(text)


def test_the_constraints_pin_what_our_own_environment_pins():
    """Else DAGs would be tested with other versions than they run with."""
    shipped = pins(CONSTRAINTS.read_text())
    ours = pins("\n".join(PROJECT["tool"]["uv"]["constraint-dependencies"]))

    assert shipped["apache-airflow"] == VERSION
    assert len(shipped) > 150
    assert shipped.items() <= ours.items()
    assert set(ours) - set(shipped) <= {"iniconfig", "pytest"}  # test tools stay here


def test_every_pin_is_one_line_that_pip_understands():
    lines = [line for line in CONSTRAINTS.read_text().splitlines() if not line.startswith("#")]

    assert [line for line in lines if not re.fullmatch(r"[a-z0-9.\-]+==[0-9][\w.+]*", line)] == []
