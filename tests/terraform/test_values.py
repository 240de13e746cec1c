"""envs/: the same keys everywhere, and nothing that must not be read by everybody."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.terraform import hcl

ROOT = Path(__file__).resolve().parents[2]
VALUES = sorted(ROOT.glob("envs/*/platform.tfvars"))
SECRET = re.compile(r"AKIA[0-9A-Z]{16}|-----BEGIN|(secret|password|token)\s*=", re.IGNORECASE)


def environment(path: Path) -> str:
    return path.parent.name


def unlike(values: dict[str, dict[str, Any]], declared: set[str]) -> list[str]:
    """Keys that an environment lacks, or that the platform does not know."""
    return [
        f"{name} {'lacks' if key in declared else 'invents'} {key}"
        for name, given in sorted(values.items())
        for key in sorted(declared ^ set(given))
    ]


def declared_keys() -> set[str]:
    """The platform's variables that have no default."""
    parsed = hcl.load(ROOT / "terraform/platform/variables.tf")
    return {labels[0] for labels, body in hcl.blocks(parsed, "variable") if "default" not in body}


def backend_faults(name: str, values: dict[str, Any], backend: dict[str, Any]) -> list[str]:
    """State lies locked under the environment's own key, in its account's bucket, which that bucket's key encrypts."""
    wanted = {
        "bucket": f"stockcast-{values['account_id']}-tfstate",
        "key": f"{name}/platform.tfstate",
        "region": values["region"],
        "use_lockfile": True,
    }
    faults = [
        f"{key} is {backend.get(key)!r}, not {value!r}" for key, value in wanted.items() if backend.get(key) != value
    ]
    return faults + ["encrypt asks for S3's key instead of the bucket's"] * ("encrypt" in backend)


def test_every_environment_gives_every_value() -> None:
    """What one environment leaves to a default differs without anybody having decided it."""
    values = {environment(path): hcl.load(path) for path in VALUES}

    assert set(values) >= {"dev", "local"}
    assert unlike(values, declared_keys()) == []


def test_a_missing_and_an_invented_value_are_noticed() -> None:
    """The comparison has to see both directions."""
    values: dict[str, dict[str, Any]] = {
        "dev": {"region": "us-east-1"},
        "local": {"region": "us-east-1", "symbols": [], "colour": "red"},
    }

    assert unlike(values, {"region", "symbols"}) == ["dev lacks symbols", "local invents colour"]


@pytest.mark.parametrize("path", VALUES, ids=environment)
def test_an_environments_state_lies_locked_under_a_key_of_its_own(path: Path) -> None:
    """Two environments in one state destroy each other."""
    backend = hcl.load(path.with_name("platform.backend.hcl"))

    assert backend_faults(environment(path), hcl.load(path), backend) == []
    assert hcl.load(path)["environment"] == environment(path)


def test_a_state_without_a_lock_in_a_strange_bucket_is_noticed() -> None:
    """An unlocked state is lost the first time two people apply at once."""
    values = {"account_id": "111111111111", "region": "us-east-1"}
    backend = {
        "bucket": "stockcast-333333333333-tfstate",
        "encrypt": True,
        "key": "dev/platform.tfstate",
        "region": "us-east-1",
    }

    assert backend_faults("dev", values, backend) == [
        "bucket is 'stockcast-333333333333-tfstate', not 'stockcast-111111111111-tfstate'",
        "use_lockfile is None, not True",
        "encrypt asks for S3's key instead of the bucket's",
    ]


@pytest.mark.parametrize("path", VALUES, ids=environment)
def test_values_hold_no_secrets(path: Path) -> None:
    """The repository is public: what stands here is known to everybody."""
    assert SECRET.search(path.read_text()) is None


@pytest.mark.parametrize("text", ['password = "x"', 'id = "AKIAABCDEFGHIJKLMNOP"', "-----BEGIN RSA PRIVATE KEY-----"])
def test_a_secret_is_noticed(text: str) -> None:
    """A search that finds nothing proves nothing until it has found something."""
    assert SECRET.search(text)


NAMED_FREELY = {"arguments", "hyperparameters", "options", "subscriptions"}  # maps, whose keys are the user's


def misspelt(given: Any, declared: str, path: str) -> list[str]:
    """Attributes of objects that their type does not name: Terraform drops them without a word."""
    if not isinstance(given, dict):
        return []
    faults = [f"{path}.{key}" for key in given if not re.search(rf"\b{key}\s*=", declared)]
    return faults + [
        fault
        for key, value in given.items()
        if key not in NAMED_FREELY
        for fault in misspelt(value, declared, f"{path}.{key}")
    ]


def types() -> dict[str, str]:
    """The text of each variable of the platform, by its name."""
    text = (ROOT / "terraform/platform/variables.tf").read_text()
    return dict(re.findall(r'^variable "(\w+)" \{(.*?)^\}', text, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("path", VALUES, ids=environment)
def test_no_attribute_is_misspelt(path: Path) -> None:
    """`max_worker = 5` would be dropped silently, and production would run with one."""
    declared = types()

    assert [fault for name, given in hcl.load(path).items() for fault in misspelt(given, declared[name], name)] == []


def test_a_misspelt_attribute_is_noticed() -> None:
    """The search has to find it at any depth."""
    declared = types()

    assert misspelt({"enabled": True, "max_worker": 5}, declared["airflow"], "airflow") == ["airflow.max_worker"]
    assert misspelt({"lake": {"log_day": 1}}, declared["retention"], "retention") == ["retention.lake.log_day"]
