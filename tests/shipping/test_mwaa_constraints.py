"""The command that makes dags/ agree with its requirements.txt, over a small list of MWAA's."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from shipping import airflow_requirements, mwaa_constraints, tools
from shipping.environments import Refused

VERSION = "3.0.6"
CONSTRAINTS = f"constraints-{VERSION}-py3.12.txt"
FIRST = f'--constraint "/usr/local/airflow/dags/{CONSTRAINTS}"\n'
ADDED = "apache-airflow-providers-slack|slack-sdk|zope-event"
SLACK = "apache-airflow-providers-slack[Discord_Bot]==9.1.4"
# As MWAA writes them: names of any spelling, comments, and no Airflow in the first list.
LIST = "# copied from apache/airflow\n\nboto3==1.39.11\nsqlalchemy==1.4.0\nslack_sdk==3.36.0\nzope.event==5.1.1\n"
LIST += "apache-airflow-providers-slack==9.1.4\n"
ESSENTIAL = "# SQLAlchemy\nSQLAlchemy==1.4.54\napache-airflow==3.0.6\n"
# As uv writes it, with what is read.
LOCK = """version = 1
[[package]]
name = "boto3"
version = "1.39.11"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "stockcast-dags"
version = "0.1.0"
source = { virtual = "." }
[package.metadata]
requires-dist = [{ name = "six", specifier = "==1.17.0" }]
[package.metadata.requires-dev]
requirements = [REQUIREMENTS]
"""


@pytest.fixture
def images(tmp_path: Path) -> str:
    """A copy of MWAA's repository."""
    folder = tmp_path / "images repository/images/airflow" / VERSION / "etc"
    folder.mkdir(parents=True)
    (folder / "airflow_constraints.txt").write_text(LIST)
    (folder / "mwaa_essential_constraints.txt").write_text(ESSENTIAL)
    return str(tmp_path / "images repository")


@pytest.fixture
def dags(tmp_path: Path, images: str, monkeypatch) -> Path:
    """Our own DAG folder without what the tests add; neither the index is reached, nor GitHub."""
    folder = tmp_path / "dags"
    folder.mkdir()
    for name in (CONSTRAINTS, "pyproject.toml"):
        lines = (tools.ROOT / "dags" / name).read_text().splitlines(keepends=True)
        text = "".join(line for line in lines if not re.match(rf'( *")?({ADDED})==', line))
        text = re.sub(r"^requirements = \[(?:\]|\n.*?^\])", "requirements = []", text, flags=re.M | re.S)
        (folder / name).write_text(text)
    (folder / "requirements.txt").write_text(FIRST)
    (folder / "uv.lock").write_text(LOCK.replace("REQUIREMENTS", ""))
    monkeypatch.setattr(mwaa_constraints, "SOURCE", images)
    monkeypatch.setattr(mwaa_constraints, "_lock", lambda dags: None)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_a_requirement_that_is_pinned_nowhere_brings_the_whole_list(dags):
    """The package alone would come with the newest of all that it needs, since only this file constrains them."""
    (dags / "requirements.txt").write_text(f"{FIRST}{SLACK}\n")
    before = airflow_requirements.pins((dags / CONSTRAINTS).read_text())

    changed = mwaa_constraints.update(dags)

    assert changed == [CONSTRAINTS, "pyproject.toml"]
    airflow_requirements.check(dags, VERSION)
    shipped = airflow_requirements.pins((dags / CONSTRAINTS).read_text())
    assert shipped == before | {
        "apache-airflow-providers-slack": "9.1.4", "slack-sdk": "3.36.0", "zope-event": "5.1.1",
    }  # fmt: skip
    assert list(shipped) == sorted(shipped)


def test_the_project_gets_every_pin_and_the_requirement(dags):
    """The local Airflow environment is made from it."""
    (dags / "requirements.txt").write_text(f"{FIRST}{SLACK} ; python_version >= '3.12'\n")
    before = tomllib.loads((dags / "pyproject.toml").read_text())

    mwaa_constraints.update(dags)

    project = tomllib.loads((dags / "pyproject.toml").read_text())
    ours = airflow_requirements.pins("\n".join(project["tool"]["uv"]["constraint-dependencies"]))
    shipped = airflow_requirements.pins((dags / CONSTRAINTS).read_text())
    assert shipped.items() <= ours.items()
    assert set(ours) - set(shipped) <= {"iniconfig", "pytest"}
    assert project["dependency-groups"].pop("requirements") == ["apache-airflow-providers-slack[discord-bot]==9.1.4"]
    before["dependency-groups"].pop("requirements")
    before["tool"]["uv"].pop("constraint-dependencies")
    project["tool"]["uv"].pop("constraint-dependencies")
    assert project == before


def test_the_essential_pins_win(dags, images):
    """MWAA applies them whatever a requirements.txt says."""
    assert mwaa_constraints.read_list(VERSION, images)["sqlalchemy"] == "1.4.54"


def test_without_a_requirement_nothing_changes_and_nothing_is_downloaded(dags, monkeypatch):
    """The file is formatted as the command writes it, so a later change shows only what it is about."""
    monkeypatch.setattr(mwaa_constraints, "SOURCE", "file:///nowhere")
    before = contents(dags)

    assert mwaa_constraints.update(dags) == []
    assert contents(dags) == before


