"""A state that Terraform could not write to its bucket: bring it there after all, before it is lost.

Terraform then leaves `errored.tfstate` in its folder. What the run made is known in that file alone: lost, all of it
has to be imported by hand. A build's folder goes with the build, and one that failed hands nothing on. So the file is
pushed again for some minutes, in which most failures of a bucket, a network or an expired role end.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shipping.patient_process import Done

PAUSES_SECONDS = (5.0, 10.0, 20.0, 40.0, 75.0, 150.0)  # five minutes in all
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LOCK = re.compile(
    r"Lock Info:\W+ID:\s+(?P<id>\S+).*?Operation:\s+OperationTypeApply\b.*?Who:\s+(?P<who>\S+)"
    r".*?Created:\s+(?P<day>\d{4}-\d\d-\d\d) (?P<time>\d\d:\d\d:\d\d(\.\d{1,6})?)",
    re.DOTALL,
)


def is_of_this_run(lost: Path, began: float) -> bool:
    """An older run's must not be pushed: it would take the state back. A file's time may be a tick behind the clock."""
    return lost.exists() and lost.stat().st_mtime >= began - 1


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


@dataclass
class Rescue:
    """Of a state that a run lost which `began` and `ended` so many seconds after 1970.

    `terraform` runs Terraform in the state's root, whose backend is initialised. Clock and voice can be replaced.
    """

    lost: Path
    began: float
    terraform: Callable[..., Done]
    say: Callable[[str], None] = _say
    sleep: Callable[[float], None] = time.sleep
    ended: float = field(default_factory=time.time)

    def words(self) -> str:
        """What became of it, to be told behind the run's own failure."""
        self.say(f"the state could not be written to its bucket; pushing {self.lost.name} again")
        try:
            is_pushed = self._pushed()
        except KeyboardInterrupt:
            is_pushed = False
        if is_pushed:
            self.lost.unlink()
            return " The state could be written after all and knows what this run made. A new plan tells what is left."
        return self._given_up()

    def _pushed(self) -> bool:
        """Terraform itself refuses to push over a state that somebody has changed since."""
        for number, pause in enumerate((0.0, *PAUSES_SECONDS), start=1):
            self.sleep(pause)
            done = self.terraform("state", "push", str(self.lost))
            if done.returncode and self._freed(done.stderr):
                done = self.terraform("state", "push", str(self.lost))
            if done.returncode == 0:
                return True
            self.say(f"try {number} of {len(PAUSES_SECONDS) + 1}: {_reason(done.stderr)}")
            if done.stopped_by:
                return False
        return False

    def _freed(self, told: str) -> bool:
        """The bucket that takes no state gives back no lock either: take away the one that this very run left."""
        found = LOCK.search(COLOUR.sub("", told))
        if found is None or not self._is_of_this_run(found):
            return False
        self.say(f"taking away the lock {found['id']}, which this run could not give back")
        return self.terraform("force-unlock", "-force", found["id"]).returncode == 0

    def _is_of_this_run(self, lock: re.Match[str]) -> bool:
        """Of this machine, and taken during the run: while the run held it, nobody else could have."""
        taken = datetime.fromisoformat(f"{lock['day']}T{lock['time']}").replace(tzinfo=UTC).timestamp()
        return lock["who"].endswith(f"@{socket.gethostname()}") and self.began - 1 <= taken <= self.ended

    def _given_up(self) -> str:
        if "CODEBUILD_BUILD_ID" in os.environ:
            return (
                " The state could not be saved, and this build's folder goes now: what this run made stands in AWS "
                "and in no state. The lines `Creation complete` above name each with its id. Once the bucket answers: "
                "`make unlock`, then `terraform import <address> <id>` for each of these lines, and `make plan`: it "
                "reads anew what was only changed, and must not want to make any of them again."
            )
        return (
            f" The state could not be written to its bucket; what this run made is known in {self.lost} alone. Keep "
            "it, and once the bucket answers: `make unlock`, then "
            f"`terraform -chdir={self.lost.parent} state push {self.lost}`."
        )


def _reason(told: str) -> str:
    """Terraform's error in one line, without its frame, and without its general advice behind a lock."""
    lines = [line.strip(" \u2502\u2577\u2575") for line in COLOUR.sub("", told).splitlines()]
    return " ".join(line for line in lines if line).partition(" Lock Info:")[0] or "no reason given"
