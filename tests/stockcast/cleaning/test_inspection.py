"""All rules over all symbols: what goes on, what is put aside, who is held back."""

import polars as pl
from tests.stockcast.generated import bars

from stockcast.cleaning.inspection import Inspection, inspect
from stockcast.contracts.bars import Event

ROW = pl.int_range(pl.len())
NAMES = ("AAPL", "GOOG", "IBM", "MSFT", "^GSPC")


def table(**changed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {name: bars(700, seed, name) for seed, name in enumerate(NAMES)} | changed


def looked(frames: dict[str, pl.DataFrame], **more) -> Inspection:
    return inspect(frames, more.get("events", {}), more.get("told", {}))


def halved(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(ROW >= 500).then(pl.col(name) / 2).otherwise(name).alias(name)
        for name in ("open", "high", "low", "close", "close_raw")
    )


def test_clean_symbols_go_on_as_they_are():
    found = looked(table())

    assert found.rejected == found.held == []
    assert all(found.bars[name].equals(one) for name, one in table().items())


def test_a_fault_of_a_history_costs_the_symbol_and_nobody_else():
    """One unadjusted split must not stop the forecasts of the others, nor hide among them."""
    found = looked(table(AAPL=halved(bars(700, 0, "AAPL"))))

    assert [(one.symbol, one.rule) for one in found.held] == [("AAPL", "split_jump")]
    assert set(found.bars) == set(NAMES) - {"AAPL"}


def test_a_note_by_a_person_lets_it_go_on():
    """People know what no rule can: that a company lost half its worth that night."""
    frame = halved(bars(700, 0, "AAPL"))

    found = looked(table(AAPL=frame), told={"AAPL": {frame["date"][500]}})

    assert found.held == []
    assert found.bars["AAPL"].equals(frame)


def test_a_split_that_a_source_tells_excuses_no_jump():
    """Bars are adjusted; if one jumps where a split was told, the adjusting has failed."""
    frame = halved(bars(700, 0, "AAPL"))
    told = Event("AAPL", frame["date"][500], "split", 2.0, "yahoo")

    assert [one.rule for one in looked(table(AAPL=frame), events={"AAPL": [told]}).held] == ["split_jump"]


def test_faults_of_rows_cost_these_rows():
    """A bad tick, a stale week and a day in another unit, and the years around them stay."""
    frame = bars(700, 0, "AAPL").with_columns(
        *(pl.when(ROW == 300).then(pl.col(name) * 1.8).otherwise(name).alias(name) for name in ("high", "close")),
        pl.when(ROW.is_between(401, 404)).then(pl.col("close_raw").get(400)).otherwise("close_raw").alias("close_raw"),
        pl.when(ROW == 600).then(pl.col("volume") / 100).otherwise("volume").alias("volume"),
    )

    found = looked(table(AAPL=frame))

    rules = [(row.rule, row.row["date"]) for row in found.rejected]
    days = frame["date"].cast(pl.String).to_list()
    stale = [("stale_price", days[place]) for place in range(401, 405)]
    assert rules == [("absurd_move", days[300]), *stale, ("volume_unit", days[600])]
    assert found.bars["AAPL"].height == 700 - len(rules)
    assert found.held == []
    assert all(row.reason and row.value for row in found.rejected)


def test_what_is_held_back_goes_to_quarantine_as_one_line():
    found = looked(table(AAPL=halved(bars(700, 0, "AAPL"))))

    line = found.held[0].as_rejected("yahoo")

    assert (line.row["symbol"], line.row["source"], line.rule) == ("AAPL", "yahoo", "split_jump")
    assert "held back from this run" in line.reason and "training/annotations" in line.reason


def test_a_symbol_without_any_clean_bar_is_no_error():
    """All its rows were refused already; the report tells."""
    found = looked(table(AAPL=bars(700, 0, "AAPL").clear()))

    assert found.bars["AAPL"].height == 0
    assert found.held == []
