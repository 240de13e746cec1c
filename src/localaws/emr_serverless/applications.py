"""Applications and their life: CREATED, STARTED by hand or by a run, STOPPED by hand or when idle, TERMINATED."""

from __future__ import annotations

import copy
import secrets
import string
import threading
import time
from typing import Any

from localaws.emr_serverless.job_runs import JobRuns
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.config import Config
from localaws.gateway.messages import ServiceError
from localaws.gateway.tag_actions import tag_actions
from localaws.gateway.tag_store import TagStore

NOT_KEPT = ("clientToken", "tags")
ENGINES = {"spark": "Spark", "hive": "Hive"}  # taken in any case, told in this one
AT_REST = ("CREATED", "STOPPED")
ID_LETTERS, ID_LENGTH = string.ascii_lowercase + string.digits, 16
DEFAULTS: Body = {
    "architecture": "X86_64",
    "autoStartConfiguration": {"enabled": True},
    "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": 15},
}


class Applications:
    """Serves the actions on applications."""

    def __init__(self, config: Config) -> None:
        self.account_id, self.region, self.tags = config.account_id, config.region, TagStore()
        self.runs = JobRuns(config, self._take, self._arn)
        self._applications: dict[str, Body] = {}
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CreateApplication": self.create,
            "GetApplication": self.get,
            "ListApplications": self.list,
            "UpdateApplication": self.update,
            "DeleteApplication": self.delete,
            "StartApplication": self.start,
            "StopApplication": self.stop,
            **tag_actions(self.tags, self._known, "tags", "tagKeys"),
            **self.runs.actions(),
        }

    def resource(self, action: str, asked: Body) -> str:
        """An application that exists has an ARN, and a run one below it."""
        if asked.get("resourceArn"):
            return str(asked["resourceArn"])
        if asked.get("jobRunId"):
            return f"{self._arn(asked['applicationId'])}/jobruns/{asked['jobRunId']}"
        return self._arn(asked["applicationId"]) if asked.get("applicationId") else "*"

    def condition_keys(self, asked: Body) -> dict[str, Any]:
        """EMR Serverless has none of its own."""
        return {}

    def inventory(self) -> dict[str, list[str]]:
        """What stands; AWS goes on describing what was terminated for a while."""
        with self._lock:
            return {"applications": [i for i, a in self._applications.items() if a["state"] != "TERMINATED"]}

    def create(self, asked: Body, caller: Caller) -> Body:
        """CreateApplication."""
        engine = ENGINES.get(str(asked["type"]).lower())
        if engine is None:
            raise _invalid(f"Application type {asked['type']} is not one of {', '.join(ENGINES.values())}.")
        identity, now = "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH)), time.time()
        application = {**DEFAULTS, **{key: copy.deepcopy(value) for key, value in asked.items() if key not in NOT_KEPT}}
        application |= {"applicationId": identity, "arn": self._arn(identity), "state": "CREATED", "type": engine}
        with self._lock:
            self._applications[identity] = application | {"createdAt": now, "updatedAt": now}
        self.tags.add(self._arn(identity), asked.get("tags") or {})
        return {"applicationId": identity, "name": asked.get("name"), "arn": self._arn(identity)}

    def get(self, asked: Body, caller: Caller) -> Body:
        """GetApplication."""
        with self._lock:
            return {"application": self._described(self._find(asked))}

    def list(self, asked: Body, caller: Caller) -> Body:
        """ListApplications, of some states where they are named."""
        shown = ("name", "arn", "state", "type", "releaseLabel", "createdAt", "updatedAt", "architecture")
        with self._lock:
            found = [a for a in self._applications.values() if a["state"] in (asked.get("states") or [a["state"]])]
            return {"applications": [{"id": a["applicationId"], **{k: a[k] for k in shown if k in a}} for a in found]}

    def update(self, asked: Body, caller: Caller) -> Body:
        """UpdateApplication. A running one must be stopped first."""
        with self._lock:
            application = self._at_rest(asked, "updated")
            changes = {key: copy.deepcopy(value) for key, value in asked.items() if key not in NOT_KEPT}
            application.update(changes, updatedAt=time.time())
            return {"application": self._described(application)}

    def delete(self, asked: Body, caller: Caller) -> Body:
        """DeleteApplication. A running one must be stopped first."""
        with self._lock:
            application = self._at_rest(asked, "deleted")
            application.update(state="TERMINATED", updatedAt=time.time())
        self.tags.forget(application["arn"])
        return {}

    def start(self, asked: Body, caller: Caller) -> Body:
        """StartApplication."""
        return self._change_state(asked, "STARTED")

    def stop(self, asked: Body, caller: Caller) -> Body:
        """StopApplication."""
        return self._change_state(asked, "STOPPED")

    def _change_state(self, asked: Body, state: str) -> Body:
        with self._lock:
            application = self._find(asked)
            if application["state"] == "TERMINATED":
                raise _invalid(f"Application {application['applicationId']} is TERMINATED.")
            application.update(state=state, updatedAt=time.time())
        return {}

    def _take(self, asked: Body) -> Body:
        """The application of a run that is to start; with `only_look` as it stands."""
        with self._lock:
            application = self._find(asked)
            if asked.get("only_look"):
                return application
            starts = application["autoStartConfiguration"].get("enabled", True) and application["state"] in AT_REST
            if application["state"] != "STARTED" and not starts:
                raise _invalid(f"Application {application['applicationId']} is {application['state']}, not STARTED.")
            application.update(state="STARTED", updatedAt=time.time())
            return application

    def _stop_if_idle(self, application: Body) -> None:
        """As AWS stops it: when nothing has run in it for so many minutes."""
        stops, used = application["autoStopConfiguration"], self.runs.last_used(application["applicationId"])
        if application["state"] != "STARTED" or not stops.get("enabled", True) or used is None:
            return
        idle_minutes = (time.time() - max(used, application["updatedAt"])) / 60
        if idle_minutes >= stops.get("idleTimeoutMinutes", 15):
            application.update(state="STOPPED", updatedAt=time.time())

    def _at_rest(self, asked: Body, wanted: str) -> Body:
        application = self._find(asked)
        if application["state"] not in AT_REST:
            raise _invalid(
                f"Application {application['applicationId']} must be in one of the following statuses to be {wanted}: "
                f"[{', '.join(AT_REST)}]. Current status: {application['state']}"
            )
        return application

    def _find(self, asked: Body) -> Body:
        identity = asked["applicationId"]
        if identity not in self._applications:
            raise ServiceError("ResourceNotFoundException", f"Application {identity} does not exist", 404)
        self._stop_if_idle(self._applications[identity])
        return self._applications[identity]

    def _known(self, asked: Body) -> str:
        arn = str(asked["resourceArn"])
        with self._lock:
            if not any(a["arn"] == arn and a["state"] != "TERMINATED" for a in self._applications.values()):
                raise ServiceError("ResourceNotFoundException", f"Resource {arn} does not exist", 404)
        return arn

    def _described(self, application: Body) -> Body:
        return {**copy.deepcopy(application), "tags": self.tags.of(application["arn"])}

    def _arn(self, identity: str) -> str:
        return f"arn:aws:emr-serverless:{self.region}:{self.account_id}:/applications/{identity}"


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
