"""How old a lock is, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shipping import state_lock


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h 0 min"),
        (timedelta(hours=23, minutes=59), "23 h 59 min"),
        (timedelta(days=2, hours=3), "2 d 3 h"),
    ],
)
def test_an_age_is_told_in_the_units_that_matter(age: timedelta, words: str) -> None:
    """Whoever decides over somebody's lock has to see at once whether it is of today."""
    assert state_lock.told(age) == words
