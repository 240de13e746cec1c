"""The plan that `make plan` saves for `make apply`, and a note beside it of what it was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipping import dag_sync, environments, terraform_root, tools
from shipping.environments import Refused
from shipping.state_head import StateHead
from shipping.terraform_root import home


@dataclass(frozen=True)
class SavedPlan:
    """A plan holds the configuration it was made from, but some files are read only when it is applied.

    These are the packages in build/ and what Airflow installs, in dags/. The values are noted too: who changed them
    after the plan expects to get what they say now.
    """

    environment: str
    file: Path

    @property
    def note(self) -> Path:
        return self.file.with_name(f"{self.file.name}.json")

    def discard(self) -> None:
        self.file.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def make_room(self) -> None:
        """An older plan goes first: should the new one fail, `apply` must not find it."""
        self.discard()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.parent.chmod(0o700)  # a plan may hold secrets in the clear

    @property
    def again(self) -> str:
        """The way out of every refusal."""
        return f"Run `make plan ENV={self.environment}` and read it first."

    def write_note(self, planned_on: StateHead) -> None:
        """`planned_on` is the state as it was when planning began."""
        noted = {**self._made_from(), "the state": planned_on.noted()}
        self.note.write_text(json.dumps(noted, indent=2) + "\n")

    def check(self) -> None:
        """Refuse a plan that is missing, damaged, or made from something else than what lies here now."""
        noted = self._noted()
        for what, now in self._made_from().items():
            if noted.get(what) != now:
                raise Refused(
                    f"the saved plan of {self.environment} was made with {what} {noted.get(what)}, now it is {now}; "
                    f"only what somebody has read is applied. {self.again}"
                )

    def check_state(self, now: StateHead) -> None:
        """Refuse a plan of a state that changed since. Terraform refuses it too, but cannot say what happened."""
        noted = self._noted().get("the state")
        if not noted:
            raise Refused(f"{self.note} does not tell which state the plan was made on. {self.again}")
        now.check_unmoved(StateHead(**noted), self.again)

    def _noted(self) -> dict[str, Any]:
        if not self.file.exists():
            raise Refused(f"there is no saved plan at {self.file}. {self.again}")
        if not self.note.exists():
            raise Refused(f"{self.file} has no note of what it was made from; its planning was cut short. {self.again}")
        noted: dict[str, Any] = json.loads(self.note.read_text())
        return noted

    def _made_from(self) -> dict[str, str]:
        commit = dag_sync.commit_here(tools.ROOT).removesuffix("-changed")
        dags = tools.ROOT / "dags"
        return {
            "the environment": self.environment,
            "the commit": commit,
            "Terraform": terraform_root.version(),
            "the packages": _digest([tools.ROOT / "build" / "manifest.json"]),
            "Airflow's requirements": _digest([dags / "requirements.txt", *sorted(dags.glob("constraints-*.txt"))]),
            "the values": _digest(environments.value_files(self.environment)),
            "the plan's content": _digest([self.file]),
        }


def _digest(files: Iterable[Path]) -> str:
    """Of the files' names and content, in their order; "missing" where one is not there."""
    whole = hashlib.sha256()
    for file in files:
        if not file.exists():
            return "missing"
        whole.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:12]


def of(environment: str) -> SavedPlan:
    """What `make apply` applies."""
    return SavedPlan(environment, home() / "plans" / f"{environment}.tfplan")


def for_removal(environment: str) -> SavedPlan:
    """A plan that removes everything has a name of its own, so that `make apply` can never pick one up."""
    return SavedPlan(environment, home() / "plans" / f"{environment}.removal.tfplan")


def for_rest(environment: str) -> SavedPlan:
    """The plan of one `make sleep` or `make wake`."""
    return SavedPlan(environment, home() / "plans" / f"{environment}.rest.tfplan")


def for_a_look(environment: str) -> SavedPlan:
    """A plan that is only read, and thrown away."""
    return SavedPlan(environment, home() / "plans" / f"{environment}.look.tfplan")


def for_drift(environment: str) -> SavedPlan:
    """A refresh-only plan, which is only read; apart from `for_a_look`, as the two may run side by side."""
    return SavedPlan(environment, home() / "plans" / f"{environment}.drift.tfplan")
