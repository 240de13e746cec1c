"""The little of AWS that our commands ask themselves before Terraform does: STS, and S3 objects by path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::{0}:root</Arn><UserId>{0}</UserId><Account>{0}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
EXPIRED = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code>"
    "<Message>The security token included in the request is expired</Message></Error></ErrorResponse>"
)
NO_SUCH_KEY = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"

DENIED = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class StandInAccount(ThreadingHTTPServer):
    """`id` is the caller's account; `buckets` have a status each, and a bucket that is not listed does not exist."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.id = "111111111111"
        self.has_expired = False
        self.buckets: dict[str, int] = {}
        self.owners: dict[str, str] = {}  # of buckets that somebody else has, and lets everybody into
        self.objects: dict[str, tuple[str, str]] = {}  # path -> content, last change

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[StandInAccount]:
        account = cls()
        thread = threading.Thread(target=account.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield account
        finally:
            account.shutdown()
            account.server_close()
            thread.join()


class _Desk(BaseHTTPRequestHandler):
    server: StandInAccount

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.has_expired:
            self.answer(403, EXPIRED)
        else:
            self.answer(200, IDENTITY.format(self.server.id))

    def do_HEAD(self) -> None:
        self.answer(403 if self.is_foreign() else self.server.buckets.get(self.bucket(), 404), "")

    def do_GET(self) -> None:
        found = self.server.objects.get(self.path.split("?")[0])
        if self.is_foreign():
            self.answer(403, DENIED)
        elif found:
            self.answer(200, found[0], changed=found[1])
        else:
            self.answer(404, NO_SUCH_KEY)

    def bucket(self) -> str:
        return self.path.split("/")[1].split("?")[0]

    def is_foreign(self) -> bool:
        """Whether the caller expects another owner than the bucket has, as S3 compares them."""
        expected = self.headers.get("x-amz-expected-bucket-owner")
        return expected is not None and self.server.owners.get(self.bucket(), expected) != expected

    def answer(self, status: int, body: str, changed: str = "") -> None:
        self.send_response(status)
        if changed:
            self.send_header("Last-Modified", changed)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        """Silence."""
