"""The services that the emulator lacks, by the name that requests to them are signed for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from localaws.autoscaling.scaling import Scaling
from localaws.autoscaling.variants import Variants
from localaws.batch.service import Batch
from localaws.clients import Clients
from localaws.codebuild.service import CodeBuild
from localaws.codepipeline.service import CodePipeline
from localaws.connections.connections import SIGNING_NAMES, Connected, Connections
from localaws.cost_explorer.anomalies import Anomalies
from localaws.emr_serverless.applications import Applications
from localaws.gateway.checked import Checked
from localaws.gateway.config import Config
from localaws.gateway.dispatch import OwnService
from localaws.gateway.messages import Answer
from localaws.gateway.pages import JSON, Page
from localaws.sagemaker.service import SageMaker


class OwnServices:
    """All of them, with what they need of each other."""

    def __init__(self, config: Config, sagemaker: SageMaker) -> None:
        place = (config.account_id, config.region)
        self.sagemaker, self.connected = sagemaker, Connected(*place)
        self.anomalies, self.applications = Anomalies(config.account_id), Applications(config)
        self.batch, self.codebuild = Batch(config), CodeBuild(config)
        self.codepipeline = CodePipeline(config, Clients(config), self.connected.get)
        variants = Variants(sagemaker.records["Endpoint"].get, sagemaker.records["EndpointConfig"].get)
        self.scaling = Scaling(*place, variants, Clients(config))

    def by_signing_name(self) -> dict[str, OwnService]:
        """What serves a request, by the service in its signature."""
        connections = {name: Checked(name, Connections(name, self.connected)) for name in SIGNING_NAMES}
        return {
            "application-autoscaling": Checked("application-autoscaling", self.scaling),
            "batch": Checked("batch", self.batch, rest=True),
            "ce": Checked("ce", self.anomalies),
            "codebuild": Checked("codebuild", self.codebuild),
            "codepipeline": Checked("codepipeline", self.codepipeline),
            "emr-serverless": Checked("emr-serverless", self.applications, rest=True),
            "sagemaker": self.sagemaker,
            **connections,
        }

    def listings(self) -> dict[str, Callable[[], dict[str, list[str]]]]:
        """What stands in each of them."""
        return {
            "application-autoscaling": self.scaling.inventory,
            "batch": self.batch.inventory,
            "ce": self.anomalies.inventory,
            "codebuild": self.codebuild.inventory,
            "codeconnections": self.connected.inventory,
            "codepipeline": self.codepipeline.inventory,
            "emr-serverless": self.applications.inventory,
            "sagemaker": self._sagemaker,
        }

    def pages(self) -> list[Page]:
        """What they serve under /_localaws/ besides."""
        handshake = Page("POST", "connections/{arn}/available", self._finish_handshake)
        return [
            handshake,
            *self.batch.pages(),
            *self.codebuild.pages(),
            *self.codepipeline.pages(),
            *self.sagemaker.pages(),
        ]

    def _finish_handshake(self, path: Mapping[str, str], body: bytes) -> Answer:
        return Answer(self.connected.finish_handshake(path["arn"]), headers=JSON)

    def _sagemaker(self) -> dict[str, list[str]]:
        return {
            kind: [str(record[records.kind.name_key]) for record in records.all()]
            for kind, records in self.sagemaker.records.items()
        }
