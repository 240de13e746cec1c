"""Servers on this machine are asked directly, and whatever they answer is taken as it is."""

from __future__ import annotations

import socket
import threading

import pytest
from tests.localaws.helpers import free_port
from tests.web import serving

from localaws.loopback import json_object


def test_a_proxy_of_the_shell_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a company's proxy `make up` would wait a minute for an AWS that has long been up."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    with serving({"/health": b'{"status": "up"}'}) as site:
        assert json_object(f"{site.url}/health") == {"status": "up"}


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'"up"', b"\xff"])
def test_an_answer_that_is_no_json_object_is_nobody_of_ours(answer: bytes) -> None:
    """Somebody else's server on our port must lead to a message, not to a traceback."""
    with serving({"/health": answer}) as site:
        assert json_object(f"{site.url}/health") is None
        assert json_object(f"{site.url}/another") is None


def test_a_server_that_speaks_no_http_is_nobody_of_ours() -> None:
    """A database on the port greets in a language of its own."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def greet() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.recv(1000)
                caller.sendall(b"SSH-2.0-OpenSSH\r\n")

        greeting = threading.Thread(target=greet, daemon=True)
        greeting.start()

        assert json_object(f"http://127.0.0.1:{listener.getsockname()[1]}/health") is None
        greeting.join(2)


def test_nobody_is_nobody() -> None:
    assert json_object(f"http://127.0.0.1:{free_port()}/health") is None
