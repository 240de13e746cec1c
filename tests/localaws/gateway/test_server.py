"""The port itself: health, replay, refusals, and the end of everything with it."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import psutil
import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGION, REPOSITORY, Gateway, await_until, free_port, trust, zipped

from localaws.gateway import config as gateway_config


def signed(gateway: Gateway, service: str, target: str, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
    """Send one request of the JSON protocol, signed by hand; status and body."""
    request = botocore.awsrequest.AWSRequest(
        "POST", f"{gateway.url}/", {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1", **headers},
        json.dumps(body).encode(),
    )  # fmt: skip
    keys = botocore.credentials.Credentials("test", "test")
    botocore.auth.SigV4Auth(keys, service, REGION).add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    connection.request("POST", "/", request.body, dict(request.headers.items()))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_the_health_page_names_this_stack(gateway: Gateway) -> None:
    """`make status` must not take another clone's gateway for its own."""
    page = gateway.health()

    assert (page["status"], page["stack_id"], page["pid"]) == ("ok", gateway.stack_id, gateway.process.pid)


def test_a_request_sent_again_gets_the_first_answer(gateway: Gateway, sagemaker: Any) -> None:
    """A connection that broke after the server acted must not look like "already exists"."""
    call, body = str(uuid.uuid4()), {"ModelPackageGroupName": "sent-twice"}
    headers = {"amz-sdk-invocation-id": call, "amz-sdk-request": "attempt=1; max=3"}

    first = signed(gateway, "sagemaker", "SageMaker.CreateModelPackageGroup", body, **headers)
    again = {**headers, "amz-sdk-request": "attempt=2; max=3"}
    second = signed(gateway, "sagemaker", "SageMaker.CreateModelPackageGroup", body, **again)
    third = signed(gateway, "sagemaker", "SageMaker.CreateModelPackageGroup", body)

    assert first == second and first[0] == 200
    assert third[0] == 400 and "already exists" in third[1]["message"]


def test_the_emulators_services_are_replayed_as_well(gateway: Gateway) -> None:
    """Most of Terraform's resources are the emulator's."""
    body = {"Name": "/replay", "Value": "1", "Type": "String"}
    headers = {"amz-sdk-invocation-id": str(uuid.uuid4())}

    first = signed(gateway, "ssm", "AmazonSSM.PutParameter", body, **headers, **{"amz-sdk-request": "attempt=1; max=3"})
    second = signed(
        gateway, "ssm", "AmazonSSM.PutParameter", body, **headers, **{"amz-sdk-request": "attempt=2; max=3"}
    )

    assert first == second == (200, first[1])


@pytest.mark.parametrize(
    ("service", "target", "code", "words"),
    [
        ("sagemaker", "SageMaker.CreateAutoMLJob", "UnsupportedOperationException", "does not serve CreateAutoMLJob"),
        ("sagemaker", "SageMaker.MakeTea", "UnknownOperationException", "SageMaker has no action MakeTea"),
        ("ce", "AWSInsightsIndexService.GetTags", "UnsupportedOperationException", "ce does not serve GetTags"),
        ("ce", "AWSInsightsIndexService.MakeTea", "UnknownOperationException", "ce has no action MakeTea"),
        ("forecast", "AmazonForecast.ListPredictors", "UnsupportedOperationException", "no service forecast"),
    ],
)  # fmt: skip
def test_what_is_not_served_is_refused_by_name(
    gateway: Gateway, service: str, target: str, code: str, words: str
) -> None:
    """A silent or a 500 answer keeps Terraform busy for minutes."""
    status, answer = signed(gateway, service, target, {})

    assert status == 400
    assert answer["__type"] == code and words in answer["message"]


def test_another_region_is_refused(gateway: Gateway) -> None:
    """A client with a mistaken region would otherwise see an empty account."""
    with pytest.raises(ClientError, match="serves us-east-1, not eu-west-1"):
        gateway.client("sagemaker", region="eu-west-1").list_models()


def test_a_path_that_names_the_whole_url_is_understood(gateway: Gateway) -> None:
    """MWAA's host prefix sends Terraform through a proxy."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)

    connection.request("GET", f"http://api.127.0.0.1:{gateway.port}/_localaws/health")

    assert json.load(connection.getresponse())["status"] == "ok"


def test_a_fault_of_the_emulator_is_a_readable_400(gateway: Gateway) -> None:
    """A 500 would be repeated for minutes; the message must survive in the service's own protocol."""
    status, answer = signed(gateway, "ssm", "AmazonSSM.GetParameters", {"Names": 5})

    assert status == 400
    assert answer["__type"].startswith("InternalFailure")
    assert "could not serve this request" in (answer.get("message") or answer.get("Message"))


def test_a_taken_port_is_told(gateway: Gateway, tmp_path: Path) -> None:
    """The second `make up` on a machine must say what is wrong."""
    given = json.loads((gateway.folder / "gateway.json").read_text())
    given |= {"state_dir": str(tmp_path / "state"), "log_dir": str(tmp_path / "logs")}
    (tmp_path / "gateway.json").write_text(json.dumps(given))

    ended = subprocess.run(
        [sys.executable, str(REPOSITORY / "src/localaws/serve_gateway.py"), "--config", str(tmp_path / "gateway.json")],
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert ended.returncode == 1
    assert f"port {gateway.port} is taken" in ended.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "is not JSON"), ('{"port": 1}', "lacks account_id, region"), (None, "cannot be read")],
)
def test_a_wrong_config_is_told(tmp_path: Path, text: str | None, words: str) -> None:
    """The message names the file and what is missing in it."""
    path = tmp_path / "gateway.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(ValueError, match=words):
        gateway_config.read(path)


def test_the_log_tells_one_line_per_request(gateway: Gateway, sagemaker: Any) -> None:
    """What happened last night is read here."""
    sagemaker.list_models()

    def written() -> list[str]:
        lines = (gateway.folder / "logs/gateway.log").read_text().splitlines()
        return [line for line in lines if "sagemaker ListModels 200" in line]

    found = await_until(written, bool, 5)
    assert found and found[-1].endswith(" ms")


@pytest.mark.integration
def test_sigterm_ends_everything(tmp_path: Path) -> None:
    """`make down` must leave no process and no port, Lambda workers and jobs included."""
    running = Gateway(tmp_path, free_port())
    running.await_health()
    lambda_arn = start_a_lambda(running)
    assert lambda_arn
    children = psutil.Process(running.process.pid).children(recursive=True)
    assert children and all(child.environ()["STOCKCAST_STACK"] == running.stack_id for child in children)

    running.process.terminate()
    running.process.wait(20)

    assert not (tmp_path / "state/tmp").exists()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", running.port)) != 0


def start_a_lambda(running: Gateway) -> str:
    """A function whose worker stays warm."""
    code = zipped("def handler(event, context):\n    return {'ok': True}\n")
    role = running.client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    functions = running.client("lambda")
    functions.create_function(
        FunctionName="f", Runtime="python3.12", Handler="handler.handler", Role=role["Role"]["Arn"],
        Code={"ZipFile": code},
    )  # fmt: skip
    answer = functions.invoke(FunctionName="f")
    assert json.load(answer["Payload"]) == {"ok": True}
    arn: str = functions.get_function(FunctionName="f")["Configuration"]["FunctionArn"]
    return arn
