"""The images' requirements.txt, written from the lock file, so that an image holds what the tests ran with.

python -m shipping.requirements            write them
python -m shipping.requirements --check    fail, naming the file, when one is not what the lock file says
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from shipping import tools

TARGETS = {"jobs": "training/requirements.txt", "serve": "serving/requirements.txt"}
# The jobs image starts from AWS's TensorFlow image; what that brings stays its own.
IN_THE_BASE_IMAGE = {"jobs": ("tensorflow", "tensorflow-cpu"), "serve": ()}


def export(group: str) -> str:
    """Pins of one dependency group and all they need, as pip reads them."""
    left_out = [flag for name in IN_THE_BASE_IMAGE[group] for flag in ("--no-emit-package", name)]
    command = [str(tools.uv()), "export", "--frozen", "--no-header", "--no-hashes", "--no-annotate", "--quiet"]
    command += ["--project", str(tools.ROOT), "--only-group", group, *left_out]
    env = tools.uv_environment(tools.ENVIRONMENTS / group, tools.python_312())
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise tools.ToolMissing(f"`uv export` of group {group!r} failed: {done.stderr.strip()[-600:]}")
    return f"# Made by `make requirements` from uv.lock, group {group}. Do not edit.\n{done.stdout}"


def outdated(root: Path = tools.ROOT) -> list[str]:
    """Targets whose file is missing or differs from what the lock file says."""
    return [
        target
        for group, target in TARGETS.items()
        if not (root / target).exists() or (root / target).read_text() != export(group)
    ]


def main(argv: list[str]) -> int:
    if argv == ["--check"]:
        if wrong := outdated():
            print(f"{', '.join(wrong)}: not what uv.lock says. Run `make requirements`.", file=sys.stderr)
        return 1 if wrong else 0
    for group, target in TARGETS.items():
        (tools.ROOT / target).write_text(export(group))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
