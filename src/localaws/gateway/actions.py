"""The shape of an action: the checked request and its caller in, the answer's body out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localaws.gateway.caller import Caller

Body = dict[str, Any]
Action = Callable[[Body, Caller], Body]
Actions = dict[str, Action]
