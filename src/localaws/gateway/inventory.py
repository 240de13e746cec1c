"""What stands in the embedded AWS, by service, read from the services' own state.

Nobody lists which services to look at: every store of every service is looked into, so that a service that was
forgotten cannot hide what a destroy left behind. What the emulator keeps from its start (a default VPC) is not counted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict

SERVICES = "ministack.services."
Listed = dict[str, dict[str, list[str]]]
# Stores that hold no resource, or what AWS itself keeps after the resource is gone.
NOT_RESOURCES = {
    "cloudwatch._alarm_history": "what alarms did; AWS keeps it for 30 days",
    "cloudwatch._composite_triggers": "what composite alarms did",
    "cloudwatch._metrics": "data points; AWS keeps them for 15 months and nobody can delete them",
    "cloudwatch_logs._log_records": "an index of log events, which go with their group",
    "cloudwatch_logs._queries": "questions that were asked",
    "eventbridge._events_log": "events that went by",
    "iam._aws_managed_attachment_counts": "a count",
    "iam._credential_reports": "a report",
    "iam._service_linked_role_deletion_tasks": "tasks that are done",
    "kms._alias_dates": "an index of the aliases",
    "lambda_core._client_tokens": "calls that were made",
    "lambda_svc._dynamodb_stream_positions": "how far a mapping has read",
    "lambda_svc._esm_backoff_until": "how long a mapping waits",
    "lambda_svc._kinesis_positions": "how far a mapping has read",
    "s3._completed_multipart_uploads": "calls that were made",
    "sns._sms_messages": "messages that were sent",
    "sns._sub_arn_to_topic": "an index; a subscription goes with its topic",
    "sqs._queue_name_to_url": "an index of the queues",
    "ssm._commands": "calls that were made",
}
GONE = {"KeyState": "PendingDeletion", "State": "deleted"}  # keys that wait for their end, NAT gateways after theirs
MADE_BY_AWS = {"eventbridge._event_buses": "default", "scheduler._schedule_groups": "default"}  # in every account
# The emulator names some modules otherwise than AWS signs for the service.
NAMES = {"cloudwatch_logs": "logs", "lambda_svc": "lambda", "lambda_core": "lambda"}


class Inventory:
    """Lists what came to stand since it was made; `own` are our services' listings by name."""

    def __init__(self, own: Mapping[str, Callable[[], dict[str, list[str]]]]) -> None:
        self._own = own
        self._at_start = {(service, store): set(kept) for service, store, kept in _stores()}

    def __call__(self) -> Listed:
        """Service, kind, names; only what is not empty."""
        found: Listed = {}
        for service, store, kept in _stores():
            at_start = self._at_start.get((service, store), set())
            place = f"{service}.{store}"
            if place in NOT_RESOURCES or store.endswith("tags"):
                continue
            names = [_name(key) for key, value in list(kept.items()) if key not in at_start and _stands(value)]
            if names := [name for name in names if name != MADE_BY_AWS.get(place)]:
                found.setdefault(NAMES.get(service, service), {})[store.lstrip("_")] = sorted(names)
        for service, listing in self._own.items():
            if kinds := {kind: sorted(names) for kind, names in listing().items() if names}:
                found[service] = kinds
        return dict(sorted(found.items()))


def _stores() -> Iterator[tuple[str, str, dict[Any, Any]]]:
    """Every store of every service that was used so far; tags are none, they go with what carries them."""
    for module, loaded in sorted(sys.modules.items()):
        if module.startswith(SERVICES):
            for name, value in vars(loaded).items():
                if isinstance(value, AccountScopedDict | AccountRegionScopedDict):
                    yield module.removeprefix(SERVICES), name, value._data


def _stands(value: Any) -> bool:
    """An empty list is a parent's place for children it does not have; AWS tells of some things after their end."""
    if isinstance(value, dict):
        return bool(value) and not any(value.get(key) == state for key, state in GONE.items())
    return not (isinstance(value, list | set | tuple) and not value)


def _name(key: Any) -> str:
    """The name that the service keeps a resource under, without account and region."""
    name = key[-1] if isinstance(key, tuple) else key
    return "/".join(str(part) for part in name) if isinstance(name, tuple) else str(name)
