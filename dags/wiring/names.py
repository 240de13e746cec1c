"""Names of SageMaker jobs: unique for ever, the same again when a try is repeated, within AWS's rules."""

import hashlib
import re
from typing import Any

LONGEST = 63  # SageMaker's limit for jobs, models and endpoint configurations; they may hold a-z, A-Z, 0-9 and -


def job_name(environment: str, step: str, dag_run: Any, ti: Any) -> str:
    """Such as `stockcast-dev-train-20260307-3fa9c1d2-1`: environment, step, day, run, try.

    SageMaker never frees a job's name, so a try needs one of its own. A request that is sent twice within one try
    meets the same name and can be adopted. The run's start is part of the digest because run ids begin again when
    Airflow's database is new, and a job of that earlier life is not ours.
    """
    began = "" if dag_run.start_date is None else dag_run.start_date.isoformat()
    run = hashlib.sha256(f"{dag_run.run_id} {began}".encode()).hexdigest()[:8]
    tail = f"-{dag_run.run_after:%Y%m%d}-{run}-{ti.try_number}"
    head = re.sub(r"[^a-z0-9]+", "-", f"stockcast-{environment}-{step}".lower())
    return head[: LONGEST - len(tail)].rstrip("-") + tail


MACROS = {"job_name": job_name}
