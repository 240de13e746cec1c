"""Which execution may enter a stage.

A stage holds one execution at a time. The next ones queue before it: in QUEUED mode in their order, in SUPERSEDED mode
the newest takes the place of those that wait. In PARALLEL mode nobody waits for anybody.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from localaws.codepipeline.execution import Execution

Place = tuple[str, str]  # pipeline, stage


@dataclass(frozen=True)
class Closed:
    """Why, by whom and when a stage's inbound transition was disabled."""

    reason: str
    by: str
    at: float = field(default_factory=time.time)


class Gates:
    """All stages of all pipelines. `changed` is told whenever something may have become possible."""

    def __init__(self, changed: threading.Condition) -> None:
        self.changed = changed
        self._inside: dict[Place, Execution] = {}
        self._waiting: dict[Place, list[Execution]] = {}
        self._closed: dict[Place, Closed] = {}

    def join(self, execution: Execution, stage: str) -> None:
        """Leave the stage that it is in and queue before the next, in one step: nobody overtakes in between."""
        with self.changed:
            self._leave(execution)
            waiting = self._waiting.setdefault((execution.pipeline, stage), [])
            for older in list(waiting) if execution.mode == "SUPERSEDED" else []:
                older.end("Superseded", f"Superseded by {execution.id}")
                waiting.remove(older)
            waiting.append(execution)
            self.changed.notify_all()

    def enter(self, execution: Execution, stage: str) -> bool:
        """Wait for the turn. False where the execution was stopped or superseded meanwhile."""
        place = (execution.pipeline, stage)
        with self.changed:
            self.changed.wait_for(lambda: self._is_out(execution) or self._may_enter(execution, place))
            if execution in self._waiting.get(place, []):
                self._waiting[place].remove(execution)
            may = not self._is_out(execution)
            if may and execution.mode != "PARALLEL":
                self._inside[place] = execution
            self.changed.notify_all()
            return may

    def leave(self, execution: Execution) -> None:
        """It has ended."""
        with self.changed:
            self._leave(execution)
            self.changed.notify_all()

    def close(self, pipeline: str, stage: str, closed: Closed | None) -> None:
        """Let nobody in any more, or again."""
        with self.changed:
            if closed:
                self._closed[pipeline, stage] = closed
            else:
                self._closed.pop((pipeline, stage), None)
            self.changed.notify_all()

    def closed(self, pipeline: str, stage: str) -> Closed | None:
        """Whether nobody is let in, and why."""
        return self._closed.get((pipeline, stage))

    def waiting(self, pipeline: str, stage: str) -> list[Execution]:
        """Who waits before a stage."""
        with self.changed:
            return list(self._waiting.get((pipeline, stage), []))

    def inside(self, pipeline: str, stage: str) -> Execution | None:
        """Who is in it."""
        return self._inside.get((pipeline, stage))

    def forget(self, pipeline: str) -> None:
        """The pipeline is gone."""
        with self.changed:
            for place in [place for place in self._closed if place[0] == pipeline]:
                del self._closed[place]
            self.changed.notify_all()

    def _may_enter(self, execution: Execution, place: Place) -> bool:
        if place in self._closed:
            return False
        if execution.mode == "PARALLEL":
            return True
        return place not in self._inside and self._waiting[place][0] is execution

    def _leave(self, execution: Execution) -> None:
        for place in [place for place, inside in self._inside.items() if inside is execution]:
            del self._inside[place]

    @staticmethod
    def _is_out(execution: Execution) -> bool:
        return execution.is_stopping or execution.status == "Superseded"
