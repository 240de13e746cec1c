"""A real Airflow for the local stack, set up as MWAA sets one up: same version, same secrets backend, its own role.

Four processes on this machine, listening on 127.0.0.1 only. Calls to AWS are made as the execution role: an AWS
profile assumes it at the embedded AWS, and botocore renews it.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

from localaws import loopback, processes
from localaws.loopback import json_object
from localaws.progress import StepFailed, tail
from localaws.stack import ACCOUNT_ID, PREFIX, REGION, Stack
from shipping import tools

COMPONENTS = {
    "airflow-api-server": ["api-server", "--host", "127.0.0.1"],
    "airflow-scheduler": ["scheduler", "--skip-serve-logs"],
    "airflow-dag-processor": ["dag-processor"],
    "airflow-triggerer": ["triggerer", "--skip-serve-logs"],
}
USER = "admin"
ROLES = (USER, "op", "user", "viewer")  # one user for each; MWAA's InvokeRestApi acts as the one that IAM allows
START_SECONDS = 180


def environment(stack: Stack) -> dict[str, str]:
    """Airflow's settings. The secrets are shared by its processes and made once per stack."""
    keep = stack.airflow
    environment_folder = tools.ENVIRONMENTS / tools.AIRFLOW_GROUP
    settings = {
        "CORE__DAGS_FOLDER": str(keep / "dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__EXECUTION_API_SERVER_URL": f"{stack.airflow_url}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{role}:{role}" for role in ROLES),
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(keep / "passwords.json"),
        "API__PORT": str(stack.choice.ports.airflow),
        "API__BASE_URL": f"{stack.airflow_url}/",  # without the slash its links to logs are broken
        "API__WORKERS": "1",
        "API__SECRET_KEY": _secret(stack, "session"),
        "API_AUTH__JWT_SECRET": _secret(stack, "jwt"),
        "CORE__FERNET_KEY": "",  # nothing is kept in the database: names come from SSM, credentials from the role
        "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",  # a DAG pushed twice within 30 s would keep its old tasks
        "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",  # a synced DAG shall show within seconds
        "DAG_PROCESSOR__REFRESH_INTERVAL": "1",
        # What changed is parsed at once; each parse of what did not is a process that imports Airflow.
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        "DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "SCHEDULER__USE_JOB_SCHEDULE": str(stack.choice.source == "live"),  # the sample market has no tomorrow
        "TRIGGERER__DEFAULT_CAPACITY": "20",
        "LOGGING__BASE_LOG_FOLDER": str(stack.logs / "airflow"),
        "USAGE_DATA_COLLECTION__ENABLED": "False",
        "SECRETS__BACKEND": "airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend",
        "SECRETS__BACKEND_KWARGS": json.dumps(
            {"variables_prefix": "/stockcast/local", "connections_prefix": None, "config_prefix": None}
        ),
    }
    return {
        **stack.clean_environment(),
        **{f"AIRFLOW__{key}": value for key, value in settings.items()},
        "AIRFLOW_HOME": str(keep),
        "AWS_CONFIG_FILE": str(keep / "aws-profile"),
        "AWS_SHARED_CREDENTIALS_FILE": str(keep / "no-credentials"),
        "AWS_PROFILE": "mwaa",
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",  # on macOS a forked task that asks the system for proxies is killed
        "PATH": f"{environment_folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def _secret(stack: Stack, name: str) -> str:
    path = stack.airflow / f"{name}.secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


def password(stack: Stack) -> str:
    return _secret(stack, "admin-password")[:16]


def _write_files(stack: Stack) -> None:
    (stack.airflow / "dags").mkdir(parents=True, exist_ok=True)
    profile = (
        f"[profile root]\naws_access_key_id = test\naws_secret_access_key = test\n\n"
        f"[profile mwaa]\nrole_arn = arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-airflow\n"
        f"source_profile = root\nrole_session_name = airflow\n"
    )
    (stack.airflow / "aws-profile").write_text(profile)
    passwords = stack.airflow / "passwords.json"
    passwords.touch(mode=0o600)
    passwords.write_text(json.dumps({role: password(stack) for role in ROLES}))


def prepare(stack: Stack) -> None:
    """Make the database. Everything of an earlier Airflow goes: its runs speak of an AWS that is gone."""
    shutil.rmtree(stack.airflow, ignore_errors=True)
    shutil.rmtree(stack.logs / "airflow", ignore_errors=True)
    _write_files(stack)
    log = stack.logs / "airflow-migrate.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            [_executable(), "db", "migrate"], env=environment(stack), stdout=output, stderr=output, check=False
        )
    if done.returncode:
        raise StepFailed("Airflow's database", tail(log, 8), log)


