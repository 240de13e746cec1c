"""`make down`, and what it shares with a fresh start: forgetting a stack whose processes are gone."""

from __future__ import annotations

import shutil

from localaws import lock, processes, remote, services
from localaws.stack import Stack


def down(stack: Stack) -> None:
    """End every process of this stack and forget its state; environments, tools and logs stay for the next time."""
    with lock.alone(stack):
        ended = processes.end_all(stack.id)
        forget(stack)
    print(f"down: ended {ended} processes; nothing of the stack is left but its logs in {stack.logs}")


def forget(stack: Stack) -> None:
    """Everything that speaks of an embedded AWS that is gone. Environments, tools and logs stay.

    The repository stays too, for it holds commits; it refuses pushes until pipelines stand again.
    """
    remote.close(stack)
    made = ("terraform", "plans", "bootstrap", "delivery")
    for folder in (stack.state, stack.airflow, services.builds_folder(stack), *(stack.home / name for name in made)):
        shutil.rmtree(folder, ignore_errors=True)
    for path in stack.run.glob("*"):
        if path.name != lock.NAME:
            path.unlink(missing_ok=True)