def test_a_package_that_is_pinned_here_already_needs_no_list(dags, monkeypatch):
    monkeypatch.setattr(mwaa_constraints, "SOURCE", "file:///nowhere")
    (dags / "requirements.txt").write_text(f"{FIRST}boto3==1.39.11\n")

    assert mwaa_constraints.update(dags) == ["pyproject.toml"]


def test_taking_a_requirement_out_takes_it_out_of_the_project(dags):
    """Else a DAG that imports it would pass here and break in MWAA."""
    before = contents(dags)["pyproject.toml"]
    (dags / "requirements.txt").write_text(f"{FIRST}boto3==1.39.11\n")
    mwaa_constraints.update(dags)
    (dags / "requirements.txt").write_text(FIRST)

    mwaa_constraints.update(dags)

    assert contents(dags)["pyproject.toml"] == before


def test_a_source_that_is_named_brings_the_whole_list_at_once(dags, images):
    assert mwaa_constraints.update(dags, images) == [CONSTRAINTS, "pyproject.toml"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("left-pad==1.0.0", r"MWAA's list for Airflow 3.0.6 \(\d+ pins\) does not pin 'left-pad==1.0.0'"),
        ("apache-airflow-providers-slack==9.0.0", "MWAA pins apache-airflow-providers-slack==9.1.4"),
        ("slack_sdk", "MWAA pins slack-sdk==3.36.0"),
        ("torch==2.9.0", "training has its own image"),
        ("-r more.txt", "is no package"),
    ],
)
def test_what_mwaa_would_not_install_changes_no_file(dags, line, told):
    """Half a change is worse than none: the next gate would pass."""
    (dags / "requirements.txt").write_text(f"{FIRST}{line}\n")
    before = contents(dags)

    with pytest.raises(Refused, match=told):
        mwaa_constraints.update(dags)

    assert contents(dags) == before


def test_a_list_that_cannot_be_read_is_told_with_another_way(dags):
    """A build machine may have no way to GitHub."""
    with pytest.raises(Refused, match=r"cannot be read from file:///nowhere.*MWAA_IMAGES=<folder>"):
        mwaa_constraints.update(dags, "file:///nowhere")


def test_a_lock_that_cannot_be_made_takes_everything_back(dags, monkeypatch):
    """A constraints file without its lock would pass the gate, and DAGs would be tested with other packages."""
    monkeypatch.undo()
    monkeypatch.setattr(tools, "uv", lambda: Path("/bin/false"))
    (dags / "requirements.txt").write_text(f"{FIRST}boto3==1.39.11\n")
    before = contents(dags)

    with pytest.raises(tools.ToolMissing, match="nothing was changed"):
        mwaa_constraints.update(dags)

    assert contents(dags) == before


def test_a_project_without_its_lists_is_refused(dags):
    """Its text is rewritten by place, so the place must be there."""
    (dags / "pyproject.toml").write_text((dags / "pyproject.toml").read_text().replace("requirements = []", ""))

    with pytest.raises(Refused, match="has 0 lists `requirements`"):
        mwaa_constraints.update(dags)


@pytest.fixture
def locked(dags) -> Path:
    """With a lock whose environment has what requirements.txt names."""
    (dags / "uv.lock").write_text(LOCK.replace("REQUIREMENTS", '{ name = "boto3", extras = ["crt"] }'))
    (dags / "requirements.txt").write_text(f"{FIRST}boto3[crt]==1.39.11\n")
    return dags


def test_an_environment_that_has_the_requirements_passes(locked):
    assert mwaa_constraints.environment_faults(locked) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{FIRST}boto3[crt]==1.39.11\nslack-sdk==3.36.0", "lacks 'slack-sdk==3.36.0'"),
        (f"{FIRST}boto3[crt]==1.39.11\nsix==1.0", "lacks 'six==1.0'"),
        (f"{FIRST}boto3[crt,s3]==1.39.11", "lacks 'boto3[crt,s3]==1.39.11'"),
        (FIRST, "has boto3, which MWAA will not install"),
    ],
    ids=["no package", "another version", "an extra", "a package too many"],
)
def test_an_environment_that_differs_from_the_requirements_is_a_fault(locked, text, told):
    """DAGs would be tested with other packages than they run with."""
    (locked / "requirements.txt").write_text(text)

    (fault,) = mwaa_constraints.environment_faults(locked)

    assert told in fault
    assert "make dag-requirements" in fault and "dags/pyproject.toml and dags/uv.lock" in fault


def test_the_command_names_what_it_changed(dags, images, monkeypatch, capsys):
    monkeypatch.setattr(mwaa_constraints, "DAGS", dags)

    assert mwaa_constraints.main(["--source", images]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"changed: dags/{CONSTRAINTS}", "changed: dags/pyproject.toml", "commit these with dags/requirements.txt",
    ]  # fmt: skip
    assert mwaa_constraints.main(["--source", "/nowhere"]) == 1
    assert "stockcast: MWAA's list for Airflow 3.0.6 cannot be read" in capsys.readouterr().err


@pytest.mark.integration
def test_make_hands_the_folder_over() -> None:
    """`make` without MWAA_IMAGES passes an empty source, which means the default."""
    done = subprocess.run(
        ["make", "-n", "dag-requirements", "MWAA_IMAGES=/a folder"], cwd=tools.ROOT, capture_output=True, text=True
    )

    assert '-m shipping.mwaa_constraints --source "/a folder"' in done.stdout
