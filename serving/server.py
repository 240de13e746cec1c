"""The forecast server: GET /ping and POST /invocations, the same program on a SageMaker endpoint and on one machine.

It loads the bundle of SM_MODEL_DIR once and refuses to start when the bundle was trained on other features. It keeps
nothing between requests: the same bars give the same answer.
"""

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parent.parent / "src"
if SHARED.is_dir():  # in a checkout; in the image stockcast/ lies beside this file
    sys.path.append(str(SHARED))

from stockcast.forecasting.forecaster import forecast  # noqa: E402
from stockcast.forecasting.request import BadRequest, read_request  # noqa: E402
from stockcast.models import bundle  # noqa: E402
from stockcast.models.outlook import Predictor, Unforecastable  # noqa: E402
from stockcast.models.recipe import Recipe  # noqa: E402

LARGEST_BODY = 6 * 1024 * 1024  # bytes: what a SageMaker endpoint lets through


class Handler(BaseHTTPRequestHandler):
    """Answers JSON. `recipe` and `model` belong to the server and are only read."""

    protocol_version = "HTTP/1.1"
    timeout = 65  # seconds without a byte, a little more than SageMaker waits for an answer
    disable_nagle_algorithm = True

    def __init__(self, recipe: Recipe, model: Predictor, *connection: Any) -> None:
        self._recipe, self._model = recipe, model
        super().__init__(*connection)

    def do_GET(self) -> None:
        if self.path == "/ping":
            self._answer(200, {"status": "ok", "model_version": self._recipe.model_version})
        else:
            self._answer(404, {"error": f"{self.path} is unknown; use GET /ping or POST /invocations."})

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path != "/invocations":
            self._answer(404, {"error": f"{self.path} is unknown; use POST /invocations."})
            return
        try:
            symbol, bars = read_request(body)
            self._answer(200, forecast(symbol, bars, self._recipe, self._model))
        except (BadRequest, Unforecastable) as fault:
            self._answer(400, {"error": str(fault)})
        except Exception as fault:  # the client is owed an answer, whatever broke here
            _log("failed", error=repr(fault))
            traceback.print_exc()
            self._answer(500, {"error": f"{type(fault).__name__} inside the server; its log tells where."})

    def _body(self) -> bytes | None:
        """The whole body, or None after an answer that says what is wrong with its length."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self._refuse(411, "Content-Length is missing or no number; send the body's length in bytes.")
            return None
        if int(length) > LARGEST_BODY:
            self._refuse(413, f"the body has {length} bytes; at most {LARGEST_BODY} are read. Send fewer bars.")
            return None
        return self.rfile.read(int(length))

    def _refuse(self, status: int, message: str) -> None:
        """Answer and hang up: an unread body would be taken for the next request."""
        self.close_connection = True
        self._answer(status, {"error": message})

    def _answer(self, status: int, content: Mapping[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One JSON line a request; pings, several a minute, are left out."""
        if self.path != "/ping":
            _log("request", method=self.command, path=self.path, status=int(code))

    def log_message(self, format: str, *values: Any) -> None:
        _log("http", message=format % values)


def serve(environ: Mapping[str, str]) -> None:
    """Load the bundle, listen, and stop on SIGTERM without waiting for idle connections."""
    recipe, model = bundle.load(Path(environ.get("SM_MODEL_DIR", "/opt/ml/model")))
    address = (environ.get("SERVING_HOST", "0.0.0.0"), int(environ.get("SAGEMAKER_BIND_TO_PORT", "8080")))  # noqa: S104
    server = ThreadingHTTPServer(address, partial(Handler, recipe, model))

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()  # shutdown waits for serve_forever, which runs here

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    _log("serving", host=address[0], port=server.server_port, model_version=recipe.model_version)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


def _log(event: str, **facts: object) -> None:
    print(json.dumps({"event": event, **facts}), flush=True)


if __name__ == "__main__":
    try:
        serve(os.environ)
    except (ValueError, OSError) as fault:  # a bundle that is missing or does not fit, a port that is taken
        sys.exit(f"the forecast server does not start: {fault}")
