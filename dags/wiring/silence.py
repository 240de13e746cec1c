"""Find the tasks that failed without a word, and give them one.

Airflow 3.0 runs a task's failure callback inside the task's own process. A process that is killed, for lack of memory
say, is marked failed at once, without a retry, and tells nobody. So the last task of each DAG looks after the others.
"""

import time
from types import SimpleNamespace
from typing import Any

from airflow.exceptions import AirflowFailException

from wiring.defaults import TOLD, publish_failure

PATIENCE_SECONDS = 15  # a callback runs after its task is marked failed, so its mark may come a little later


def tell_for_the_silent(context: Any) -> None:
    """Publish for each failed task that has not told itself, then fail as they did: the run must stay red."""
    ti = context["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
    failed = sorted(task for task, state in states.items() if state == "failed" and task != ti.task_id)
    silent = [task for task in failed if not has_told(ti, task)]
    for task in silent:
        publish_failure(context | {"ti": stand_in(ti, task)})
    raise AirflowFailException(
        f"{', '.join(failed) or 'a task'} failed; every task of a run must succeed. "
        f"Told here, for it could not itself: {', '.join(silent) or 'none'}. Mend that task and clear it with this one."
    )


def has_told(ti: Any, task: str) -> bool:
    """Whether the task's own callback has published; waits for one that is still at it."""
    last_look = time.monotonic() + PATIENCE_SECONDS
    while not ti.xcom_pull(task_ids=task, key=TOLD):
        if time.monotonic() >= last_look:
            return False
        time.sleep(1)
    return True


def stand_in(ti: Any, task: str) -> Any:
    """What the message's templates need to know of a task that cannot speak."""
    log_url = (ti.log_url or "").split("?")[0].replace(f"/tasks/{ti.task_id}", f"/tasks/{task}")
    return SimpleNamespace(task_id=task, log_url=log_url)
