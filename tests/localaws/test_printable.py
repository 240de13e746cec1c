"""What others wrote is shown on a terminal, and nothing of it is obeyed."""

from __future__ import annotations

import pytest

from localaws.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("gone\x1b[2J\x1b[1;1H", "gone"),
        ("title\x1b]0;mine\x07", "title]0;mine"),
        ("over\rwritten\b", "overwritten"),
        ("\u202etxt.exe\x9b2K", "txt.exe2K"),
        ("lines\n\tand tabs – ✓ é", "lines\n\tand tabs – ✓ é"),
    ],
)
def test_only_what_can_be_seen_is_left(text: str, shown: str) -> None:
    """A commit message could paint another plan over the one that somebody approves."""
    assert printable(text) == shown
