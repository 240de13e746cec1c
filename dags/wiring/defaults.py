"""What every task and every run has: retries, manners towards AWS, a message when it fails, and its day."""

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.notifications.sns import send_sns_notification
from airflow.sdk import Param

log = logging.getLogger(__name__)

DAY = "{{ params.day or (dag_run.run_after | ds) }}"  # not ds: a run started by hand has no logical date
CHECK_EVERY_SECONDS = 3  # describe calls are free, and a short job shall not wait for its watcher

# The subject: SNS takes 1 to 99 ASCII characters without line breaks.
SUBJECT = "Stockcast: {{ dag.dag_id }}.{{ ti.task_id }} failed"
MESSAGE = """\
{{ ti.task_id }} of {{ dag.dag_id }} failed, and nothing will try again.
Run: {{ run_id }}
Error: {{ (exception | default("its process was killed, perhaps for lack of memory", true) | string)[:3000] }}
Log: {{ ti.log_url or "Airflow, this DAG, this run, this task" }}
What is normal and what to do: the page of the DAG in Airflow (its Docs). Mend the cause, then clear the task.
"""


TOLD = "told"  # the XCom key by which a failed task says that its message is out


def tell_failure(context: Any) -> None:
    """What a task does when it is finally red: mark that it tells, then tell."""
    try:
        context["ti"].xcom_push(key=TOLD, value=True)
    except Exception as error:  # the DAG processor speaks for a lost worker, and may not write there
        log.warning("the mark %s could not be set (%s); the message goes out all the same", TOLD, error)
    publish_failure(context)


def publish_failure(context: Any) -> None:
    """One message to the alerts topic. The notifier is made anew because it renders its own templates in place."""
    notice = send_sns_notification(
        aws_conn_id=None, target_arn="{{ var.value.alerts_topic }}", subject=SUBJECT, message=MESSAGE
    )
    notice(context)


DEFAULTS: dict[str, Any] = {
    "owner": "stockcast",
    "aws_conn_id": None,  # the execution role itself; a named connection would cost a look-up per call
    "botocore_config": {"retries": {"mode": "adaptive", "max_attempts": 8}},  # throttling slows us, it fails nothing
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    "on_failure_callback": tell_failure,
}


def day_param() -> dict[str, Param]:
    """The run's one parameter, empty for scheduled runs."""
    return {
        "day": Param(
            "",
            type="string",
            pattern=r"^(\d{4}-\d{2}-\d{2})?$",
            title="Day",
            description="Bars up to and including this day, such as 2013-03-01. Empty: the day of the run.",
        )
    }
