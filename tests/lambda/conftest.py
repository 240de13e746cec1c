"""Handlers loaded as Lambda loads them, with AWS replaced at its edge by clients that keep what they are given.

The clients check every call's parameters against botocore's own model of the service, so a misspelt parameter fails
here and not in the account.
"""

import hashlib
import importlib
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.model import ServiceModel
from botocore.validate import validate_parameters
from tests.stockcast.sources.fake_source import Source, running_source

ROOT = Path(__file__).resolve().parents[2]
LOADER = botocore.session.get_session().get_component("data_loader")
MODELS = {
    name: ServiceModel(LOADER.load_service_model(name, "service-2"), name)
    for name in ("s3", "sagemaker-runtime", "secretsmanager")
}


def check(service: str, operation: str, given: dict[str, Any]) -> None:
    """Fail as the real client would on parameters that the service does not have."""
    validate_parameters(given, MODELS[service].operation_model(operation).input_shape)


def make_client_error(operation: str, code: str, message: str, **more: Any) -> ClientError:
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}, **more}, operation)


class MemoryS3:
    """Buckets in memory."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.denied: set[str] = set()  # keys that the role may not read

    def put_object(self, **given: Any) -> dict[str, Any]:
        check("s3", "PutObject", given)
        place = given["Bucket"], given["Key"]
        stands = self._etag(place)
        if (given.get("IfNoneMatch") == "*" and stands) or given.get("IfMatch", stands) != stands:
            raise make_client_error("PutObject", "PreconditionFailed", "At least one condition did not hold.")
        self.objects[place] = given
        return {"ETag": self._etag(place)}

    def get_object(self, **given: Any) -> dict[str, Any]:
        check("s3", "GetObject", given)
        if given["Key"] in self.denied:
            raise make_client_error("GetObject", "AccessDenied", "Access Denied")
        if (given["Bucket"], given["Key"]) not in self.objects:
            raise make_client_error("GetObject", "NoSuchKey", "The specified key does not exist.")
        place = given["Bucket"], given["Key"]
        return {"Body": io.BytesIO(self.objects[place]["Body"]), "ETag": self._etag(place)}

    def _etag(self, place: tuple[str, str]) -> str | None:
        return f'"{hashlib.sha256(self.objects[place]["Body"]).hexdigest()}"' if place in self.objects else None

    def keys(self, bucket: str) -> list[str]:
        return sorted(key for name, key in self.objects if name == bucket)

    def body(self, bucket: str, key: str) -> bytes:
        content: bytes = self.objects[bucket, key]["Body"]
        return content


class ScriptedRuntime:
    """SageMaker's runtime; `answer` makes a body of the request's body, or raises."""

    def __init__(self) -> None:
        self.answer: Callable[[bytes], bytes] = lambda body: b""
        self.endpoints: list[str] = []

    def invoke_endpoint(self, **given: Any) -> dict[str, Any]:
        check("sagemaker-runtime", "InvokeEndpoint", given)
        self.endpoints.append(given["EndpointName"])
        return {"Body": io.BytesIO(self.answer(given["Body"]))}


class Secrets:
    """Secrets Manager; what is not in `texts` does not exist."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.reads = 0

    def get_secret_value(self, **given: Any) -> dict[str, Any]:
        check("secretsmanager", "GetSecretValue", given)
        self.reads += 1
        if given["SecretId"] not in self.texts:
            raise make_client_error("GetSecretValue", "ResourceNotFoundException", "can't find the specified secret")
        return {"SecretString": self.texts[given["SecretId"]]}


class Clock:
    """Lambda's context, as far as handlers look at it."""

    def __init__(self, *remaining_ms: int) -> None:
        self.remaining_ms = list(remaining_ms)

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms.pop(0)


@pytest.fixture
def s3() -> MemoryS3:
    return MemoryS3()


@pytest.fixture
def runtime() -> ScriptedRuntime:
    return ScriptedRuntime()


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def client_error() -> Callable[..., ClientError]:
    return make_client_error


@pytest.fixture
def clock() -> type[Clock]:
    return Clock


@pytest.fixture
def source() -> Iterator[Source]:
    with running_source() as running:
        yield running


@pytest.fixture
def load(
    monkeypatch: pytest.MonkeyPatch, s3: MemoryS3, runtime: ScriptedRuntime, secrets: Secrets
) -> Iterator[Callable[..., ModuleType]]:
    """Import a function's handler afresh, its folder on the path and its settings in the environment."""
    clients = {"s3": s3, "sagemaker-runtime": runtime, "secretsmanager": secrets}
    monkeypatch.setattr(boto3, "client", clients.__getitem__)
    before = set(sys.modules)

    def load_handler(function: str, **settings: str) -> ModuleType:
        for key, value in settings.items():
            monkeypatch.setenv(f"STOCKCAST_{key.upper()}", value)
        monkeypatch.syspath_prepend(str(ROOT / "lambda" / function))
        return importlib.import_module("handler")

    yield load_handler
    folder = str(ROOT / "lambda")
    for name in set(sys.modules) - before:  # two functions' modules share names such as `handler`
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(folder):
            del sys.modules[name]
