"""Days without an exchange calendar: what a function of a few kilobytes can know about them."""

from datetime import date, timedelta

SATURDAY = 5


def last_weekday_on_or_before(day: date) -> date:
    """Monday to Friday stay; a weekend goes back to its Friday. Holidays count as weekdays here."""
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))


def is_stale(as_of: date, day: date) -> bool:
    """Tell whether a symbol lacks the bar of the last weekday up to `day`.

    True on the day after a holiday weekday too: a forecast marked stale without need does less harm than the reverse.
    """
    return as_of < last_weekday_on_or_before(day)
