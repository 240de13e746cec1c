"""Endpoints, blue/green: new servers must answer /ping before the old ones go, and no alarm may go off meanwhile.

Otherwise the old ones stay. While a deployment takes its steps, both answer, each its share.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable

from localaws.container.failure import JobFailed
from localaws.container.platform import Platform
from localaws.gateway.caller import Caller
from localaws.gateway.log import logger
from localaws.gateway.messages import ServiceError
from localaws.sagemaker import deployments, keys
from localaws.sagemaker.actions import Actions, Body
from localaws.sagemaker.endpoint_configs import EndpointConfigs
from localaws.sagemaker.fleet import Fleet
from localaws.sagemaker.models import Models
from localaws.sagemaker.records import Records

BY_SHARE = random.Random()  # noqa: S311  (shifts traffic, guards nothing)


class Endpoints:
    """Serves the actions on endpoints."""

    def __init__(self, records: Records, configs: EndpointConfigs, models: Models, platform: Platform) -> None:
        self.records, self.configs, self.models, self.platform = records, configs, models, platform
        self._fleets: dict[str, Fleet] = {}
        self._trials: dict[str, tuple[Fleet, float]] = {}  # what a deployment brings, and its percentage of requests
        self._lock = threading.Lock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CreateEndpoint": self.create,
            "DescribeEndpoint": self.describe,
            "UpdateEndpoint": self.update,
            "DeleteEndpoint": self.delete,
        }

    def create(self, asked: Body, caller: Caller) -> Body:
        """CreateEndpoint."""
        self.records.refuse_taken(asked["EndpointName"])
        config = self.configs.records.get(asked["EndpointConfigName"])
        deployment = asked.get("DeploymentConfig")
        deployments.check(deployment, config)
        keys.check_endpoint(config, caller)
        arn = self.records.add(asked, EndpointStatus="Creating", DeploymentConfig=None, LastDeploymentConfig=deployment)
        self._deploy(asked["EndpointName"], arn, config, None)
        return {"EndpointArn": arn}

    def describe(self, asked: Body, caller: Caller) -> Body:
        """DescribeEndpoint."""
        return self.records.get(asked["EndpointName"])

    def update(self, asked: Body, caller: Caller) -> Body:
        """UpdateEndpoint. The endpoint names its old configuration until the new one serves."""
        with self._lock:
            endpoint = self.records.get(asked["EndpointName"])
            if endpoint["EndpointStatus"] not in ("InService", "Failed"):
                message = f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".'
                raise ServiceError("ValidationException", message)
            config = self.configs.records.get(asked["EndpointConfigName"])
            deployment = asked.get("DeploymentConfig")
            if deployment is None and asked.get("RetainDeploymentConfig"):
                deployment = endpoint.get("LastDeploymentConfig")
            config = self._checked(asked, config, endpoint.get("ProductionVariants") or [], deployment)
            keys.check_endpoint(config, caller)
            pending = {"EndpointConfigName": config["EndpointConfigName"]}
            self.records.change(
                asked["EndpointName"], EndpointStatus="Updating", FailureReason=None, PendingDeploymentSummary=pending,
                LastDeploymentConfig=deployment,
            )  # fmt: skip
        self._deploy(asked["EndpointName"], endpoint["EndpointArn"], config, deployment)
        return {"EndpointArn": endpoint["EndpointArn"]}

    def delete(self, asked: Body, caller: Caller) -> Body:
        """DeleteEndpoint. Its servers end before the answer."""
        with self._lock:
            self.records.remove(asked["EndpointName"])
            fleet = self._fleets.pop(asked["EndpointName"], None)
            self._trials.pop(asked["EndpointName"], None)  # its deployment notices, and ends what it began
        if fleet:
            fleet.stop()
        return {}

    def fleet(self, name: str) -> Fleet:
        """What serves an endpoint: while a deployment takes its steps, the new servers for their share of requests."""
        trial, percent = self._trials.get(name, (None, 0.0))
        if trial and BY_SHARE.uniform(0, 100) < percent:
            return trial
        fleet = self._fleets.get(name)
        if fleet is None:
            account = self.records.place.account
            raise ServiceError("ValidationError", f"Endpoint {name} of account {account} not found.")
        return fleet

    @staticmethod
    def _checked(asked: Body, config: Body, serving: list[Body], deployment: Body | None) -> Body:
        """The wanted configuration, with the counts and weights that are kept."""
        deployments.check(deployment, config)
        if serving and (deployment or asked.get("RetainAllVariantProperties")):
            deployments.check_variants(config, serving)
        if serving and asked.get("RetainAllVariantProperties"):
            return deployments.with_retained(config, serving, asked.get("ExcludeRetainedVariantProperties") or [])
        return config

    def _deploy(self, name: str, arn: str, config: Body, deployment: Body | None) -> None:
        born = self.records.get(name)["CreationTime"]
        arguments = (name, arn, config, born, deployment)
        threading.Thread(target=self._replace, args=arguments, name=f"deploy {name}").start()

    def _replace(self, name: str, arn: str, config: Body, born: float, deployment: Body | None) -> None:
        fresh = None
        try:
            alarms = self._alarms(arn, config, deployment)
            alarms.check()  # one that is missing or rings already would only be noticed when it is too late
            fresh = Fleet(name, arn, config, self.models, self.platform)
            self._try_out(name, born, fresh, deployments.steps(deployment, config), alarms)
        except (JobFailed, ServiceError) as failed:
            return self._keep_old(name, born, str(failed), fresh)
        except Exception as error:  # a fault of ours; the endpoint must not seem to deploy for ever
            logger.exception("endpoint %s", name)
            return self._keep_old(name, born, f"InternalServerError: {error!r}", fresh)
        with self._lock:
            is_meant = self._is_still(name, born)
            old = self._fleets.get(name) if is_meant else fresh
            if is_meant:
                self._fleets[name] = fresh
                self._trials.pop(name, None)
                self.records.change(
                    name, EndpointStatus="InService", EndpointConfigName=fresh.config_name, FailureReason=None,
                    ProductionVariants=fresh.summary(), PendingDeploymentSummary=None,
                )  # fmt: skip
                logger.info("endpoint %s serves %s", name, fresh.config_name)
        if old:
            old.drain()
            old.stop()
        return None

    def _alarms(self, arn: str, config: Body, deployment: Body | None) -> deployments.Alarms:
        role = self.models.to_serve(config["ProductionVariants"][0]["ModelName"]).role_arn
        return deployments.Alarms(deployment, role, arn, self.records.place, self.platform.clients)

    def _try_out(
        self, name: str, born: float, fresh: Fleet, steps: Iterable[tuple[float, int]], alarms: deployments.Alarms
    ) -> None:
        """Let the new servers answer their share, step by step, while the alarms are watched."""

        def has_ended(seconds: float) -> bool:
            time.sleep(seconds)
            return not self._is_still(name, born)

        for percent, seconds in steps:
            with self._lock:
                if name not in self._fleets or not self._is_still(name, born):
                    return  # nothing to go back to, or nobody to serve
                self._trials[name] = (fresh, percent)
            alarms.watch(seconds, has_ended)

    def _is_still(self, name: str, born: float) -> bool:
        """Whether the endpoint was neither deleted nor made anew since a deployment began."""
        return any(e["EndpointName"] == name and e["CreationTime"] == born for e in self.records.all())

    def _keep_old(self, name: str, born: float, reason: str, fresh: Fleet | None) -> None:
        if fresh:
            with self._lock:
                if self._trials.get(name, (None, 0))[0] is fresh:
                    del self._trials[name]
            fresh.drain()
            fresh.stop()
        if not self._is_still(name, born):
            return
        status = "InService" if name in self._fleets else "Failed"
        logger.warning("endpoint %s is %s: %s", name, status, reason)
        self.records.change(name, EndpointStatus=status, FailureReason=reason, PendingDeploymentSummary=None)
