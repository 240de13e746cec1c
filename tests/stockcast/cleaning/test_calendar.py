"""The exchange's calendar."""

from datetime import date

from stockcast.cleaning.calendar import trading_days


def test_holidays_and_weekends_are_no_trading_days():
    """A bar on Christmas is another day's bar under a wrong date."""
    days = trading_days(date(2012, 12, 21), date(2012, 12, 31))

    assert [day.day for day in days] == [21, 24, 26, 27, 28, 31]


def test_the_calendar_reaches_back_as_far_as_our_data():
    """The library's default starts twenty years ago and would refuse everything before."""
    assert trading_days(date(1999, 1, 1), date(1999, 1, 8))[0] == date(1999, 1, 4)
