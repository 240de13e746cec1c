"""What a bar must be like, and what becomes of one that is not."""

from datetime import date

import polars as pl
import pytest

from stockcast.cleaning.bar_schema import broken_rows
from stockcast.cleaning.rules import clean
from stockcast.contracts.bars import Bar

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2013, 2, day) for day in range(4, 9))
SESSIONS = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)


def bar(day: date = TUESDAY, **changed) -> Bar:
    usual = Bar("AAPL", day, 10.0, 11.0, 9.0, 10.5, 1000.0, 21.0, "yahoo")
    return usual._replace(**changed)


@pytest.mark.parametrize(
    ("bad", "rule", "shown"),
    [
        (bar(close=float("nan")), "finite_numbers", "close NaN"),
        (bar(volume=float("inf")), "finite_numbers", "volume inf"),
        (bar(low=0.0), "positive_prices", "low 0.0"),
        (bar(close_raw=-1.0), "positive_prices", "close_raw -1.0"),
        (bar(volume=-5.0), "volume_not_negative", "volume -5.0"),
        (bar(high=10.4), "range_holds_open_and_close", "high 10.4"),
        (bar(low=10.2), "range_holds_open_and_close", "low 10.2"),
        (bar(FRIDAY), "not_after_day", "2013-02-08"),
        (bar(date(2013, 2, 3)), "trading_day", "2013-02-03"),
        (bar(volume=0.0), "traded", "volume 0.0"),
        (bar(MONDAY, close=10.6), "first_of_its_date", "2013-02-04"),
    ],
)
def test_a_bad_row_goes_to_quarantine_with_rule_value_and_reason(bad, rule, shown):
    """One impossible price teaches the model a crash that never was; whoever looks must see what it was."""
    good = bar(MONDAY)

    kept, refused = clean([good, bad], day=THURSDAY, sessions=SESSIONS)

    assert kept["date"].to_list() == [MONDAY]
    assert [(one.rule, one.row["symbol"]) for one in refused] == [(rule, "AAPL")]
    assert shown in refused[0].value
    assert str(bad.date) in refused[0].reason


def test_a_row_that_breaks_two_rules_is_refused_once():
    """Counts in the report have to add up to the rows that came in."""
    _, refused = clean([bar(FRIDAY, low=-1.0)], day=THURSDAY, sessions=SESSIONS)

    assert [one.rule for one in refused] == ["positive_prices"]


def test_rounding_of_adjusted_prices_is_no_fault():
    """Back-adjusted prices are rounded; refusing them would empty the early years."""
    kept, refused = clean([bar(high=10.4999)], day=THURSDAY, sessions=SESSIONS)

    assert (kept.height, refused) == (1, [])


def test_clean_rows_come_out_unchanged_and_ascending():
    """Nothing is filled, moved or rounded on the way."""
    rows = [bar(WEDNESDAY), bar(MONDAY), bar(TUESDAY)]

    kept, refused = clean(rows, day=FRIDAY, sessions=SESSIONS)

    assert list(kept.iter_rows()) == sorted(rows, key=lambda row: row.date)
    assert refused == []


def test_no_rows_stay_no_rows():
    """A symbol whose every row was rejected while parsing must not crash the others' cleaning."""
    kept, refused = clean([], day=FRIDAY, sessions=())

    assert (kept.height, refused) == (0, [])


def test_an_index_without_volume_is_no_fault():
    """Some sources tell no volume of indices; refusing those rows would leave no index."""
    kept, refused = clean([bar(symbol="^GSPC", volume=0.0)], day=THURSDAY, sessions=SESSIONS)

    assert (kept.height, refused) == (1, [])


def test_a_good_bar_stays_though_a_bad_one_of_the_same_date_came_first():
    """The bad one is refused for its own fault; the day must not be lost with it."""
    kept, refused = clean([bar(low=-1.0), bar()], day=THURSDAY, sessions=SESSIONS)

    assert kept["date"].to_list() == [TUESDAY]
    assert [one.rule for one in refused] == ["positive_prices"]


def test_a_missing_value_counts_as_a_broken_rule():
    """What cannot be checked is not fine."""
    _, refused = clean([bar(close=None), bar(MONDAY, volume=None)], day=THURSDAY, sessions=SESSIONS)  # type: ignore[arg-type]

    assert [one.rule for one in refused] == ["finite_numbers", "finite_numbers"]


def test_a_frame_with_other_columns_is_a_fault_of_the_code_and_no_quarantine():
    """A parser that renames a column would put every row aside, for a reason that is none of theirs."""
    with pytest.raises(ValueError, match="must have the columns symbol, date"):
        broken_rows(pl.DataFrame({"ticker": ["AAPL"]}), THURSDAY, SESSIONS)
