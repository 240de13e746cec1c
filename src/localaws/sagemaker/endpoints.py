"""Endpoints, blue/green: new servers must answer /ping before the old ones go; if they do not, the old ones stay."""

from __future__ import annotations

import threading

from localaws.container.failure import JobFailed
from localaws.container.platform import Platform
from localaws.gateway.caller import Caller
from localaws.gateway.log import logger
from localaws.gateway.messages import ServiceError
from localaws.sagemaker.actions import Actions, Body
from localaws.sagemaker.endpoint_configs import EndpointConfigs
from localaws.sagemaker.fleet import Fleet
from localaws.sagemaker.models import Models
from localaws.sagemaker.records import Records


class Endpoints:
    """Serves the actions on endpoints."""

    def __init__(self, records: Records, configs: EndpointConfigs, models: Models, platform: Platform) -> None:
        self.records, self.configs, self.models, self.platform = records, configs, models, platform
        self._fleets: dict[str, Fleet] = {}
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
        arn = self.records.add(asked, EndpointStatus="Creating")
        self._deploy(asked["EndpointName"], arn, config)
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
            pending = {"EndpointConfigName": config["EndpointConfigName"]}
            self.records.change(
                asked["EndpointName"], EndpointStatus="Updating", FailureReason=None, PendingDeploymentSummary=pending
            )
        self._deploy(asked["EndpointName"], endpoint["EndpointArn"], config)
        return {"EndpointArn": endpoint["EndpointArn"]}

    def delete(self, asked: Body, caller: Caller) -> Body:
        """DeleteEndpoint. Its servers end before the answer."""
        with self._lock:
            self.records.remove(asked["EndpointName"])
            fleet = self._fleets.pop(asked["EndpointName"], None)
        if fleet:
            fleet.stop()
        return {}

    def fleet(self, name: str) -> Fleet:
        """What serves an endpoint."""
        fleet = self._fleets.get(name)
        if fleet is None:
            account = self.records.place.account
            raise ServiceError("ValidationError", f"Endpoint {name} of account {account} not found.")
        return fleet

    def _deploy(self, name: str, arn: str, config: Body) -> None:
        born = self.records.get(name)["CreationTime"]
        threading.Thread(target=self._replace, args=(name, arn, config, born), name=f"deploy {name}").start()

    def _replace(self, name: str, arn: str, config: Body, born: float) -> None:
        try:
            fresh = Fleet(name, arn, config, self.models, self.platform)
        except (JobFailed, ServiceError) as failed:
            return self._keep_old(name, born, str(failed))
        except Exception as error:  # a fault of ours; the endpoint must not seem to deploy for ever
            logger.exception("endpoint %s", name)
            return self._keep_old(name, born, f"InternalServerError: {error!r}")
        with self._lock:
            is_meant = self._is_still(name, born)
            old = self._fleets.get(name) if is_meant else fresh
            if is_meant:
                self._fleets[name] = fresh
                self.records.change(
                    name, EndpointStatus="InService", EndpointConfigName=fresh.config_name, FailureReason=None,
                    ProductionVariants=fresh.summary(), PendingDeploymentSummary=None,
                )  # fmt: skip
                logger.info("endpoint %s serves %s", name, fresh.config_name)
        if old:
            old.drain()
            old.stop()
        return None

    def _is_still(self, name: str, born: float) -> bool:
        """Whether the endpoint was neither deleted nor made anew since a deployment began."""
        return any(e["EndpointName"] == name and e["CreationTime"] == born for e in self.records.all())

    def _keep_old(self, name: str, born: float, reason: str) -> None:
        if not self._is_still(name, born):
            return
        status = "InService" if name in self._fleets else "Failed"
        logger.warning("endpoint %s is %s: %s", name, status, reason)
        self.records.change(name, EndpointStatus=status, FailureReason=reason, PendingDeploymentSummary=None)
