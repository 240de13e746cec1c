"""How every command ends: well, or with one message that holds the way out, never with a trace of forty lines."""

from __future__ import annotations

import sys
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from shipping import aws_refusal, package, tools
from shipping.environments import Refused


def status_of(work: Callable[[], None]) -> int:
    """Do the work; its exit status. A refusal, ours or AWS's, is told on stderr."""
    try:
        work()
    except (Refused, tools.ToolMissing, package.PackageRefused) as problem:
        print(f"stockcast: {problem}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as problem:
        print(f"stockcast: {aws_refusal.told(problem)}", file=sys.stderr)
        return 1
    return 0
