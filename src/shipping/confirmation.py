"""Asking a person once, by a name to type, before something that cannot be taken back."""

from __future__ import annotations

import sys

from shipping.environments import Refused


def ask(given: str, expected: str, to_do: str) -> None:
    """Go on only where the name was given beforehand (CONFIRM=...) or is typed now; without a terminal nobody can."""
    if given != expected and sys.stdin.isatty():
        given = input(f"Type {expected} to {to_do}: ").strip()
    if given != expected:
        raise Refused(f"not confirmed, nothing was changed. Type the name, or give CONFIRM={expected}.")
