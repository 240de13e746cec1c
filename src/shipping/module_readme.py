"""The tables of inputs, outputs and resources in each module's and root's README.md, written from the HCL.

python -m shipping.module_readme            write them
python -m shipping.module_readme --check    fail, naming the files, when one is not what the HCL says

What stands between the two markers is ours; the words around it are the author's. A README without markers gets them
at its end. Needs python-hcl2, so it runs in the environment `dev`.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2

from shipping import tools

BEGIN = "<!-- made by `make readmes` from the HCL; do not edit -->"
END = "<!-- end of what `make readmes` made -->"
BETWEEN = re.compile(rf"{re.escape(BEGIN)}\n.*?{re.escape(END)}", re.DOTALL)
LONGEST_DEFAULT = 60  # characters; a longer one is read in variables.tf
NO_DEFAULT = object()
OBJECT = "object({"


def folders(root: Path) -> list[Path]:
    """Modules and roots: whatever has Terraform files of its own."""
    return sorted({file.parent for pattern in ("modules/*/*.tf", "terraform/*/*.tf") for file in root.glob(pattern)})


def outdated(root: Path = tools.ROOT) -> list[str]:
    """READMEs that are missing or not what the HCL says."""
    return [
        (folder / "README.md").relative_to(root).as_posix()
        for folder in folders(root)
        if not (folder / "README.md").exists() or (folder / "README.md").read_text() != written(folder)
    ]


def written(folder: Path) -> str:
    """The folder's README as it should be."""
    file = folder / "README.md"
    text = file.read_text() if file.exists() else f"# {folder.name}\n"
    made = f"{BEGIN}\n{tables(folder)}\n{END}"
    if BETWEEN.search(text):
        return BETWEEN.sub(lambda _: made, text, count=1)
    return f"{text.rstrip()}\n\n{made}\n"


def tables(folder: Path) -> str:
    """Inputs, outputs and resources as Markdown, each by the alphabet."""
    blocks = sorted(_blocks(folder), key=lambda block: block[:2])
    inputs = [
        f"| `{label}` | `{short_type(body.get('type'))}` | {_default(body)} | {_prose(body)} |"
        for kind, label, body in blocks
        if kind == "variable"
    ]
    outputs = [f"| `{label}` | {_prose(body)} |" for kind, label, body in blocks if kind == "output"]
    made = [f"- `{label}`{_how_many(body)}" for kind, label, body in blocks if kind in ("resource", "module")]
    sections = {
        "Inputs": ["| name | type | default | what |", "|---|---|---|---|", *inputs] if inputs else [],
        "Outputs": ["| name | what |", "|---|---|", *outputs] if outputs else [],
        "Resources": sorted(made),
    }
    return "\n\n".join("\n".join([f"## {title}", "", *lines]) for title, lines in sections.items() if lines)


def short_type(text: Any) -> str:
    """A type without what its fields are: `map(object({sender?}))` says that `sender` may be left out."""
    flat = re.sub(r"\s+", " ", _bare(str(text)))
    start = flat.find(OBJECT)
    if start < 0:
        return flat
    fields, end = _fields(flat, start + len(OBJECT))
    return f"{flat[:start]}{OBJECT}{', '.join(fields)}{flat[end:]}"


def _fields(text: str, start: int) -> tuple[list[str], int]:
    """Names of the object's fields, marked with ? where optional, and where its closing brace stands."""
    depth, field, fields = 0, "", []
    for position in range(start, len(text)):
        letter = text[position]
        if depth == 0 and letter in ",}":
            name, _, kind = (part.strip() for part in field.partition("="))
            fields += [f"{name}?" if kind.startswith("optional(") else name] if name else []
            field = ""
            if letter == "}":
                return fields, position
        else:
            depth += (letter in "([{") - (letter in ")]}")
            field += letter
    raise ValueError(f"{text!r} opens an object and does not close it; `terraform validate` tells where.")


def _blocks(folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Kind, label (`aws_vpc.this` for resources, `module.role` for modules) and body of each block."""
    depths = {"module": 1, "output": 1, "resource": 2, "variable": 1}
    for file in sorted(folder.glob("*.tf")):
        parsed = hcl2.loads(file.read_text())
        for kind, depth in depths.items():
            for block in parsed.get(kind, []):
                names, body = [], block
                for _ in range(depth):
                    ((name, body),) = ((_bare(key), value) for key, value in body.items() if not key.startswith("__"))
                    names.append(name)
                yield kind, ".".join(["module", *names] if kind == "module" else names), body


def _bare(text: str) -> str:
    """Without the quotes and the interpolation that the parser leaves on expressions and strings."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text[2:-1] if text.startswith("${") and text.endswith("}") else text


def _prose(body: dict[str, Any]) -> str:
    """A description as one line of a table: the HCL escapes quotes, Markdown's tables need their bars escaped."""
    text = _bare(str(body.get("description", ""))).replace('\\"', '"')
    if heredoc := re.fullmatch(r"<<-?(\w+)\n(.*?)\n?\s*\1", text, re.DOTALL):
        text = textwrap.dedent(heredoc[2])
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def _default(body: dict[str, Any]) -> str:
    default = body.get("default", NO_DEFAULT)
    if default is NO_DEFAULT:
        return "required"
    text = json.dumps(_plain(default), ensure_ascii=False).replace("|", "\\|")
    return f"`{text}`" if len(text) <= LONGEST_DEFAULT else "see variables.tf"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_bare(key): _plain(each) for key, each in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return _bare(value) if isinstance(value, str) else value


def _how_many(body: dict[str, Any]) -> str:
    if "for_each" in body:
        return ", one each"
    return ", where wanted" if "count" in body else ""


def main(argv: list[str], root: Path = tools.ROOT) -> int:
    if argv == ["--check"]:
        if wrong := outdated(root):
            print(f"{', '.join(wrong)}: not what the HCL says. Run `make readmes`.", file=sys.stderr)
        return 1 if wrong else 0
    if argv:
        print(f"module_readme was given {' '.join(argv)!r}; it takes --check or nothing.", file=sys.stderr)
        return 2
    for folder in folders(root):
        (folder / "README.md").write_text(written(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
