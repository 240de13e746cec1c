"""One contract between Terraform and Python: the names handed to code."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.terraform import hcl

from stockcast.contracts import settings

PLATFORM = Path(__file__).resolve().parents[2] / "terraform/platform"


def map_keys(text: str) -> list[str]:
    """Keys of local.settings in the order they stand."""
    (found,) = [body["settings"] for _, body in hcl.blocks(hcl.loads(text), "locals") if "settings" in body]
    return list(found)


def handed_to(function: str) -> set[str]:
    """Keys that a function gets as environment variables."""
    modules = {labels[0]: body for labels, body in hcl.blocks(hcl.load(PLATFORM / "main.tf"), "module")}
    listed = re.search(r"for key in \[(.*?)\]", modules[function]["environment"])
    assert listed, f"the environment of {function} is not made from a list of settings"
    return set(re.findall(r'"(\w+)"', listed[1]))


def differences(terraform: Iterable[str], python: Iterable[str]) -> list[str]:
    ours, theirs = set(terraform), set(python)
    return [f"{key} is not in KEYS" for key in sorted(ours - theirs)] + [
        f"{key} is not in local.settings" for key in sorted(theirs - ours)
    ]


def read_by(function: str) -> set[str]:
    """Keys that a handler asks for: `read(os.environ, "symbols", ...)`."""
    source = (PLATFORM.parents[1] / "lambda" / function / "handler.py").read_text()
    return set(re.findall(r'"(\w+)"', "".join(re.findall(r"read\(\s*os\.environ,([^)]*)\)", source))))


def test_terraform_hands_over_what_python_expects() -> None:
    """A key missing on one side is found by the first function that starts, at night."""
    keys = map_keys((PLATFORM / "settings.tf").read_text())

    assert differences(keys, settings.KEYS) == []
    assert keys == sorted(keys)


def test_a_missing_and_a_surplus_key_are_noticed() -> None:
    """The comparison has to see both directions."""
    keys = map_keys('locals {\n  settings = {\n    symbols = "A"\n    colour = "red"\n  }\n}\n')

    assert differences(keys, ["symbols", "endpoint"]) == ["colour is not in KEYS", "endpoint is not in local.settings"]


def test_each_function_gets_the_settings_it_reads_and_no_others() -> None:
    """One too few stops the function at its start, one too many is a grant that nobody asked for."""
    for function in ("forecast", "ingest"):
        assert handed_to(function) == read_by(function), function
