"""AWS's service models as botocore ships them, each read once."""

from __future__ import annotations

from functools import cache

import botocore.loaders
from botocore.model import ServiceModel


@cache
def _loader() -> botocore.loaders.Loader:
    return botocore.loaders.Loader()  # it remembers what it has read


@cache
def known() -> frozenset[str]:
    """The services that botocore knows."""
    return frozenset(_loader().list_available_services("service-2"))


@cache
def service(name: str) -> ServiceModel:
    return ServiceModel(_loader().load_service_model(name, "service-2"), name)
