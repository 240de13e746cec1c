"""Only the newest executions are kept, but none that runs is lost."""

from __future__ import annotations

import pytest

from localaws.codepipeline.execution import Execution
from localaws.codepipeline.history import KEPT, History
from localaws.gateway.messages import ServiceError


def execution(status: str) -> Execution:
    """Of the pipeline `toys`."""
    declared = {"name": "toys", "stages": [], "executionMode": "QUEUED"}
    one = Execution(declared, 1, {"triggerType": "StartPipelineExecution", "triggerDetail": ""})
    one.status = status
    return one


def test_the_oldest_that_ended_goes_and_what_runs_stays() -> None:
    """A stack that runs for weeks must not grow; an old approval that still waits must not vanish."""
    history, waiting = History(), execution("InProgress")
    history.add(waiting)
    ended = [execution("Succeeded") for _ in range(KEPT + 5)]
    for one in ended:
        history.add(one)

    assert history.of("toys") == [*reversed(ended[6:]), waiting]
    with pytest.raises(ServiceError, match="the newest 20 are kept"):
        history.find("toys", ended[0].id)
