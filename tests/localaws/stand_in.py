"""Plays an embedded AWS and a healthy Airflow on one port: `stand_in.py PORT`. Its pid and its marker are real."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

PAGES = {
    "/_localaws/health": {"status": "ok", "pid": os.getpid()},
    "/api/v2/monitor/health": {
        part: {"status": "healthy"} for part in ("metadatabase", "scheduler", "triggerer", "dag_processor")
    },
}


class Desk(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(PAGES.get(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Desk)
    print("up", flush=True)
    server.serve_forever()
