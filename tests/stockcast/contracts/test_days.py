"""Days as a function without a calendar knows them."""

from datetime import date

import pytest

from stockcast.contracts.days import is_stale, last_weekday_on_or_before


@pytest.mark.parametrize(
    ("day", "weekday"),
    [
        (date(2013, 3, 1), date(2013, 3, 1)),  # Friday
        (date(2013, 3, 2), date(2013, 3, 1)),
        (date(2013, 3, 3), date(2013, 3, 1)),
        (date(2013, 3, 4), date(2013, 3, 4)),
    ],
)
def test_a_weekend_goes_back_to_its_friday(day, weekday):
    """A run on Sunday would otherwise call every forecast stale."""
    assert last_weekday_on_or_before(day) == weekday


def test_a_forecast_is_stale_once_a_weekday_passed_without_a_bar():
    """Readers must see that a symbol stopped trading or was not fetched."""
    assert not is_stale(date(2013, 3, 1), date(2013, 3, 3))
    assert is_stale(date(2013, 3, 1), date(2013, 3, 4))
    assert is_stale(date(2013, 2, 28), date(2013, 3, 1))
