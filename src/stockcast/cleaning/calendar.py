"""Trading days of the New York Stock Exchange, which US stocks and indices share, and the days that are unlike them."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

import exchange_calendars

EXCHANGE = "XNYS"
SOME_DAYS = timedelta(days=14)  # the library makes no calendar of a single day, nor of a weekend


class SpecialDay(NamedTuple):
    """A weekday without a session, or one with a short one."""

    date: date
    kind: str  # "holiday" | "early_close"
    note: str


@cache
def trading_days(first: date, last: date) -> tuple[date, ...]:
    """All trading days from `first` to `last`, both included."""
    sessions = _calendar(first - SOME_DAYS, last).sessions
    return tuple(session.date() for session in sessions if session.date() >= first)


@cache
def special_days(first: date, last: date) -> tuple[SpecialDay, ...]:
    """Holidays and early closes from `first` to `last`, ascending."""
    calendar = _calendar(first, last)
    named = calendar.regular_holidays.holidays(first, last, return_name=True)
    names = {day.date(): f"{name}: the exchange is closed" for day, name in named.items()}
    names |= {day.date(): "The exchange is closed" for day in calendar.adhoc_holidays if day.date() not in names}
    holidays = [SpecialDay(day, "holiday", note) for day, note in names.items() if first <= day <= last]
    zone = calendar.tz
    early = [
        SpecialDay(day.date(), "early_close", f"The exchange closes at {calendar.closes[day].astimezone(zone):%H:%M}")
        for day in calendar.early_closes
    ]
    return tuple(sorted(holidays + early))


@cache
def early_closes(first: date, last: date) -> dict[date, datetime]:
    """When the short sessions from `first` to `last` end, in the exchange's own time."""
    calendar = _calendar(first, last)
    return {day.date(): calendar.closes[day].astimezone(calendar.tz).to_pydatetime() for day in calendar.early_closes}


def _calendar(first: date, last: date) -> exchange_calendars.ExchangeCalendar:
    return exchange_calendars.get_calendar(EXCHANGE, start=first.isoformat(), end=last.isoformat())
