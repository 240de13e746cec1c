"""Text of others for a terminal: a commit message must not move the cursor over what somebody is about to approve."""

from __future__ import annotations

import re
import unicodedata

ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # colours and cursor movements
HIDDEN = ("Cc", "Cf")  # control characters, and those that turn the direction of writing
KEPT = "\n\t"


def printable(text: str) -> str:
    """The text without anything that a terminal would obey instead of showing it."""
    plain = ESCAPES.sub("", text)
    return "".join(letter for letter in plain if letter in KEPT or unicodedata.category(letter) not in HIDDEN)
