"""Glue: jobs and crawlers lose their tags and some settings, a trigger gains an empty predicate, roles are ARNs only.

The settings of the data catalog's encryption are missing, and a job that is started is only said to have run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id
from ministack.services import glue

from localaws.gateway.config import Config
from localaws.glue.runs import Runs
from localaws.patches.replace import replace

JOB_DROPS = (
    "ExecutionClass", "ExecutionProperty", "JobMode", "JobRunQueuingEnabled", "LogUri", "MaintenanceWindow",
    "NotificationProperty", "SourceControlDetails",
)  # fmt: skip
CRAWLER_DEFAULTS = {
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
}
NOT_ENCRYPTED = {
    "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
    "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
}

_catalog_encryption = AccountRegionScopedDict()  # catalog id -> settings


def apply(config: Config) -> None:
    """Keep what was asked for, and run what is started."""
    runs = Runs(config)
    replace(glue, "_start_job_run", lambda _, asked: _start_job_run(runs, asked))
    replace(glue, "_batch_stop_job_run", lambda _, asked: _batch_stop_job_run(runs, asked))
    replace(glue, "_get_job_runs", _get_job_runs)
    replace(glue, "_create_job", _create_job)
    replace(glue, "_delete_job", _delete_job)
    replace(glue, "_create_crawler", _create_crawler)
    replace(glue, "_update_crawler", _update_crawler)
    replace(glue, "_delete_crawler", _delete_crawler)
    replace(glue, "_create_trigger", _create_trigger)
    replace(glue, "_update_job", _update_job)
    replace(glue, "_handle_request_sync", _with_catalog_encryption)
    vars(glue)["_catalog_encryption"] = _catalog_encryption  # among the service's stores, so that it is listed


def _create_job(old: Callable[..., Any], asked: Any) -> Any:
    answer = old(asked)
    if answer[0] == 200:
        glue._jobs[asked["Name"]].update({key: asked[key] for key in JOB_DROPS if key in asked})
        glue._tags[glue._arn("job", asked["Name"])] = dict(asked.get("Tags") or {})
    return answer


def _update_job(old: Callable[..., Any], asked: Any) -> Any:
    answer = old(asked)
    if answer[0] == 200:
        update = asked.get("JobUpdate") or {}
        glue._jobs[asked["JobName"]].update({key: update[key] for key in JOB_DROPS if key in update})
    return answer


def _delete_job(old: Callable[..., Any], asked: Any) -> Any:
    glue._tags.pop(glue._arn("job", asked.get("JobName")), None)
    return old(asked)


def _create_crawler(old: Callable[..., Any], asked: Any) -> Any:
    answer = old({**asked, "Role": _role_arn(asked.get("Role", ""))})
    if answer[0] == 200:
        crawler = glue._crawlers[asked["Name"]]
        crawler["Role"] = _role_name(crawler["Role"])
        crawler.update({key: asked.get(key) or dict(value) for key, value in CRAWLER_DEFAULTS.items()})
        glue._tags[glue._arn("crawler", asked["Name"])] = dict(asked.get("Tags") or {})
    return answer


def _update_crawler(old: Callable[..., Any], asked: Any) -> Any:
    role = {"Role": _role_name(asked["Role"])} if asked.get("Role") else {}
    return old({**asked, **role})


def _delete_crawler(old: Callable[..., Any], asked: Any) -> Any:
    glue._tags.pop(glue._arn("crawler", asked.get("Name")), None)
    return old(asked)


def _role_arn(role: str) -> str:
    """AWS takes a crawler's role by ARN or by name, and tells it by name; the emulator knows ARNs only."""
    return role if not role or role.startswith("arn:") else f"arn:aws:iam::{get_account_id()}:role/{role}"


def _role_name(role: str) -> str:
    return role.split(":role/", 1)[-1]


def _create_trigger(old: Callable[..., Any], asked: Any) -> Any:
    answer = old(asked)
    if answer[0] == 200 and not asked.get("Predicate"):
        glue._triggers[asked["Name"]].pop("Predicate", None)
    return answer


def _with_catalog_encryption(
    old: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query: Any
) -> Any:
    action = headers.get("x-amz-target", "").split(".")[-1]
    if action not in ("GetDataCatalogEncryptionSettings", "PutDataCatalogEncryptionSettings"):
        return old(method, path, headers, body, query)
    asked = json.loads(body or b"{}")
    catalog = asked.get("CatalogId") or get_account_id()
    if action.startswith("Get"):
        kept = _catalog_encryption.get(catalog, NOT_ENCRYPTED)
        return glue.json_response({"DataCatalogEncryptionSettings": kept})
    settings = NOT_ENCRYPTED | (asked.get("DataCatalogEncryptionSettings") or {})
    if settings == NOT_ENCRYPTED:  # how Terraform takes them away
        _catalog_encryption.pop(catalog, None)
    else:
        _catalog_encryption[catalog] = settings
    return glue.json_response({})


def _start_job_run(runs: Runs, asked: Any) -> Any:
    name = asked.get("JobName")
    if name not in glue._jobs:
        return glue.error_response_json(
            "EntityNotFoundException", f"Failed to start job run due to missing metadata: {name}"
        )
    earlier = glue._job_runs.get(name) or []
    record = runs.start(glue._jobs[name], earlier, asked)
    if not record:
        return glue.error_response_json("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}")
    glue._job_runs[name] = [*earlier, record]
    return glue.json_response({"JobRunId": record["Id"]})


def _batch_stop_job_run(runs: Runs, asked: Any) -> Any:
    name, stopped, errors = asked.get("JobName"), [], []
    records = {record["Id"]: record for record in glue._job_runs.get(name) or []}
    for run_id in asked.get("JobRunIds") or []:
        named = {"JobName": name, "JobRunId": run_id}
        if run_id not in records:
            detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": f"Run {run_id} is unknown"}
            errors.append(named | {"ErrorDetail": detail})
        elif runs.stop(records[run_id]):
            stopped.append(named)
        else:
            told = f"Run {run_id} is in state {records[run_id]['JobRunState']}"
            errors.append(
                named | {"ErrorDetail": {"ErrorCode": "JobRunNotInTerminalStateException", "ErrorMessage": told}}
            )
    return glue.json_response({"SuccessfulSubmissions": stopped, "Errors": errors})


def _get_job_runs(old: Callable[..., Any], asked: Any) -> Any:
    """Newest first, at most as many as asked for."""
    name = asked.get("JobName")
    if name not in glue._jobs:
        return glue.error_response_json("EntityNotFoundException", f"Job {name} not found")
    newest = list(reversed(glue._job_runs.get(name) or []))
    begin, most = int(asked.get("NextToken") or 0), int(asked.get("MaxResults") or 200)
    answer: dict[str, Any] = {"JobRuns": newest[begin : begin + most]}
    if begin + most < len(newest):
        answer["NextToken"] = str(begin + most)
    return glue.json_response(answer)
