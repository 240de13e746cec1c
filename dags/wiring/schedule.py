"""When a DAG runs by itself: at the next tick, never for one that has passed."""

from datetime import timedelta

from airflow.timetables.trigger import CronTriggerTimetable


def at(cron: str) -> CronTriggerTimetable:
    """Ticks in UTC.

    A cron text with a start date would begin with the tick before a DAG was switched on: a new environment would train
    before it has a single bar. So DAGs here have neither, and no patience for a tick that is just over.
    """
    return CronTriggerTimetable(cron, timezone="UTC", run_immediately=timedelta(seconds=1))
