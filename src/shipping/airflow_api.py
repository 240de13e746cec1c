"""Airflow's REST API through MWAA's InvokeRestApi: AWS's credentials let in, and IAM names the Airflow role.

Paths are those of Airflow's API without `/api/v2`, which MWAA adds. It answers within ten seconds or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from shipping import environments
from shipping.environments import Refused

PAGE = 100
LONGEST_PATH = 64  # InvokeRestApi's limit


class NotNow(Refused):
    """Airflow did not answer this time; asking again may help."""


@dataclass(frozen=True)
class Dag:
    """One DAG that Airflow lists. `file` is relative to the DAG folder; times are seconds since 1970."""

    dag_id: str
    file: str
    parsed_at: float
    is_paused: bool


@dataclass(frozen=True)
class ImportError_:
    """A file that Airflow could not import, when it last tried."""

    file: str
    told_at: float
    trace: str

    @property
    def reason(self) -> str:
        """The trace's last line."""
        return next((line.strip() for line in reversed(self.trace.splitlines()) if line.strip()), "no reason given")


def client(region: str) -> Any:
    """A client for MWAA; its host prefixes are no names that a loopback address can have."""
    embedded = environments.is_embedded(os.environ.get("AWS_ENDPOINT_URL", ""))
    return boto3.client("mwaa", region_name=region, config=Config(inject_host_prefix=not embedded))


def environment(mwaa: Any, name: str) -> dict[str, Any] | None:
    """What GetEnvironment tells; None where there is no such environment."""
    try:
        found: dict[str, Any] = mwaa.get_environment(Name=name)["Environment"]
    except ClientError as problem:
        if problem.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return found


def check_available(found: Mapping[str, Any]) -> None:
    """Nothing can be asked of an environment that is being made or changed."""
    if found["Status"] != "AVAILABLE":
        raise Refused(
            f"{found['Name']} is {found['Status']}; Airflow can be asked while it is AVAILABLE. An update takes up to "
            "an hour: look at it in MWAA's console, then run this again (or retry the pipeline's stage)."
        )


class Api:
    """The REST API of one environment."""

    def __init__(self, mwaa: Any, name: str) -> None:
        self._mwaa, self.name = mwaa, name

    def import_errors(self) -> list[ImportError_]:
        """All of them."""
        return [
            ImportError_(_in_dag_folder(one["filename"]), _seconds(one["timestamp"]), one["stack_trace"])
            for one in self._pages("/importErrors", "import_errors")
        ]

    def dags(self) -> list[Dag]:
        """All that are served: those whose file is gone, or cannot be imported, are left out by Airflow itself."""
        return [
            Dag(
                one["dag_id"],
                one.get("relative_fileloc") or _in_dag_folder(one["fileloc"]),
                _seconds(one["last_parsed_time"]),
                bool(one["is_paused"]),
            )
            for one in self._pages("/dags", "dags")
        ]

    def source(self, dag_id: str) -> str | None:
        """The text of a DAG's file as Airflow stored it when it last parsed it; None where it has none."""
        answer = self._found("GET", f"/dagSources/{dag_id}")
        return answer["content"] if isinstance(answer, dict) else answer  # as text where it was not asked for JSON

    def run(self, dag_id: str, run_id: str) -> dict[str, Any] | None:
        """A run; None where there is none of this name."""
        found: dict[str, Any] | None = self._found("GET", f"/dags/{dag_id}/dagRuns/{run_id}")
        return found

    def trigger(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> dict[str, Any] | None:
        """Start a run; None where one of this name is there already."""
        body = {"dag_run_id": run_id, "logical_date": None, "conf": dict(conf)}
        try:
            started: dict[str, Any] = self._ask("POST", f"/dags/{dag_id}/dagRuns", body=body)
        except _Status as problem:
            if problem.status == 409:
                return None
            raise
        return started

    def _found(self, method: str, path: str) -> Any:
        try:
            return self._ask(method, path)
        except _Status as problem:
            if problem.status == 404:
                return None
            raise

    def _pages(self, path: str, key: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        while True:
            answer = self._ask("GET", path, {"limit": PAGE, "offset": len(entries)})
            entries += answer[key]
            if not answer[key] or len(entries) >= answer["total_entries"]:
                return entries

    def _ask(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: object = None) -> Any:
        if len(path) > LONGEST_PATH:
            raise Refused(
                f"{path} has {len(path)} characters; MWAA's API takes {LONGEST_PATH}. Shorten the DAG's name."
            )
        asked: dict[str, Any] = {"Name": self.name, "Method": method, "Path": path}
        if query:
            asked["QueryParameters"] = dict(query)
        if body is not None:
            asked["Body"] = body
        try:
            return self._mwaa.invoke_rest_api(**asked)["RestApiResponse"]
        except ClientError as problem:
            raise _told(problem, method, path, self.name) from problem
        except (ConnectionError, HTTPClientError) as problem:
            raise NotNow(f"MWAA could not be reached for {method} {path} of {self.name}: {problem}") from problem


class _Status(Refused):
    """Airflow's own refusal, with its HTTP status."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status


def _told(problem: ClientError, method: str, path: str, name: str) -> Exception:
    """Airflow's refusals by status; that it is busy or beyond its ten seconds; AWS's own errors as they are."""
    code = problem.response["Error"]["Code"]
    status = int(problem.response.get("RestApiStatusCode") or 0)
    answer = problem.response.get("RestApiResponse")
    if code == "RestApiClientException" and status != 429:
        way_out = "Let the IAM role have an Airflow role that may do this." if status == 403 else "Look at its logs."
        return _Status(f"the Airflow of {name} answers {method} {path} with {status}: {answer}. {way_out}", status)
    if code in ("RestApiClientException", "RestApiServerException", "InternalServerException", "ThrottlingException"):
        return NotNow(f"the Airflow of {name} does not answer {method} {path} ({code} {status or ''}): {answer}")
    if code == "ResourceNotFoundException":
        return Refused(f"there is no Airflow environment {name}. Apply the environment, then run this again.")
    return problem


def _in_dag_folder(path: str) -> str:
    """`train_model.py` of /usr/local/airflow/dags/train_model.py."""
    return path.rpartition("/dags/")[2]


def _seconds(time: str | None) -> float:
    return datetime.fromisoformat(time).timestamp() if time else 0.0
