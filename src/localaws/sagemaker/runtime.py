"""InvokeEndpoint: the request goes to a model server as it came, and its answer back."""

from __future__ import annotations

import re

from localaws.container.serving import NoReply
from localaws.gateway.messages import Answer, Request, ServiceError
from localaws.sagemaker.endpoints import Endpoints

PATH = re.compile(r"^/endpoints/(?P<name>[^/]+)/invocations$")
MOST_BYTES = 6_291_456
PASSED_ON = ("accept", "content-type", "x-amzn-sagemaker-custom-attributes", "x-amzn-sagemaker-inference-id")


def invoke(endpoints: Endpoints, name: str, request: Request) -> Answer:
    """Answer for one of the endpoint's variants."""
    if len(request.body) > MOST_BYTES:
        message = f"The body has {len(request.body)} bytes; an endpoint takes at most {MOST_BYTES}."
        raise ServiceError("ValidationError", message)
    wanted = request.headers.get("x-amzn-sagemaker-target-variant")
    variant, server = endpoints.fleet(name).choose(wanted)
    headers = {key: request.headers[key] for key in PASSED_ON if key in request.headers}
    try:
        reply = server.invoke(request.body, headers)
    except NoReply as error:
        raise _model_error(f"No answer from the model within 60 seconds: {error}", 0, "", server.log.stream) from error
    if reply.status != 200:
        told = reply.body.decode(errors="replace")
        summary = f"Received {'client' if reply.status < 500 else 'server'} error ({reply.status}) from primary"
        raise _model_error(f'{summary} with message "{told[:1000]}".', reply.status, told[:2000], server.log.stream)
    extra = {"content-type": reply.content_type, "x-amzn-invoked-production-variant": variant}
    if reply.custom_attributes:
        extra["x-amzn-sagemaker-custom-attributes"] = reply.custom_attributes
    return Answer(reply.body, 200, extra)


def _model_error(message: str, status: int, original: str, stream: str) -> ServiceError:
    return ServiceError(
        "ModelError", message, 424, Message=message, OriginalStatusCode=status, OriginalMessage=original,
        LogStreamArn=stream,
    )  # fmt: skip
