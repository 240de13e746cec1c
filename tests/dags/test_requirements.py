"""What MWAA installs: a wrong requirements.txt breaks the whole environment, and shows only after half an hour."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from shipping import airflow_requirements
from shipping.environments import Refused

DAGS = Path(__file__).resolve().parents[2] / "dags"
PROJECT = tomllib.loads((DAGS / "pyproject.toml").read_text())
VERSION = next(
    pin.removeprefix("apache-airflow==") for pin in PROJECT["project"]["dependencies"] if "apache-airflow==" in pin
)
CONSTRAINTS = DAGS / airflow_requirements.constraints_name(VERSION)
FIRST = f'--constraint "/usr/local/airflow/dags/{CONSTRAINTS.name}"'


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    """A DAG folder with our constraints and requirements, to be spoilt."""
    for file in (CONSTRAINTS, DAGS / "requirements.txt"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_our_requirements_can_be_installed():
    """Nobody could log in to Airflow, and no DAG would run."""
    airflow_requirements.check(DAGS, VERSION)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "its first line is ''"),
        ("boto3==1.39.11", "its first line is 'boto3==1.39.11'"),
        ('--constraint "/usr/local/airflow/dags/constraints-2.10.1-py3.11.txt"', "constraints-2.10.1-py3.11.txt"),
        (f"{FIRST}\nboto3", "MWAA pins boto3=="),
        (f"{FIRST}\nboto3>=1.39", "MWAA pins boto3=="),
        (f"{FIRST}\nBoto3==1.0.0", "MWAA pins boto3=="),
        (f"{FIRST}\ntensorflow==2.21.0", "training has its own image"),
        (f"{FIRST}\nleft-pad==1.0.0", "which the constraints do not pin"),
        (f'# --constraint "x"\n{FIRST}', "switches MWAA's own constraints off"),
        (f"  # add -c here\n{FIRST}", "switches MWAA's own constraints off"),
    ],
)
def test_requirements_that_break_mwaa_are_refused(dags, text, told):
    """MWAA itself would say so only after it has replaced every worker."""
    (dags / "requirements.txt").write_text(text)

    with pytest.raises(Refused, match=re.escape(told)):
        airflow_requirements.check(dags, VERSION)


def test_a_pin_that_equals_mwaas_own_is_taken(dags):
    """Extras and capitals are only another way of writing the same pin."""
    version = airflow_requirements.pins(CONSTRAINTS.read_text())["boto3"]
    (dags / "requirements.txt").write_text(f"{FIRST}\nBoto3[crt]=={version}\n# a word on why\n")

    airflow_requirements.check(dags, VERSION)


def test_a_version_without_constraints_is_refused(dags):
    """Under the constraints of another version pip would fight MWAA's own image."""
    with pytest.raises(Refused, match=rf"airflow.version is '3.2.1', and .* but {re.escape(CONSTRAINTS.name)}"):
        airflow_requirements.check(dags, "3.2.1")


def test_constraints_of_another_version_under_this_ones_name_are_refused(dags):
    """A copied file with a new name looks right, and installs the old Airflow."""
    shutil.copy(CONSTRAINTS, dags / airflow_requirements.constraints_name("3.2.1"))

    with pytest.raises(Refused, match=f"pins apache-airflow to '{VERSION}', and its name says '3.2.1'"):
        airflow_requirements.check(dags, "3.2.1")


def test_the_constraints_pin_what_our_own_environment_pins():
    """Else DAGs would be tested with other versions than they run with."""
    shipped = airflow_requirements.pins(CONSTRAINTS.read_text())
    ours = airflow_requirements.pins("\n".join(PROJECT["tool"]["uv"]["constraint-dependencies"]))

    assert shipped["apache-airflow"] == VERSION
    assert len(shipped) > 150
    assert shipped.items() <= ours.items()
    assert set(ours) - set(shipped) <= {"iniconfig", "pytest"}  # test tools stay here


def test_every_pin_is_one_line_that_pip_understands():
    """pip reads a line that it does not understand as an error of the whole file."""
    lines = [line for line in CONSTRAINTS.read_text().splitlines() if not line.startswith("#")]

    assert [line for line in lines if not re.fullmatch(r"[a-z0-9.\-]+==[0-9][\w.+]*", line)] == []
