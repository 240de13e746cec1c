"""A bundle whose network is written by hand, and the real server program on it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.stockcast.predictors import recipe

SERVER = Path(__file__).resolve().parents[2] / "serving" / "server.py"
READY_WITHIN_SECONDS = 60  # onnxruntime and polars import in half a second on an idle machine


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mean of each window times a fixed matrix: enough to tell one answer from another, without TensorFlow."""
    folder = tmp_path_factory.mktemp("bundle")
    weights = np.random.default_rng(1).normal(0, 0.1, (13, 12)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["windows", "axes"], ["mean"], keepdims=0),
            helper.make_node("MatMul", ["mean", "weights"], ["outlook"]),
        ],
        "small",
        [helper.make_tensor_value_info("windows", TensorProto.FLOAT, ["n", 40, 13])],
        [helper.make_tensor_value_info("outlook", TensorProto.FLOAT, ["n", 12])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.array([1]), "axes")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), folder / "model.onnx"
    )
    (folder / "recipe.json").write_text(recipe().to_json())
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(bundle: Path, port: int) -> subprocess.Popen[str]:
    """The program as SageMaker starts it: from a folder of its own, with its settings in the environment."""
    environ = {
        "PATH": os.environ["PATH"], "SM_MODEL_DIR": str(bundle), "SAGEMAKER_BIND_TO_PORT": str(port),
        "SERVING_HOST": "127.0.0.1",
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, str(SERVER)],
        env=environ,
        cwd=bundle,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture(scope="session")
def server_port(small_bundle: Path) -> Iterator[int]:
    """A running server; it must end soon after SIGTERM."""
    port = free_port()
    process = start(small_bundle, port)
    _await(process, port)
    yield port
    process.terminate()
    assert process.wait(timeout=10) == 0


def _await(process: subprocess.Popen[str], port: int) -> None:
    deadline = monotonic() + READY_WITHIN_SECONDS
    while monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            sleep(0.05)
    process.kill()
    pytest.fail(f"the server did not listen on {port}: {process.communicate()[0]}")


@pytest.fixture
def connection(server_port: int) -> Iterator[HTTPConnection]:
    """One keep-alive connection."""
    opened = HTTPConnection("127.0.0.1", server_port, timeout=30)
    yield opened
    opened.close()
