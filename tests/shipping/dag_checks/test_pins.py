"""The requirements of every environment's Airflow, before half an hour of waiting tells the same."""

import shutil

import pytest
from tests.shipping.dag_checks.conftest import add_requirements

from shipping import environments, tools
from shipping.dag_checks import pins

pytestmark = pytest.mark.integration  # Terraform reads the environments' values
LOCK = "dags/uv.lock"


@pytest.fixture
def real(tmp_path, monkeypatch):
    """Our own DAG folder and values, to be spoilt."""
    shutil.copytree(tools.ROOT / "envs", tmp_path / "envs")
    (tmp_path / "dags").mkdir()
    add_requirements(tmp_path / "dags")
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    return tmp_path


def test_every_environment_s_version_is_checked(real):
    """One that is left out breaks when it is next applied."""
    found, local = pins.findings(real / "dags")

    assert found.faults == ()
    assert found.file.startswith("Airflow 3.0.6 of ")
    assert set(found.file.partition(" of ")[2].split(", ")) == set(environments.names())
    assert (local.file, local.faults) == (LOCK, ())


def test_an_unpinned_requirement_is_a_fault(real):
    """MWAA would install whatever is newest, or nothing at all."""
    with (real / "dags/requirements.txt").open("a") as file:
        file.write("\nboto3>=1.30\n")

    assert "MWAA pins boto3==" in pins.findings(real / "dags")[0].faults[0]


def test_an_environment_with_another_version_needs_its_own_constraints(real):
    """prod would be the last to be looked at, and the first to be missed."""
    values = real / "envs/prod/platform.tfvars"
    values.write_text(values.read_text().replace('version = "3.0.6"', 'version = "3.2.1"'))

    found = {finding.file: finding.faults for finding in pins.findings(real / "dags")}

    assert found.pop("Airflow 3.2.1 of prod")[0].startswith("airflow.version is '3.2.1'")
    assert set(found.values()) == {()}


def test_a_package_that_only_mwaa_would_install_is_a_fault(real):
    """Else every DAG that imports it fails here with a missing module, and nothing says why."""
    with (real / "dags/requirements.txt").open("a") as file:
        file.write("\ntabulate==0.9.0\nsmart-open==7.3.0.post1\n")

    (fault,) = {finding.file: finding.faults for finding in pins.findings(real / "dags")}[LOCK]
    assert fault.startswith("the local Airflow environment lacks 'smart-open==7.3.0.post1'")
    assert "Run `make dag-requirements`, and commit dags/pyproject.toml and dags/uv.lock" in fault
