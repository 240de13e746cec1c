"""Parts of time."""

import pytest
from tests.stockcast.generated import weekdays

from stockcast.cleaning.marks import PURGED_DAYS, split_marks


def test_parts_follow_each_other_with_purged_days_between():
    """A target of 21 days that reaches into the test would be judged on what it was trained on."""
    days = weekdays(1000)

    marks = split_marks(days, 0.67, 0.08)

    order = marks["split"].rle().struct.unnest()
    assert order["value"].to_list() == ["train", "purge", "validation", "purge", "test"]
    assert order["len"].to_list() == [670, PURGED_DAYS, 80 - PURGED_DAYS, PURGED_DAYS, 250 - PURGED_DAYS]
    assert marks["date"].to_list() == days


@pytest.mark.parametrize(("train", "validation"), [(0.9, 0.1), (0.0, 0.5), (0.5, -0.1)])
def test_shares_that_leave_no_part_are_refused(train, validation):
    """A training without a test would promote anything."""
    with pytest.raises(ValueError, match=f"train_share is {train}"):
        split_marks(weekdays(1000), train, validation)


def test_a_history_too_short_to_part_is_refused():
    """The purged days alone would eat validation and test."""
    with pytest.raises(ValueError, match="200 trading days are too few"):
        split_marks(weekdays(200), 0.67, 0.08)
