"""Names of SageMaker jobs: unique for ever, the same again when a try is repeated, within AWS's rules."""

import hashlib
import re
from typing import Any

LONGEST = 63  # SageMaker's limit for jobs, models and endpoint configurations; they may hold a-z, A-Z, 0-9 and -
LONGEST_TUNING = 32  # and for tuning jobs


def job_name(environment: str, step: str, dag_run: Any, ti: Any) -> str:
    """Such as `stockcast-dev-train-20260307-3fa9c1d2-1`: environment, step, day, run, try.

    SageMaker never frees a job's name, so a try needs one of its own. A request that is sent twice within one try
    meets the same name and can be adopted. The run's start is part of the digest because run ids begin again when
    Airflow's database is new, and a job of that earlier life is not ours.
    """
    tail = f"-{dag_run.run_after:%Y%m%d}-{_digest(dag_run)}-{ti.try_number}"
    head = _plain(f"stockcast-{environment}-{step}")
    return head[: LONGEST - len(tail)].rstrip("-") + tail


def run_name(environment: str, step: str, dag_run: Any) -> str:
    """The same for all tries of a step: for what a later try shall find again, such as checkpoints."""
    return f"{_plain(f'stockcast-{environment}-{step}')}-{dag_run.run_after:%Y%m%d}-{_digest(dag_run)}"


def tuning_name(environment: str, dag_run: Any, ti: Any) -> str:
    """Such as `stockcast-dev-3fa9c1d2-1`: what a tuning job is called leaves its trainings room for their own ends."""
    head, tail = _plain(f"stockcast-{environment}"), f"-{ti.try_number}"
    return f"{head}-{_digest(dag_run)[: LONGEST_TUNING - len(head) - 1 - len(tail)]}{tail}"


def _digest(dag_run: Any) -> str:
    began = "" if dag_run.start_date is None else dag_run.start_date.isoformat()
    return hashlib.sha256(f"{dag_run.run_id} {began}".encode()).hexdigest()[:8]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())


MACROS = {"job_name": job_name, "run_name": run_name, "tuning_name": tuning_name}
