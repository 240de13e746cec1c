"""What MWAA installs: a wrong requirements.txt breaks the whole environment, and shows only after half an hour."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shipping import airflow_requirements, mwaa_constraints, tools
from shipping.environments import Refused

DAGS = Path(__file__).resolve().parents[2] / "dags"
PROJECT = tomllib.loads((DAGS / "pyproject.toml").read_text())
VERSION = next(
    pin.removeprefix("apache-airflow==") for pin in PROJECT["project"]["dependencies"] if "apache-airflow==" in pin
)
CONSTRAINTS = DAGS / airflow_requirements.constraints_name(VERSION)
FIRST = f'--constraint "/usr/local/airflow/dags/{CONSTRAINTS.name}"'
PINS = airflow_requirements.pins(CONSTRAINTS.read_text())
BOTO3 = f"boto3=={PINS['boto3']}"
LOCK = tomllib.loads((DAGS / "uv.lock").read_text())


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
        (f"{FIRST}\nboto3[crt] == 1.0.0 ; python_version >= '3.12'", "MWAA pins boto3=="),
        (f"{FIRST}\n{BOTO3} --hash=sha256:00", "MWAA pins boto3=="),
        (f"{FIRST}\nboto3 @ https://example.org/boto3.whl", "MWAA pins boto3=="),
        (f"{FIRST}\nboto3==1.*", "MWAA pins boto3=="),
        (f"{FIRST}\nboto\\\n3==1.0.0", "MWAA pins boto3=="),
        (f"{FIRST}\n-r more.txt", "'-r more.txt' is no package"),
        (f"{FIRST}\n--constraint other.txt", "'--constraint other.txt' is no package"),
        (f"{FIRST}\n./plugins/own.whl", "'./plugins/own.whl' is no package"),
        (f"{FIRST}\n{BOTO3}#egg=boto3", "MWAA pins boto3=="),
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


def test_a_package_that_is_not_pinned_is_refused_with_every_file_to_change(dags):
    """Pinning it in the constraints alone leaves the local Airflow without it, and every DAG that imports it red."""
    (dags / "requirements.txt").write_text(f"{FIRST}\napache-airflow-providers-slack==9.1.4\n")
    lines = CONSTRAINTS.read_text().splitlines(keepends=True)
    (dags / CONSTRAINTS.name).write_text("".join(line for line in lines if "slack" not in line))

    with pytest.raises(Refused) as refusal:
        airflow_requirements.check(dags, VERSION)

    for name in ("make dag-requirements", f"dags/{CONSTRAINTS.name}", "dags/pyproject.toml", "dags/uv.lock"):
        assert name in str(refusal.value)


@pytest.mark.parametrize(
    "written",
    ["Boto3=={v}", "boto3 == {v}", "boto3==={v}", "boto3[crt, S3]=={v}", "boto3=={v} ; python_version >= '3.12'",
     "boto3=={v} # why", "boto3 \\\n  =={v}", "python.dateutil=={d}", "Python_DateUtil=={d}"],
)  # fmt: skip
def test_another_way_of_writing_a_pin_is_the_same_pin(dags, written):
    """Packaging's own parser, which pip uses, agrees on name, extras and version."""
    line = written.format(v=PINS["boto3"], d=PINS["python-dateutil"])
    (dags / "requirements.txt").write_text(f"{FIRST}\n{line}\n")

    airflow_requirements.check(dags, VERSION)
    (ours,) = airflow_requirements.requirements(line)
    theirs = Requirement(line.partition(" #")[0].replace("\\\n", ""))
    assert ours.name == canonicalize_name(theirs.name)
    assert ours.extras == {canonicalize_name(extra) for extra in theirs.extras}
    assert str(theirs.specifier).lstrip("=") == ours.version


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
    parsed = {canonicalize_name(one.name): str(one.specifier) for one in map(Requirement, lines)}
    assert parsed == {name: f"=={version}" for name, version in PINS.items()}


@pytest.mark.integration  # starts uv
def test_the_constraints_are_a_file_that_a_resolver_takes():
    """One line that it does not take, and MWAA installs nothing."""
    command = [tools.uv(), "pip", "compile", "--offline", "--no-index", "--constraints", CONSTRAINTS, "-"]

    done = subprocess.run(command, input="", capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_the_lock_was_made_from_these_pins_and_from_what_requirements_name():
    """`make check` and every build install from the lock alone: an older one would be used without a word."""
    pinned = {pin["name"]: pin["specifier"].removeprefix("==") for pin in LOCK["manifest"]["constraints"]}
    ours = airflow_requirements.pins("\n".join(PROJECT["tool"]["uv"]["constraint-dependencies"]))
    locked = {package["name"]: package.get("version") for package in LOCK["package"]}

    assert pinned == ours
    assert {name: locked[name] for name in locked.keys() & ours.keys()} == {
        name: ours[name] for name in locked.keys() & ours.keys()
    }
    named = airflow_requirements.requirements((DAGS / "requirements.txt").read_text())
    group = airflow_requirements.requirements("\n".join(PROJECT["dependency-groups"]["requirements"]))
    assert {str(one) for one in group} == {str(one) for one in named}
    assert mwaa_constraints.environment_faults(DAGS) == []
