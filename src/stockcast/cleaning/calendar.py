"""Trading days of the New York Stock Exchange, which US stocks and indices share."""

from datetime import date
from functools import cache

import exchange_calendars

EXCHANGE = "XNYS"


@cache
def trading_days(first: date, last: date) -> tuple[date, ...]:
    """All trading days from `first` to `last`, both included."""
    calendar = exchange_calendars.get_calendar(EXCHANGE, start=first.isoformat(), end=last.isoformat())
    return tuple(session.date() for session in calendar.sessions)
