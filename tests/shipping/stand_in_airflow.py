"""MWAA in memory, as far as deliveries of DAGs ask it; and a clock that a waiting moves on by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def refusal(code: str, status: int, detail: str = "no") -> ClientError:
    """What boto3 raises where Airflow says no."""
    answer = {"Error": {"Code": code}, "RestApiStatusCode": status, "RestApiResponse": {"detail": detail}}
    return ClientError(answer, "InvokeRestApi")  # type: ignore[arg-type]


class StandInAirflow:
    """Plays the boto3 client. Times are seconds since 1970; `page` entries are given at a time."""

    def __init__(self, page: int = 100) -> None:
        self.page = page
        self.listed: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []
        self.sources: dict[str, Any] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.refuses: list[ClientError] = []
        self.asked: list[tuple[str, str]] = []

    def lists(self, dag_id: str, source: object, parsed_at: float = 0.0, *, paused: bool = False) -> None:
        """Let a DAG be served from now on."""
        self.unlists(dag_id)
        file = f"/usr/local/airflow/dags/{dag_id}.py"
        self.listed.append(
            {"dag_id": dag_id, "fileloc": file, "last_parsed_time": stamp(parsed_at), "is_paused": paused}
        )
        self.sources[dag_id] = source

    def unlists(self, dag_id: str) -> None:
        """Let it be gone."""
        self.listed = [one for one in self.listed if one["dag_id"] != dag_id]

    def cannot_import(self, file: str, told_at: float, reason: str) -> None:
        trace = f"Traceback (most recent call last):\n  File ...\n{reason}\n"
        path = f"/usr/local/airflow/dags/{file}"
        self.errors.append({"filename": path, "timestamp": stamp(told_at), "stack_trace": trace})

    def invoke_rest_api(self, **asked: Any) -> dict[str, Any]:
        """Airflow's answers."""
        self.asked.append((asked["Method"], asked["Path"]))
        if self.refuses:
            raise self.refuses.pop(0)
        return {"RestApiStatusCode": 200, "RestApiResponse": self._answer(**asked)}

    def _answer(self, Path: str, QueryParameters: Any = None, Body: Any = None, **_: Any) -> Any:
        lists = {"/dags": ("dags", self.listed), "/importErrors": ("import_errors", self.errors)}
        if Path in lists:
            key, entries = lists[Path]
            begin = QueryParameters["offset"]
            return {key: entries[begin : begin + self.page], "total_entries": len(entries)}
        if Path.startswith("/dagSources/"):
            return self._one(self.sources, Path.rpartition("/")[2])
        if Body is None:
            return self._one(self.runs, Path.rpartition("/")[2])
        if Body["dag_run_id"] in self.runs:
            raise refusal("RestApiClientException", 409)
        self.runs[Body["dag_run_id"]] = {"state": "queued", "conf": Body["conf"]}
        return self.runs[Body["dag_run_id"]]

    @staticmethod
    def _one(known: dict[str, Any], name: str) -> Any:
        if name not in known:
            raise refusal("RestApiClientException", 404)
        return known[name]


class Clock:
    """Sleeping moves it on, and lets happen what is due by then."""

    def __init__(self, begin: float = 0.0) -> None:
        self.time = begin
        self.due: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> float:
        return self.time

    def at(self, seconds: float, happens: Callable[[], None]) -> None:
        self.due.append((seconds, happens))

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        ready = [happens for when, happens in self.due if when <= self.time]
        self.due = [(when, happens) for when, happens in self.due if when > self.time]
        for happens in ready:
            happens()
