"""A model server for tests: multiplies by the number in the model's `factor` file. Standard library only."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

factor = float((Path(os.environ["SM_MODEL_DIR"]) / "factor").read_text())
if factor < 0:
    sys.exit("a model with a negative factor does not start")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Not of interest."""

    def answer(self, status: int, body: dict) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/ping" else 404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            asked = json.loads(body)
        except ValueError:
            return self.answer(400, {"error": "not JSON"})
        if asked == "die":
            os._exit(3)
        if asked == "who":
            return self.answer(200, {"key": os.environ["AWS_ACCESS_KEY_ID"], "host": os.environ["SERVING_HOST"]})
        return self.answer(200, {"value": factor * asked})


print(f"serving with factor {factor}", flush=True)
ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
