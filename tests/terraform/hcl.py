"""HCL as Python data: keys and strings without the quotes that the parser leaves on them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

BLOCK_MARK = "__is_block__"
COMMENTS = ("__comments__", "__inline_comments__")


def load(path: Path) -> dict[str, Any]:
    return loads(path.read_text())


@cache  # a file is asked for by many rules, and parsing is slow; nobody may change what comes back
def loads(text: str) -> dict[str, Any]:
    parsed = _plain(hcl2.loads(text))
    assert isinstance(parsed, dict)
    return parsed


def load_folder(folder: Path) -> dict[str, Any]:
    """All files of a module or root as if they were one, as Terraform reads them."""
    whole: dict[str, Any] = {}
    for file in sorted(folder.glob("*.tf")):
        for kind, found in load(file).items():
            whole.setdefault(kind, []).extend(found)
    return whole


def blocks(parsed: dict[str, Any], kind: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Labels and body of every block of a kind at the top, such as (("aws_vpc", "this"), {...}) for `resource`."""
    labels = {
        "data": 2,
        "mock_provider": 1,
        "module": 1,
        "output": 1,
        "provider": 1,
        "resource": 2,
        "run": 1,
        "variable": 1,
    }
    for block in parsed.get(kind, []):
        names: list[str] = []
        for _ in range(labels.get(kind, 0)):
            ((name, block),) = ((key, value) for key, value in block.items() if key != BLOCK_MARK)
            names.append(name)
        yield tuple(names), block


def strings(parsed: Any, *, without: tuple[str, ...] = ()) -> Iterator[str]:
    """Every key and every string or expression, save below the keys in `without`."""
    if isinstance(parsed, dict):
        for key, value in parsed.items():
            if key not in without and key != BLOCK_MARK:
                yield key
                yield from strings(value, without=without)
    elif isinstance(parsed, list):
        for value in parsed:
            yield from strings(value, without=without)
    elif isinstance(parsed, str):
        yield parsed


def _plain(parsed: Any) -> Any:
    if isinstance(parsed, dict):
        return {_unquoted(key): _plain(value) for key, value in parsed.items() if key not in COMMENTS}
    if isinstance(parsed, list):
        return [_plain(value) for value in parsed]
    return _unquoted(parsed) if isinstance(parsed, str) else parsed


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
