"""boto3 clients that talk to this very gateway: as root for what the platform does, as a role for what a job does."""

from __future__ import annotations

import threading
from typing import Any

import boto3
from botocore.config import Config as ClientConfig

from localaws.gateway.config import Config
from localaws.gateway.log import OWN_CALLS
from localaws.roles import Credentials

ROOT = Credentials("test", "test", "")

_session = boto3.session.Session()  # one for all, because it keeps the descriptions of services that it has read
_lock = threading.Lock()


class Clients:
    """Makes clients one at a time: a boto3 session may be used by one thread only, its clients by all."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def of(self, service: str, credentials: Credentials = ROOT) -> Any:
        """A client of `service` that signs with these credentials."""
        with _lock:
            return _session.client(
                service,
                endpoint_url=self.config.url,
                region_name=self.config.region,
                aws_access_key_id=credentials.access_key,
                aws_secret_access_key=credentials.secret_key,
                aws_session_token=credentials.token or None,
                config=ClientConfig(user_agent_extra=OWN_CALLS, proxies={}),
            )