def start(stack: Stack) -> None:
    """Start the four processes and wait until all of them report healthy."""
    env = environment(stack)
    started = [
        processes.start([_executable(), *argv], env, stack.logs / f"{name}.log", stack.airflow)
        for name, argv in COMPONENTS.items()
    ]
    if processes.wait_until(
        lambda: is_healthy(stack), START_SECONDS, alive=lambda: all(p.poll() is None for p in started)
    ):
        return
    names = list(COMPONENTS)
    dead = [name for name, process in zip(names, started, strict=True) if process.poll() is not None]
    log = stack.logs / f"{(dead or names)[0]}.log"
    raise StepFailed(
        "Airflow's start", f"not healthy after {START_SECONDS} s; ended: {dead or 'none'}\n{tail(log)}", log
    )


def _executable() -> str:
    return str(tools.ENVIRONMENTS / tools.AIRFLOW_GROUP / "bin" / "airflow")


def gets_healthy(stack: Stack, patience_seconds: float = 20) -> bool:
    """Whether a running Airflow is healthy, or is so within moments.

    Heartbeats are judged by the wall clock: one that was set forward, or a busy machine, makes them look old for a
    while. An Airflow that does not answer at all is not waited for.
    """
    return processes.wait_until(lambda: is_healthy(stack), patience_seconds, alive=lambda: bool(_health(stack)))


def is_healthy(stack: Stack) -> bool:
    """Whether all parts of the Airflow at this stack's port report themselves healthy."""
    health = _health(stack)
    parts = [health.get(part) for part in ("metadatabase", "scheduler", "triggerer", "dag_processor")]
    return all(isinstance(part, dict) and part.get("status") == "healthy" for part in parts)


def _health(stack: Stack) -> dict[str, Any]:
    """What its API server tells of itself; empty when it does not answer."""
    return json_object(f"{stack.airflow_url}/api/v2/monitor/health") or {}


class Api:
    """Airflow's REST API as this stack's user."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        login = {"username": USER, "password": password(stack)}
        self._token = self._send("POST", "/auth/token", login)["access_token"]

    def _send(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if hasattr(self, "_token"):
            headers["Authorization"] = f"Bearer {self._token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._stack.airflow_url + path, data, headers, method=method)  # noqa: S310
        try:
            with loopback.OPENER.open(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError:
            raise  # an answer, which some callers expect
        except (OSError, http.client.HTTPException) as problem:
            log = self._stack.logs / "airflow-api-server.log"
            raise StepFailed("Airflow", f"{self._stack.airflow_url} does not answer: {problem}", log) from problem

    def import_errors(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._send("GET", "/api/v2/importErrors")["import_errors"]
        return found

    def parsed_at(self) -> dict[str, float]:
        """When each DAG was last parsed, in seconds since 1970."""
        dags = self._send("GET", "/api/v2/dags")["dags"]
        return {dag["dag_id"]: datetime.fromisoformat(dag["last_parsed_time"]).timestamp() for dag in dags}

    def unpause(self, dag_id: str) -> None:
        self._send("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def run(self, dag_id: str, run_id: str) -> dict[str, Any] | None:
        """The run, or None when there is none of this name."""
        try:
            found: dict[str, Any] = self._send("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")
            return found
        except urllib.error.HTTPError as problem:
            if problem.code == 404:
                return None
            raise

    def trigger(self, dag_id: str, run_id: str, conf: dict[str, str]) -> None:
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)

    def clear(self, dag_id: str, run_id: str, *, only_failed: bool) -> None:
        """Let the tasks of a run, or those that failed and what waits for them, run again."""
        body = {"dry_run": False, "only_failed": only_failed}
        self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/clear", body)

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._send(
            "GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=100"
        )["task_instances"]
        return found


def wait_for_dags(stack: Stack, wanted: set[str], files: dict[str, bytes], timeout_seconds: float = 180) -> Api:
    """Wait until Airflow serves the DAGs as they were synced; an import error is shown at once.

    A DAG counts once it was parsed after the last file arrived: before that Airflow would run the old one.
    """
    log = stack.logs / "airflow-dag-processor.log"
    if not processes.wait_until(lambda: _arrived(stack, files), 30):
        raise StepFailed("DAGs", "the DAG folder was not mirrored within 30 s", stack.logs / "gateway.log")
    api, newest = Api(stack), _newest_change(stack)
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if errors := api.import_errors():
            shown = "\n".join(f"{error['filename']}: {error['stack_trace'].splitlines()[-1]}" for error in errors)
            raise StepFailed("DAGs", f"Airflow cannot import a DAG:\n{shown}", log)
        if all(api.parsed_at().get(dag_id, 0.0) > newest for dag_id in wanted):
            return api
        time.sleep(0.5)
    missing = ", ".join(sorted(wanted - api.parsed_at().keys())) or "the newest version of a DAG"
    raise StepFailed("DAGs", f"Airflow did not list {missing} within {timeout_seconds:.0f} s", log)


def _arrived(stack: Stack, files: dict[str, bytes]) -> bool:
    folder = stack.airflow / "dags"
    return all((folder / path).is_file() and (folder / path).read_bytes() == body for path, body in files.items())


def _newest_change(stack: Stack) -> float:
    return max(path.stat().st_mtime for path in (stack.airflow / "dags").rglob("*.py"))
