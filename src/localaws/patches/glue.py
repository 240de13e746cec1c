"""Glue: jobs and crawlers lose their tags and some settings, a trigger gains an empty predicate, roles are ARNs only.

The settings of the data catalog's encryption are missing altogether.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id
from ministack.services import glue

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


def apply() -> None:
    """Keep what was asked for."""
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
