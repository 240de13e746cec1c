"""Refuse a choice that cannot work before anything is started, with the value, the rule and the way out."""

from __future__ import annotations

from datetime import date

from localaws.progress import StepFailed
from localaws.stack import Choice, Ports
from stockcast.contracts.keys import checked_symbol

SAMPLE_SYMBOLS = ("AAPL", "MSFT", "IBM", "GOOG", "^GSPC", "^IXIC")
OPEN_TO_ALL = range(1024, 65536)  # ports below belong to the system


def check(choice: Choice) -> None:
    """Raises StepFailed for the first thing that is wrong."""
    if choice.source not in ("sample", "live"):
        raise _refused(f"SOURCE is {choice.source!r}; it must be sample or live.", "Name one.")
    _check_symbols(choice)
    _check_day(choice.day)
    _check_ports(choice.ports)


def _check_symbols(choice: Choice) -> None:
    given = ",".join(choice.symbols)
    if len(set(choice.symbols)) < len(choice.symbols):
        raise _refused(f"SYMBOLS is {given}; each may stand in it once.", "Take the repeated one out.")
    if choice.source == "sample":
        unknown = [symbol for symbol in choice.symbols if symbol not in SAMPLE_SYMBOLS]
        if unknown:
            raise _refused(
                f"SYMBOLS has {', '.join(unknown)}; the sample market knows {', '.join(SAMPLE_SYMBOLS)}.",
                f"Choose among those, or fetch real prices: make up SOURCE=live SYMBOLS='{given}'",
            )
    try:
        for symbol in choice.symbols:
            checked_symbol(symbol)
    except ValueError as problem:
        raise _refused(str(problem), "Mend SYMBOLS.") from problem


def _check_day(day: str) -> None:
    """Only 2013-03-01 will do: Python reads 20130301 as well, but a day is part of keys and names."""
    try:
        is_plain = date.fromisoformat(day).isoformat() == day
    except ValueError:
        is_plain = False
    if not is_plain:
        raise _refused(f"DAY is {day!r}; it must be an ISO date.", "Write it as 2013-03-01.")


def _check_ports(ports: Ports) -> None:
    named = {"AWS_PORT": ports.aws, "MARKET_PORT": ports.market, "AIRFLOW_PORT": ports.airflow}
    for name, port in named.items():
        if port not in OPEN_TO_ALL:
            raise _refused(f"{name} is {port}; it must be from 1024 to 65535.", f"Choose another {name}.")
    if len(set(named.values())) < len(named):
        told = " ".join(f"{name}={port}" for name, port in named.items())
        raise _refused(f"the ports are {told}; each needs its own.", "Choose three different ones.")


def _refused(why: str, remedy: str) -> StepFailed:
    return StepFailed("arguments", why, remedy=remedy)
