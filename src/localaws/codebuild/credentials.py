"""The address at which a build fetches its role's credentials, as in a container of AWS.

SDKs read AWS_CONTAINER_CREDENTIALS_FULL_URI and ask again before the expiration that they were told.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from localaws import roles
from localaws.gateway.messages import Answer, ServiceError
from localaws.gateway.pages import JSON, PREFIX, Page

VALID = timedelta(hours=1)


class CredentialsPages:
    """Tokens of the builds that run; whoever knows one gets the role's keys, and nobody after the build's end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._known: dict[str, roles.Credentials] = {}
        self._lock = threading.Lock()

    def page(self) -> Page:
        """The page itself."""
        return Page("GET", "credentials/{token}", self._answer)

    @contextmanager
    def handed_out(self, credentials: roles.Credentials) -> Iterator[str]:
        """The address, for as long as a build takes."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._known[token] = credentials
        try:
            yield f"{self._url}{PREFIX}credentials/{token}"
        finally:
            with self._lock:
                del self._known[token]

    def _answer(self, path: Mapping[str, str], body: bytes) -> Answer:
        with self._lock:
            found = self._known.get(path["token"])
        if found is None:
            raise ServiceError("NotFound", "No build that runs has this token.", 404)
        expiration = datetime.now(UTC) + VALID
        told = {"AccessKeyId": found.access_key, "SecretAccessKey": found.secret_key, "Token": found.token}
        return Answer(told | {"Expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ")}, headers=JSON)
