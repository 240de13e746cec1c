"""The exchange's calendar."""

from datetime import date

from stockcast.cleaning.calendar import SpecialDay, special_days, trading_days


def test_holidays_and_weekends_are_no_trading_days():
    """A bar on Christmas is another day's bar under a wrong date."""
    days = trading_days(date(2012, 12, 21), date(2012, 12, 31))

    assert [day.day for day in days] == [21, 24, 26, 27, 28, 31]


def test_the_calendar_reaches_back_as_far_as_our_data():
    """The library's default starts twenty years ago and would refuse everything before."""
    assert trading_days(date(1999, 1, 1), date(1999, 1, 8))[0] == date(1999, 1, 4)


def test_a_single_day_and_a_weekend_have_their_answer_too():
    """A symbol whose one bar is of the run's day is young; it was called unreadable, for the library refuses a day."""
    assert trading_days(date(2012, 12, 28), date(2012, 12, 28)) == (date(2012, 12, 28),)
    assert trading_days(date(2012, 12, 29), date(2012, 12, 30)) == ()


def test_closed_days_and_short_ones_are_known_with_their_reason():
    """A day without a bar is a gap or a holiday; who looks at it wants to know which."""
    days = special_days(date(2012, 10, 26), date(2012, 11, 30))

    assert days == (
        SpecialDay(date(2012, 10, 29), "holiday", "The exchange is closed"),
        SpecialDay(date(2012, 10, 30), "holiday", "The exchange is closed"),
        SpecialDay(date(2012, 11, 22), "holiday", "Thanksgiving: the exchange is closed"),
        SpecialDay(date(2012, 11, 23), "early_close", "The exchange closes at 13:00"),
    )
