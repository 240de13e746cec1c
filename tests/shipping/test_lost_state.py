"""A state that its bucket did not take: pushed again until it does, and never taken for saved where it is not."""

from __future__ import annotations

import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipping import lost_state, terraform_root
from shipping.environments import Refused
from shipping.terraform_root import TerraformRoot

# An apply that fails and cannot write its state; the bucket answers again after as many pushes as `refusals` says.
TERRAFORM = """#!/bin/sh
folder="${1#-chdir=}"; shift
echo "$*" >> "$folder/asked"
case "$1" in
  apply) echo state > "$folder/errored.tfstate"; exit 1 ;;
  force-unlock) rm "$folder/lock" ;;
  state)
    [ -e "$folder/lock" ] && { cat "$folder/lock" >&2; exit 1; }
    left="$(cat "$folder/refusals")"
    [ "$left" -gt 0 ] && { echo $((left - 1)) > "$folder/refusals"; echo "Error: the bucket is away" >&2; exit 1; }
    cp "$3" "$folder/bucket" ;;
esac
"""
LOCKED = """\x1b[31m╷\x1b[0m
│ Error: Error acquiring the state lock
│ Error message: S3: PutObject, StatusCode: 412, RequestID: 0000AAAA, HostID: BBBB, PreconditionFailed
│ Lock Info:
│   ID:        {id}
│   Path:      stockcast-111111111111-tfstate/dev/platform.tfstate
│   Operation: {operation}
│   Who:       root@{host}
│   Version:   1.11.4
│   Created:   {created} +0000 UTC
│   Info:
"""
HOURS = 3600


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TerraformRoot:
    """On a person's machine, and without pauses."""
    folder = tmp_path / "root"
    folder.mkdir()
    script = tmp_path / "terraform"
    script.write_text(TERRAFORM)
    script.chmod(0o755)
    (folder / "refusals").write_text("0")
    monkeypatch.setattr(terraform_root, "executable", lambda: str(script))
    monkeypatch.setattr(lost_state, "PAUSES_SECONDS", (0.0, 0.0, 0.0))
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CODEBUILD_BUILD_ID", raising=False)
    return TerraformRoot(folder, "dev")


def asked(root: TerraformRoot) -> list[str]:
    return (root.folder / "asked").read_text().splitlines()


def lock(root: TerraformRoot, *, age: float = 0, operation: str = "OperationTypeApply", host: str = "") -> None:
    """Somebody holds the state since `age` seconds."""
    created = datetime.fromtimestamp(time.time() - age, UTC).strftime("%Y-%m-%d %H:%M:%S.%f123")
    told = LOCKED.format(id="1f-2e", operation=operation, host=host or socket.gethostname(), created=created)
    (root.folder / "lock").write_text(told)


def test_a_state_is_written_once_its_bucket_answers_again(
    root: TerraformRoot, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bucket that is away for a minute must not cost a day of imports."""
    (root.folder / "refusals").write_text("2")

    with pytest.raises(Refused, match=r"ended with 1; .*could be written after all and knows what this run made"):
        root.run("apply")

    assert (root.folder / "bucket").read_text() == "state\n"
    assert not (root.folder / "errored.tfstate").exists()  # pushed again by a later run it would take the state back
    assert capsys.readouterr().err.splitlines() == [
        "the state could not be written to its bucket; pushing errored.tfstate again",
        "try 1 of 4: Error: the bucket is away",
        "try 2 of 4: Error: the bucket is away",
    ]


def test_a_state_that_never_gets_there_is_kept_and_told(root: TerraformRoot) -> None:
    """In that file alone stands what was made; deleted, all of it has to be imported by hand."""
    (root.folder / "refusals").write_text("9")

    with pytest.raises(Refused, match=r"known in .*/root/errored.tfstate alone. Keep it.* state push"):
        root.run("apply")

    assert (root.folder / "errored.tfstate").read_text() == "state\n"
    assert len(asked(root)) == 1 + 4


def test_a_build_that_cannot_save_it_says_so_and_what_to_do(
    root: TerraformRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder is gone a minute later: a path in it would send people looking for nothing."""
    monkeypatch.setenv("CODEBUILD_BUILD_ID", "stockcast:1")
    (root.folder / "refusals").write_text("9")

    with pytest.raises(Refused, match=r"could not be saved, .*`Creation complete` above.*terraform import") as refused:
        root.run("apply")
    assert "errored.tfstate" not in str(refused.value)


def test_the_pauses_grow_and_are_five_minutes_in_all() -> None:
    """A bucket that is overrun gets air; a build does not wait for ever."""
    assert list(lost_state.PAUSES_SECONDS) == sorted(lost_state.PAUSES_SECONDS)
    assert sum(lost_state.PAUSES_SECONDS) == 300


def test_the_lock_that_this_very_run_left_is_taken_away(root: TerraformRoot) -> None:
    """The bucket that took no state gave back no lock either, and would refuse the state for ever."""
    lock(root)

    with pytest.raises(Refused, match="could be written after all"):
        root.run("apply")

    assert [line.split()[0] for line in asked(root)] == ["apply", "state", "force-unlock", "state"]
    assert asked(root)[2] == "force-unlock -force 1f-2e"


@pytest.mark.parametrize(
    "other", [{"host": "another"}, {"age": HOURS}, {"age": -HOURS}, {"operation": "OperationTypePlan"}]
)
def test_nobody_elses_lock_is_taken_away(
    root: TerraformRoot, other: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody is at work there, and two writers destroy a state."""
    lock(root, **other)  # type: ignore[arg-type]

    with pytest.raises(Refused, match=r"Keep it.*`make unlock`"):
        root.run("apply")

    assert (root.folder / "lock").exists()
    assert "force-unlock" not in " ".join(asked(root))
    assert capsys.readouterr().err.splitlines()[-1].endswith("HostID: BBBB, PreconditionFailed")


def test_an_older_runs_lost_state_is_not_pushed(root: TerraformRoot, tmp_path: Path) -> None:
    """It would take the state back to what it was weeks ago."""
    lost = root.folder / "errored.tfstate"
    lost.write_text("weeks old")
    os.utime(lost, (1, 1))
    (tmp_path / "terraform").write_text("#!/bin/sh\nexit 1\n")

    with pytest.raises(Refused, match=r"ended with 1; its own message stands above\.$"):
        root.run("apply")
    assert lost.read_text() == "weeks old"
