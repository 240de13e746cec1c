"""The forecast server as a program, over HTTP."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from tests.serving.conftest import free_port, start
from tests.stockcast.generated import bars
from tests.stockcast.predictors import recipe

from stockcast.cleaning.silver import recent_request
from stockcast.forecasting.forecaster import forecast
from stockcast.models import bundle

pytestmark = pytest.mark.integration

BODY = json.dumps(recent_request("GENX", bars(1000))).encode()


def ask(connection: HTTPConnection, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_ping_says_which_model_serves(connection):
    """SageMaker routes requests only to a container whose ping answers 200."""
    assert ask(connection, "GET", "/ping") == (200, {"status": "ok", "model_version": "model-of-a-test"})


def test_an_invocation_answers_what_the_library_forecasts(connection, small_bundle):
    """What evaluation judged must be what clients get, to the last digit."""
    status, answer = ask(connection, "POST", "/invocations", BODY)

    assert status == 200
    assert answer == forecast("GENX", bars(1000), *bundle.load(small_bundle))


def test_the_same_connection_serves_again_after_a_bad_request(connection):
    """A gateway keeps its connections: one bad client must not break the next one's request."""
    refused = ask(connection, "POST", "/invocations", b'{"symbol": "GENX", "bars": []}')
    first, second = ask(connection, "POST", "/invocations", BODY), ask(connection, "POST", "/invocations", BODY)

    assert refused[0] == 400
    assert "at least 290" in refused[1]["error"]
    assert first == second
    assert first[0] == 200


def test_bars_that_hold_no_window_are_the_client_s_fault(connection):
    """A 500 would wake someone up for a halted stock."""
    request = json.loads(BODY)
    for bar in request["bars"]:
        bar.update(open=10, high=10, low=10, close=10)

    status, answer = ask(connection, "POST", "/invocations", json.dumps(request).encode())

    assert status == 400
    assert "no whole window" in answer["error"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/invocations"), ("POST", "/ping")])
def test_other_paths_are_told_the_two_that_exist(connection, method, path):
    """A wrong URL is the first mistake of everyone."""
    status, answer = ask(connection, method, path, b"" if method == "POST" else None)

    assert status == 404
    assert "/invocations" in answer["error"]


@pytest.mark.parametrize(("length", "status"), [(None, 411), ("-1", 411), (str(10**9), 413)])
def test_a_body_without_an_honest_length_is_refused_before_it_is_read(server_port, length, status):
    """A header alone must not make the server wait for a gigabyte."""
    header = f"Content-Length: {length}\r\n" if length else ""
    with socket.create_connection(("127.0.0.1", server_port), timeout=10) as raw:
        raw.sendall(f"POST /invocations HTTP/1.1\r\nHost: x\r\n{header}\r\n".encode())

        answer = raw.makefile("rb").read()  # until the server hangs up

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


def test_requests_at_the_same_time_get_each_their_own_answer(server_port):
    """Threads that share a buffer would hand one company's prices to another."""
    bodies = [json.dumps(recent_request(f"SYM{seed}", bars(400, seed))).encode() for seed in range(8)]

    def one(body: bytes) -> Any:
        return ask(HTTPConnection("127.0.0.1", server_port, timeout=30), "POST", "/invocations", body)[1]

    alone = [one(body) for body in bodies]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(one, bodies))

    assert together == alone
    assert [answer["symbol"] for answer in together] == [f"SYM{seed}" for seed in range(8)]


def test_a_bundle_of_other_features_keeps_the_server_from_starting(small_bundle: Path, tmp_path: Path):
    """Wrong features give plausible wrong prices; a container that does not start is the kinder failure."""
    (tmp_path / "model.onnx").write_bytes((small_bundle / "model.onnx").read_bytes())
    (tmp_path / "recipe.json").write_text(replace(recipe(), feature_version="0123456789abcdef").to_json())

    process = start(tmp_path, free_port())
    said = process.communicate(timeout=60)[0]

    assert process.returncode == 1
    assert "was trained on feature version 0123456789abcdef" in said
    assert "Traceback" not in said


def test_an_empty_model_folder_keeps_the_server_from_starting(tmp_path: Path):
    """The log must say that the bundle is missing, not that some file is."""
    process = start(tmp_path, free_port())

    said = process.communicate(timeout=60)[0]

    assert process.returncode == 1
    assert "lacks model.onnx, recipe.json" in said
