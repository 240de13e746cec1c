"""Replace a function of an emulator's module, wherever that module keeps it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any


def replace(module: ModuleType, name: str, new: Callable[..., Any]) -> None:
    """Let `new(old, *arguments)` stand for `module.name`.

    Dispatch tables inside the emulator took the old function when they were imported, so they are renewed as well.
    """
    old = getattr(module, name)

    @functools.wraps(old)
    def replacement(*args: Any, **kwargs: Any) -> Any:
        return new(old, *args, **kwargs)

    setattr(module, name, replacement)
    for table in [value for value in vars(module).values() if isinstance(value, dict)]:
        for key in [key for key, value in table.items() if value is old]:
            table[key] = replacement
