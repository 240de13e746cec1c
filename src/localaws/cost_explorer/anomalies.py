"""Anomaly monitors and subscriptions. Nothing is billed here, so no anomaly is ever found."""

from __future__ import annotations

import copy
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.checked import as_list, as_map
from localaws.gateway.messages import ServiceError
from localaws.gateway.tag_actions import tag_actions
from localaws.gateway.tag_store import TagStore

SUBSCRIBED_BY = {"IMMEDIATE": "SNS", "DAILY": "EMAIL", "WEEKLY": "EMAIL"}


class Anomalies:
    """Serves the actions on anomaly monitors and subscriptions, and their tags."""

    def __init__(self, account_id: str) -> None:
        self.account_id, self.tags = account_id, TagStore()
        self.monitors: dict[str, Body] = {}
        self.subscriptions: dict[str, Body] = {}
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CreateAnomalyMonitor": self.create_monitor,
            "GetAnomalyMonitors": self.get_monitors,
            "UpdateAnomalyMonitor": self.update_monitor,
            "DeleteAnomalyMonitor": self.delete_monitor,
            "CreateAnomalySubscription": self.create_subscription,
            "GetAnomalySubscriptions": self.get_subscriptions,
            "UpdateAnomalySubscription": self.update_subscription,
            "DeleteAnomalySubscription": self.delete_subscription,
            **tag_actions(self.tags, self._known, "ResourceTags", "ResourceTagKeys", as_list),
        }

    def resource(self, action: str, asked: Body) -> str:
        """Monitors and subscriptions are named by ARN; AWS knows no resource for creating one."""
        return str(asked.get("ResourceArn") or asked.get("SubscriptionArn") or asked.get("MonitorArn") or "*")

    def condition_keys(self, asked: Body) -> dict[str, Any]:
        """Cost Explorer has none of its own."""
        return {}

    def inventory(self) -> dict[str, list[str]]:
        """What stands, by kind."""
        return {"anomaly_monitors": list(self.monitors), "anomaly_subscriptions": list(self.subscriptions)}

    def create_monitor(self, asked: Body, caller: Caller) -> Body:
        """CreateAnomalyMonitor. AWS allows one monitor of all services in an account."""
        monitor = copy.deepcopy(asked["AnomalyMonitor"])
        is_of_services = monitor["MonitorType"] == "DIMENSIONAL"
        if is_of_services != bool(monitor.get("MonitorDimension")) or is_of_services == bool(
            monitor.get("MonitorSpecification")
        ):
            raise _invalid("A DIMENSIONAL monitor takes a MonitorDimension, a CUSTOM one a MonitorSpecification.")
        with self._lock:
            if is_of_services and any(m["MonitorType"] == "DIMENSIONAL" for m in self.monitors.values()):
                raise ServiceError("LimitExceededException", "Limit exceeded on dimensional spend monitor creation")
            arn = self._arn("anomalymonitor")
            today = datetime.now(UTC).date().isoformat()
            self.monitors[arn] = monitor | {"MonitorArn": arn, "CreationDate": today, "LastUpdatedDate": today}
        self.tags.add(arn, as_map(asked.get("ResourceTags") or []))
        return {"MonitorArn": arn}

    def get_monitors(self, asked: Body, caller: Caller) -> Body:
        """GetAnomalyMonitors."""
        return {"AnomalyMonitors": self._some(self.monitors, asked.get("MonitorArnList"), "UnknownMonitorException")}

    def update_monitor(self, asked: Body, caller: Caller) -> Body:
        """UpdateAnomalyMonitor. Only the name can change."""
        with self._lock:
            self._monitor(asked["MonitorArn"]).update(asked)
        return {"MonitorArn": asked["MonitorArn"]}

    def delete_monitor(self, asked: Body, caller: Caller) -> Body:
        """DeleteAnomalyMonitor."""
        with self._lock:
            self._monitor(asked["MonitorArn"])
            del self.monitors[asked["MonitorArn"]]
        self.tags.forget(asked["MonitorArn"])
        return {}

    def create_subscription(self, asked: Body, caller: Caller) -> Body:
        """CreateAnomalySubscription."""
        subscription = copy.deepcopy(asked["AnomalySubscription"])
        with self._lock:
            self._check(subscription)
            arn = self._arn("anomalysubscription")
            self.subscriptions[arn] = _shown(subscription) | {"SubscriptionArn": arn, "AccountId": self.account_id}
        self.tags.add(arn, as_map(asked.get("ResourceTags") or []))
        return {"SubscriptionArn": arn}

    def get_subscriptions(self, asked: Body, caller: Caller) -> Body:
        """GetAnomalySubscriptions, those of one monitor where it is named."""
        found = self._some(self.subscriptions, asked.get("SubscriptionArnList"), "UnknownSubscriptionException")
        monitor = asked.get("MonitorArn")
        return {"AnomalySubscriptions": [s for s in found if monitor is None or monitor in s["MonitorArnList"]]}

    def update_subscription(self, asked: Body, caller: Caller) -> Body:
        """UpdateAnomalySubscription."""
        with self._lock:
            changed = self._subscription(asked["SubscriptionArn"]) | copy.deepcopy(asked)
            if "ThresholdExpression" in asked:
                changed.pop("Threshold", None)
            self._check(changed)
            self.subscriptions[asked["SubscriptionArn"]] = _shown(changed)
        return {"SubscriptionArn": asked["SubscriptionArn"]}

    def delete_subscription(self, asked: Body, caller: Caller) -> Body:
        """DeleteAnomalySubscription."""
        with self._lock:
            self._subscription(asked["SubscriptionArn"])
            del self.subscriptions[asked["SubscriptionArn"]]
        self.tags.forget(asked["SubscriptionArn"])
        return {}

    def _check(self, subscription: Body) -> None:
        """AWS tells at once by SNS, or daily and weekly by mail; never the other way round."""
        for arn in subscription["MonitorArnList"]:
            self._monitor(arn)
        wanted = SUBSCRIBED_BY[subscription["Frequency"]]
        others = [s["Address"] for s in subscription["Subscribers"] if s["Type"] != wanted]
        if others:
            raise _invalid(f"{subscription['Frequency']} frequency only supports {wanted} subscriptions.")
        if subscription.get("Threshold") is not None and subscription.get("ThresholdExpression"):
            raise _invalid("Can not specify both Threshold and ThresholdExpression.")
        if subscription.get("Threshold") is None and not subscription.get("ThresholdExpression"):
            raise _invalid("One of Threshold and ThresholdExpression must be specified.")

    def _monitor(self, arn: str) -> Body:
        return _found(self.monitors, arn, "UnknownMonitorException")

    def _subscription(self, arn: str) -> Body:
        return _found(self.subscriptions, arn, "UnknownSubscriptionException")

    def _some(self, store: dict[str, Body], arns: list[str] | None, unknown: str) -> list[Body]:
        with self._lock:
            wanted = [_found(store, arn, unknown) for arn in arns] if arns else list(store.values())
            return copy.deepcopy(wanted)

    def _known(self, asked: Body) -> str:
        arn = str(asked["ResourceArn"])
        if arn not in self.monitors and arn not in self.subscriptions:
            raise ServiceError("ResourceNotFoundException", f"There is no resource {arn}.")
        return arn

    def _arn(self, kind: str) -> str:
        return f"arn:aws:ce::{self.account_id}:{kind}/{uuid.uuid4()}"


def _shown(subscription: Body) -> Body:
    """As AWS describes it: every subscriber has a status."""
    subscribers = [{"Status": "CONFIRMED", **subscriber} for subscriber in subscription["Subscribers"]]
    return subscription | {"Subscribers": subscribers}


def _found(store: dict[str, Body], arn: str, unknown: str) -> Body:
    if arn not in store:
        raise ServiceError(unknown, f"There is no {arn}.")
    return store[arn]


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
