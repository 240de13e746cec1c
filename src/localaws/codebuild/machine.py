"""What every build of one gateway shares: its config, its clients, its pages, its report groups."""

from __future__ import annotations

import shutil
from pathlib import Path

from localaws.clients import Clients
from localaws.codebuild.build_log import LogPages
from localaws.codebuild.credentials import CredentialsPages
from localaws.codebuild.place import Place
from localaws.codebuild.report_groups import ReportGroups
from localaws.gateway import environment
from localaws.gateway.config import Config


class Machine:
    """Stands for the hosts that CodeBuild would start."""

    def __init__(self, config: Config, place: Place, reports: ReportGroups) -> None:
        self.config, self.place, self.reports = config, place, reports
        self.clients, self.network = Clients(config), environment.take_network()
        self.credentials = CredentialsPages(config.url)
        self.logs = LogPages(config.url, config.log_dir / "builds")
        shutil.rmtree(self._running, ignore_errors=True)  # of a gateway that was killed

    def folder(self, uuid: str) -> Path:
        """The empty folder of one build; short, because some tools put sockets below it."""
        folder = self._running / uuid[:8]
        folder.mkdir(parents=True)
        return folder

    def cache(self, project: str) -> Path:
        """Where the paths that a project caches stay between its builds."""
        return self.config.builds.workspace / "cache" / project

    @property
    def _running(self) -> Path:
        return self.config.builds.workspace / "running"
