"""What is scanned: all modules by themselves, and each root with the values of each environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RESOURCE = re.compile(r'^resource\s+"', re.MULTILINE)
INLINE_SKIP = re.compile(r"(checkov|bridgecrew|cortex):\s*skip")
OWN_CONFIGURATION = (".checkov.yaml", ".checkov.yml")


@dataclass(frozen=True)
class Target:
    """One folder as checkov reads it; `values` is the file of variables that a root is read with."""

    folder: Path
    values: Path | None = None

    def resources(self) -> int:
        """How many resources stand in the folder's own files: checkov has to see at least as many."""
        return sum(len(RESOURCE.findall(file.read_text())) for file in terraform_files(self.folder))

    def named(self, root: Path) -> str:
        """Such as `modules`, or `terraform/platform of dev`."""
        by_itself = self.folder.relative_to(root).as_posix()
        return f"{by_itself} of {self.values.parent.name}" if self.values else by_itself


def targets(root: Path) -> list[Target]:
    """A root is read once per file of values, since a value can open what a default keeps shut."""
    found = [Target(root / "modules")] if any(root.glob("modules/*/*.tf")) else []
    for folder in sorted({file.parent for file in root.glob("terraform/*/*.tf")}):
        values = sorted(root.glob(f"envs/*/{folder.name}.tfvars"))
        found += [Target(folder, file) for file in values] or [Target(folder)]
    return found


def terraform_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*.tf") if ".terraform" not in file.parts)


def hidden_skips(root: Path) -> list[str]:
    """Whatever would silence checkov beside the ledger, where it needs neither a reason nor an end."""
    faults = []
    for folder in (root / "modules", root / "terraform"):
        for file in terraform_files(folder):
            where = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text().splitlines(), start=1):
                if INLINE_SKIP.search(line):
                    faults.append(
                        f"{where}:{number} has {line.strip()!r}; skips stand in the ledger alone, with a reason and an "
                        "end. Take the comment out."
                    )
        for name in OWN_CONFIGURATION:
            faults += [
                f"{file.relative_to(root).as_posix()} would change what checkov checks. Take the file away."
                for file in sorted(folder.rglob(name))
            ]
    return faults
