"""What a function's zip must obey, checked from its sources before AWS would refuse it, or fail at the first event.

Lambda has the standard library and boto3. An import of anything else works on a developer's machine and nowhere
else, so our own files in the zip are read (not run) and every import must lead into the zip or into those two.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

LARGEST_UNZIPPED_BYTES = 250 * 1024 * 1024  # with layers; AWS's limit, not ours
IN_THE_RUNTIME = frozenset({"boto3", "botocore"})


class PackageRefused(Exception):
    """A package that would not work where it goes."""


class Import(NamedTuple):
    """One import: `module`, and for `from module import name` the name."""

    module: str
    name: str | None
    line: int


def check_size(function: str, files: Mapping[str, bytes], largest_bytes: int = LARGEST_UNZIPPED_BYTES) -> None:
    """Refuse what Lambda would refuse to unpack."""
    size = sum(map(len, files.values()))
    if size > largest_bytes:
        path, content = max(files.items(), key=lambda item: len(item[1]))
        raise PackageRefused(
            f"{function}.zip unpacks to {size} bytes; Lambda allows {largest_bytes}. "
            f"Take something out: the largest file is {path} with {len(content)} bytes."
        )


def check_imports(function: str, files: Mapping[str, bytes], libraries: Mapping[str, bytes] | None = None) -> None:
    """Refuse an import that Lambda could not satisfy; names all of them at once.

    `libraries` lie in the zip as well. They are looked for, not looked into: what they try to import is their affair.
    """
    in_zip = {**files, **(libraries or {})}
    faults = [
        f"{path}:{found.line} imports {'.'.join(filter(None, (found.module, found.name)))}"
        for path, content in sorted(files.items())
        if path.endswith(".py")
        for found in imports_of(path, content)
        if not is_at_hand(found, in_zip)
    ]
    if faults:
        raise PackageRefused(
            f"{function}.zip: {'; '.join(faults)}; a function may import the standard library, boto3 and what lies in "
            "its zip. Do the work in a job instead, move the code to stockcast.contracts or stockcast.sources, or name "
            "the library in the function's requirements.txt."
        )


@cache
def imports_of(path: str, content: bytes) -> tuple[Import, ...]:
    """Every import in a file, those inside functions too, relative ones made absolute.

    Cached: the zips share most of their files.
    """
    return tuple(_imports(path, content))


def _imports(path: str, content: bytes) -> Iterator[Import]:
    package = path.split("/")[:-1]
    for node in ast.walk(ast.parse(content, filename=path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, None, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:
                yield Import(module, alias.name, node.lineno)


def is_at_hand(found: Import, files: Mapping[str, bytes]) -> bool:
    """Whether Lambda finds it: in its runtime, or as a module, a package or a name of a package in the zip."""
    top = found.module.split(".")[0]
    path = found.module.replace(".", "/")
    if f"{path}.py" in files:
        return True
    if any(name.startswith(f"{path}/") for name in files):
        return found.name is None or _is_in_package(path, found.name, files)
    return top in sys.stdlib_module_names or top in IN_THE_RUNTIME


def _is_in_package(path: str, name: str, files: Mapping[str, bytes]) -> bool:
    """A submodule, a subpackage, or a name that the package's own file binds."""
    if f"{path}/{name}.py" in files or any(other.startswith(f"{path}/{name}/") for other in files):
        return True
    return name == "*" or name in _bound_names(files.get(f"{path}/__init__.py", b""))


@cache
def _bound_names(content: bytes) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names
