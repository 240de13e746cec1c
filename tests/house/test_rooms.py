"""The walls between the rooms: what a file may import, and what may stand in the repository at all."""

import re
import subprocess
import sys

import pytest
from tests.house.rooms import IMPURE_CALLS, ORDER, PURE_ROOMS, ROOMS, ROOT, Room, begins_with, calls, imports


def broken_walls(room: Room, name: str, source: str) -> list[str]:
    """Imports of one file that its room forbids, as `file:line imports name`."""
    found = []
    for line, module in imports(source):
        outsider = module.split(".")[0] not in sys.stdlib_module_names
        allowed = not room.only or not outsider or module == "stockcast" or begins_with(module, room.only)
        if begins_with(module, room.never) or not allowed:
            found.append(f"{name}:{line} imports {module}")
    return found


def steps_back(name: str, source: str) -> list[str]:
    """Imports inside stockcast that go against the order of its rooms."""
    here = name.split("/")[2]
    if here not in ORDER:
        return []
    later = tuple(f"stockcast.{room}" for room in ORDER[ORDER.index(here) + 1 :])
    return [f"{name}:{line} imports {module}" for line, module in imports(source) if begins_with(module, later)]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.pattern)
def test_no_file_imports_what_its_room_may_never_know(room: Room) -> None:
    """A DAG that imports pandas stalls the scheduler; a shipped file that imports the emulator breaks on AWS."""
    files = sorted(ROOT.glob(room.pattern))

    broken = [wall for file in files for wall in broken_walls(room, str(file.relative_to(ROOT)), file.read_text())]

    assert files, f"{room.pattern} matches no file: the rule guards nothing"
    assert not broken


def test_the_library_s_rooms_use_only_those_to_their_left() -> None:
    files = sorted((ROOT / "src" / "stockcast").rglob("*.py"))

    broken = [step for file in files for step in steps_back(str(file.relative_to(ROOT)), file.read_text())]

    assert files
    assert not broken


@pytest.mark.parametrize(
    ("pattern", "source"),
    [
        ("dags/**/*.py", "import pandas as pd"),
        ("dags/**/*.py", "def task():\n    from stockcast.contracts import keys"),
        ("lambda/**/*.py", "import tensorflow.keras"),
        ("src/stockcast/contracts/*.py", "import numpy"),
        ("src/stockcast/contracts/*.py", "from stockcast.features import indicators"),
        ("src/stockcast/features/*.py", "import boto3"),
        ("src/stockcast/features/*.py", "from pathlib import Path"),
        ("lambda/**/*.py", "from ingest.bronze import store"),
        ("training/*.py", "from train import main"),
        ("src/stockcast/evaluation/*.py", "from pathlib import Path"),
        ("training/*.py", "import boto3"),
        ("serving/*.py", "from tensorflow import keras"),
        ("src/shipping/**/*.py", "from localaws import up"),
        ("src/inside_airflow/*.py", "from shipping import tools"),
    ],
)
def test_a_forbidden_import_is_found(pattern: str, source: str) -> None:
    """The gate itself: each of these must be caught, also inside a function."""
    room = next(room for room in ROOMS if room.pattern == pattern)

    assert broken_walls(room, "known_bad.py", source)


def test_a_step_back_inside_the_library_is_found() -> None:
    assert steps_back("src/stockcast/features/known_bad.py", "from stockcast.models import recipe")


def impure_calls(name: str, source: str) -> list[str]:
    """Calls in one file that touch files, the clock or the environment."""
    return [f"{name}:{line} calls {called}" for line, called in calls(source) if called in IMPURE_CALLS]


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_features_and_judgements_follow_from_their_arguments_alone(room: str) -> None:
    """A feature that reads the clock gives another forecast tomorrow for the same bars."""
    files = sorted((ROOT / room).rglob("*.py"))

    found = [call for file in files for call in impure_calls(file.name, file.read_text())]

    assert files
    assert not found


@pytest.mark.parametrize("source", ["x = date.today()", "open('bars.csv')", "import os\nos.getenv('DAY')"])
def test_a_call_to_clock_file_or_environment_is_found(source: str) -> None:
    assert impure_calls("known_bad.py", source)


FOLDER_OF_SOMEBODY = re.compile(r"(?<![\w.:/-])/(home|Users|root|work)/[\w.-]+/")
TRACKED_TEXT = re.compile(r"\.(py|tf|hcl|md|toml|tfvars|txt|sh|yml|yaml)$|Makefile$|Dockerfile$")


def test_a_folder_of_somebody_is_found() -> None:
    assert FOLDER_OF_SOMEBODY.search('open("/home' + '/jane/stockcast/bars.csv")')


def test_no_path_of_one_machine_stands_in_the_repository() -> None:
    """A user does not have our folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    files = [name for name in listed if TRACKED_TEXT.search(name) and (ROOT / name).is_file()]

    found = {name: hit.group() for name in files if (hit := FOLDER_OF_SOMEBODY.search((ROOT / name).read_text()))}

    assert files
    assert not found
