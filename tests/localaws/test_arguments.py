"""A choice that cannot work is refused before anything is started."""

from __future__ import annotations

import pytest

from localaws import arguments
from localaws.progress import StepFailed
from localaws.stack import Choice, Ports


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (Choice(source="yahoo"), "SOURCE is 'yahoo'; it must be sample or live"),
        (Choice(symbols=("AAPL", "AMZN")), "SYMBOLS has AMZN; the sample market knows AAPL, MSFT"),
        (Choice("live", ("amzn",), "2026-03-03"), "symbol is 'amzn'; it must match"),
        (Choice("live", ("../AMZN",), "2026-03-03"), "symbol is '../AMZN'; it must match"),
        (Choice(symbols=("AAPL", "AAPL")), "SYMBOLS is AAPL,AAPL; each may stand in it once"),
        (Choice(day="yesterday"), "DAY is 'yesterday'; it must be an ISO date"),
        (Choice(day="20130301"), "DAY is '20130301'; it must be an ISO date"),
        (Choice(day="2013-W09-5"), "DAY is '2013-W09-5'; it must be an ISO date"),
        (Choice(day=""), "DAY is ''; it must be an ISO date"),
        (Choice(ports=Ports(aws=70000)), "AWS_PORT is 70000; it must be from 1024 to 65535"),
        (Choice(ports=Ports(market=80)), "MARKET_PORT is 80; it must be from 1024 to 65535"),
        (Choice(ports=Ports(airflow=4566)), "AWS_PORT=4566 MARKET_PORT=4567 AIRFLOW_PORT=4566; each needs its own"),
    ],
)
def test_a_choice_that_cannot_work_is_refused_with_value_and_rule(choice: Choice, told: str) -> None:
    """Otherwise it fails minutes later, in a task whose log has to be found first."""
    with pytest.raises(StepFailed) as refusal:
        arguments.check(choice)

    assert told in str(refusal.value)
    assert refusal.value.remedy


def test_symbols_unknown_to_the_sample_are_shown_the_way_to_real_prices() -> None:
    """AMZN is the first thing a newcomer tries; ^ and commas must survive being pasted into a shell."""
    with pytest.raises(StepFailed, match="make up SOURCE=live SYMBOLS='AMZN,\\^GSPC'"):
        arguments.check(Choice(symbols=("AMZN", "^GSPC")))


@pytest.mark.parametrize(
    "choice",
    [
        Choice(),
        Choice(symbols=("AAPL", "^IXIC"), day="2012-06-29"),
        Choice("live", ("AMZN", "BRK-B", "^GSPC"), "2026-03-03", Ports(1024, 65535, 8080)),
    ],
)
def test_a_choice_that_can_work_is_taken(choice: Choice) -> None:
    arguments.check(choice)
