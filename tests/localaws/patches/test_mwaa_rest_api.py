"""InvokeRestApi asks the real Airflow, as the role that IAM allows, and tells its refusals as AWS does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, REGION, Gateway, policy

ANSWERS = {"/api/v2/dags": (200, {"dags": []}), "/api/v2/broken": (500, {"detail": "oh"})}


class Airflow(BaseHTTPRequestHandler):
    """As much of Airflow as matters here: tokens by password, one answer per path, nothing without a token."""

    asked: ClassVar[list[tuple[str, str, str, Any]]] = []
    valid = "first"

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: Any) -> None:
        if self.path == "/auth/token":
            good = body["password"] == f"pw-{body['username']}"
            self._send(201 if good else 401, {"access_token": f"{body['username']} {self.valid}"})
            return
        user, _, token = self.headers.get("Authorization", "").removeprefix("Bearer ").partition(" ")
        if token != self.valid:
            self._send(401, {"detail": "no token"})
            return
        self.asked.append((user, self.command, self.path, body))
        self._send(*ANSWERS.get(self.path.partition("?")[0], (404, {"detail": "not here"})))

    def _send(self, status: int, answer: object) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def airflow(gateway: Gateway, airflow_environment: dict[str, Any]) -> Iterator[type[Airflow]]:
    passwords = {name: f"pw-{name}" for name in ("admin", "user", "viewer")}
    (gateway.folder / "airflow-passwords.json").write_text(json.dumps(passwords))
    server = ThreadingHTTPServer(("127.0.0.1", gateway.airflow_port), Airflow)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    Airflow.asked.clear()
    yield Airflow
    server.shutdown()
    server.server_close()


def ask(client: Any, path: str = "/dags", **more: Any) -> Any:
    return client.invoke_rest_api(Name="toys", Path=path, Method=more.pop("Method", "GET"), **more)


def allowed(role: str) -> str:
    """A policy for one Airflow role of the environment."""
    return policy(("airflow:InvokeRestApi", f"arn:aws:airflow:{REGION}:{ACCOUNT}:role/toys/{role}"))


def test_path_query_and_body_arrive_and_the_answer_comes_back(gateway: Gateway, airflow: type[Airflow]) -> None:
    """The emulator dropped the query, so every list ended after its first page."""
    airflow_client = gateway.client("mwaa")

    listed = ask(airflow_client, QueryParameters={"limit": 100, "offset": 200})
    with pytest.raises(ClientError):
        ask(airflow_client, "/dags/a/dagRuns", Method="POST", Body={"conf": {"day": "x"}})

    assert (listed["RestApiStatusCode"], listed["RestApiResponse"]) == (200, {"dags": []})
    assert airflow.asked == [
        ("admin", "GET", "/api/v2/dags?limit=100&offset=200", None),
        ("admin", "POST", "/api/v2/dags/a/dagRuns", {"conf": {"day": "x"}}),
    ]


def test_airflow_s_refusals_have_aws_s_names_and_their_own_status(gateway: Gateway, airflow: type[Airflow]) -> None:
    """Who asks has to tell `there is no such run` from `Airflow is down`."""
    client = gateway.client("mwaa")

    with pytest.raises(client.exceptions.RestApiClientException) as refusal:
        ask(client, "/dags/gone")
    with pytest.raises(client.exceptions.RestApiServerException) as failure:
        ask(client, "/broken")

    assert refusal.value.response["RestApiStatusCode"] == 404
    assert refusal.value.response["RestApiResponse"] == {"detail": "not here"}
    assert failure.value.response["RestApiStatusCode"] == 500


def test_the_airflow_role_is_the_one_that_iam_allows(
    gateway: Gateway, airflow: type[Airflow], make_user: Callable[..., Any]
) -> None:
    """A pipeline whose role is too small has to fail here, and not first on AWS."""
    ask(make_user("airflow-viewer", allowed("Viewer"))("mwaa"))
    ask(make_user("airflow-user", allowed("User"))("mwaa"))

    assert [user for user, *_ in airflow.asked] == ["viewer", "user"]


def test_a_role_without_a_user_in_airflow_may_do_nothing(
    gateway: Gateway, airflow: type[Airflow], make_user: Callable[..., Any]
) -> None:
    """IAM gives the least of all roles, and the request would have come in with the mightiest."""
    client = make_user("airflow-public", allowed("Public"))("mwaa")

    with pytest.raises(client.exceptions.RestApiClientException) as refusal:
        ask(client)

    assert refusal.value.response["RestApiStatusCode"] == 403
    assert "Public may do nothing" in refusal.value.response["RestApiResponse"]["detail"]
    assert airflow.asked == []


def test_who_has_no_airflow_role_of_this_environment_is_refused(
    gateway: Gateway, airflow: type[Airflow], make_user: Callable[..., Any]
) -> None:
    """The right of another environment, or to look at the environment, opens no Airflow."""
    other = policy(
        ("airflow:InvokeRestApi", f"arn:aws:airflow:{REGION}:{ACCOUNT}:role/prod/Admin"),
        ("airflow:GetEnvironment", "*"),
    )

    with pytest.raises(ClientError, match=r"AccessDeniedException.*role/toys/"):
        ask(make_user("airflow-other", other)("mwaa"))
    with pytest.raises(ClientError, match=r"UnrecognizedClientException|InvalidClientTokenId"):
        ask(gateway.client("mwaa", "AKIANOBODY0000000000", "x"))

    assert airflow.asked == []


def test_an_airflow_that_was_started_anew_is_asked_for_a_new_token(gateway: Gateway, airflow: type[Airflow]) -> None:
    """`make up` starts Airflow again beside a gateway that goes on."""
    ask(gateway.client("mwaa"))
    airflow.valid = "second"

    try:
        answer = ask(gateway.client("mwaa"))
    finally:
        airflow.valid = "first"

    assert answer["RestApiStatusCode"] == 200


def test_an_airflow_that_does_not_answer_is_told_at_once(gateway: Gateway, airflow_environment: dict[str, Any]) -> None:
    """An SDK repeats a 500 for a minute."""
    client = gateway.client("mwaa")

    with pytest.raises(client.exceptions.RestApiServerException) as failure:
        ask(client)

    assert "does not answer" in failure.value.response["RestApiResponse"]["detail"]


@pytest.mark.parametrize("path", ["dags", "/dags/" + "x" * 60])
def test_a_path_that_aws_does_not_take_is_not_taken(gateway: Gateway, airflow: type[Airflow], path: str) -> None:
    """A DAG with a long name would work here and nowhere else."""
    with pytest.raises(ClientError, match=r"ValidationException.*64 characters"):
        ask(gateway.client("mwaa"), path)


def test_an_environment_that_is_not_there_is_told(gateway: Gateway, airflow: type[Airflow]) -> None:
    with pytest.raises(ClientError, match=r"ResourceNotFoundException"):
        gateway.client("mwaa").invoke_rest_api(Name="gone", Path="/dags", Method="GET")
