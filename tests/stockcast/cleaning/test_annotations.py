"""What happened on a day: told by sources, by the calendar, by people."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from stockcast.cleaning.annotations import BadLabel, annotated, annotations, explained, read_labels
from stockcast.contracts.bars import Event

ROOT = Path(__file__).resolve().parents[3]
HEAD = "symbol,date,kind,value,note,author\n"
THURSDAY, FRIDAY, MONDAY = date(2012, 11, 22), date(2012, 11, 23), date(2012, 11, 26)


def labels(folder: Path, *lines: str) -> pl.DataFrame:
    (folder / "labels.csv").write_text(HEAD + "".join(f"{line}\n" for line in lines))
    return read_labels(folder)


def test_the_labels_of_this_repository_are_valid_and_explain_what_they_say():
    """They ship with the jobs: a bad line would stop every night's run."""
    table = read_labels(ROOT / "training" / "annotations")

    assert date(2000, 9, 29) in explained(table, ["AAPL"])["AAPL"]
    assert explained(table, ["IBM"])["IBM"] == {date(2001, 9, 17), date(2010, 5, 6)}


def test_splits_dividends_closed_days_and_notes_stand_in_one_table(tmp_path):
    """One place to look when a day is strange."""
    told = labels(tmp_path, 'AAPL,2012-11-26,label,,"Bought, then sold",mara')
    events = {"AAPL": [Event("AAPL", FRIDAY, "dividend", 0.5, "yahoo"), Event("AAPL", MONDAY, "split", 2.0, "yahoo")]}

    table = annotations(told, events, date(2012, 11, 20), date(2012, 11, 30))

    assert table.select("symbol", "date", "kind", "value", "author").rows() == [
        ("*", THURSDAY, "holiday", None, "exchange_calendars"),
        ("*", FRIDAY, "early_close", None, "exchange_calendars"),
        ("AAPL", FRIDAY, "dividend", 0.5, "yahoo"),
        ("AAPL", MONDAY, "label", None, "mara"),
        ("AAPL", MONDAY, "split", 2.0, "yahoo"),
    ]
    assert table["note"].to_list()[2:] == ["0.5 dollars a share", "Bought, then sold", "2 new shares for one old share"]


def test_what_is_later_than_the_day_is_not_known_yet(tmp_path):
    """A run for a past day must not see a split of its future."""
    events = {"AAPL": [Event("AAPL", MONDAY, "split", 2.0, "yahoo")]}

    assert annotations(labels(tmp_path), events, date(2012, 11, 20), THURSDAY)["kind"].to_list() == ["holiday"]


def test_bars_carry_what_happened_on_their_day_and_null_elsewhere(tmp_path):
    """Joined wrongly, a dividend would stand at every row, or multiply them."""
    told = labels(tmp_path, "*,2012-11-26,event,,Everyone,mara", "AAPL,2012-11-23,dividend,0.6,Another opinion,zoe")
    events = {"AAPL": [Event("AAPL", FRIDAY, "dividend", 0.5, "yahoo"), Event("AAPL", MONDAY, "split", 2.0, "yahoo")]}
    table = annotations(told, events, THURSDAY, MONDAY)
    bars = pl.DataFrame({"symbol": ["AAPL", "AAPL", "IBM"], "date": [FRIDAY, MONDAY, MONDAY], "close": [1.0, 2.0, 3.0]})

    assert annotated(bars, table).rows() == [
        ("AAPL", FRIDAY, 1.0, 0.5, None, "dividend;early_close"),
        ("AAPL", MONDAY, 2.0, None, 2.0, "event;split"),
        ("IBM", MONDAY, 3.0, None, None, "event"),
    ]
    assert (
        annotated(bars, table.clear()).select("dividend", "split_factor", "annotation").null_count().sum_horizontal()[0]
        == 9
    )


def test_people_explain_moves_by_events_and_earnings_but_not_by_splits(tmp_path):
    """Bars are split-adjusted: a split that shows in them is a fault, whoever knows of it."""
    told = labels(tmp_path, "AAPL,2012-11-23,split,2,Two for one,mara", "AAPL,2012-11-26,earnings,,Results,mara")

    assert explained(told, ["AAPL", "IBM"]) == {"AAPL": {MONDAY}, "IBM": set()}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("aapl,2012-11-23,event,,A note,mara", "symbol is 'aapl'"),
        ("AAPL,23.11.2012,event,,A note,mara", "date is '23.11.2012'"),
        ("AAPL,2012-11-23,rumour,,A note,mara", "kind is 'rumour'"),
        ("AAPL,2012-11-23,holiday,,A note,mara", "kind is 'holiday'"),
        ("AAPL,2012-11-23,dividend,,A note,mara", "dividend needs dollars a share"),
        ("AAPL,2012-11-23,split,-2,A note,mara", "split needs new shares for one old"),
        ("AAPL,2012-11-23,split,nan,A note,mara", "split needs new shares for one old"),
        ("AAPL,2012-11-23,event,3,A note,mara", "event has none"),
        ("AAPL,2012-11-23,event,, ,mara", "note or author is empty"),
        ("AAPL,2012-11-23,event,,A note,", "note or author is empty"),
        ("AAPL,2012-11-23,event,,One, two,mara", "has not 6 fields"),
        ("AAPL,2012-11-23,event", "has not 6 fields"),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_with_its_number(tmp_path, line, told):
    """People edit this file by hand; a silent misreading would let a fault through, or hold a good symbol back."""
    with pytest.raises(BadLabel, match=r"labels\.csv, line 2") as refusal:
        labels(tmp_path, line)

    assert told in str(refusal.value)


def test_other_columns_and_repeated_lines_are_refused(tmp_path):
    with pytest.raises(BadLabel, match="notes event of AAPL on 2012-11-23 twice"):
        labels(tmp_path, "AAPL,2012-11-23,event,,One,mara", "AAPL,2012-11-23,event,,Two,zoe")
    (tmp_path / "labels.csv").write_text("ticker,day\n")
    with pytest.raises(BadLabel, match="its first line must be symbol,date,kind"):
        read_labels(tmp_path)


def test_without_a_folder_nobody_noted_anything(tmp_path):
    assert read_labels(tmp_path / "none").height == 0
