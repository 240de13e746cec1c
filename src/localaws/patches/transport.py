"""Transport: the gateway's loopback port stands for AWS's TLS endpoints.

Without this every TLS-only bucket or topic policy would deny everybody here, while on AWS it denies nobody who uses
an SDK.
"""

from __future__ import annotations

from collections.abc import Callable

from ministack import app
from ministack.core import iam_evaluator

from localaws.patches.replace import replace


def apply() -> None:
    """Let every request count as aws:SecureTransport = true."""
    replace(app, "pin_request_origin", _over_tls)
    replace(iam_evaluator, "pin_request_origin", _over_tls)


def _over_tls(old: Callable[[str, bool], None], source_ip: str, secure_transport: bool) -> None:
    old(source_ip, True)
