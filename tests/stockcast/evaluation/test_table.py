"""The table people read."""

import polars as pl
from tests.stockcast.evaluation import panels

from stockcast.evaluation.table import comparison, rendered

FRAMES = {"lstm": panels.good(300), "har": panels.har(300), "ewma": panels.good(300, miss=0.5, luck=7)}


def test_every_model_is_set_beside_the_references_but_not_beside_itself():
    compared = comparison(FRAMES, panels.HORIZONS)

    assert list(compared) == ["lstm", "har", "ewma"]
    assert compared["lstm"][1]["qlike_dm_t_har"] < -1.65
    assert "qlike_dm_t_har" not in compared["har"][1]
    assert "qlike_dm_t_har_symbol" not in compared["lstm"][1]  # it was not run


def test_the_table_has_a_block_for_each_horizon_and_a_line_for_each_model():
    blocks = rendered(comparison(FRAMES, panels.HORIZONS)).split("\n\n")

    first = blocks[0].splitlines()
    assert [block.splitlines()[0] for block in blocks[:-1]] == [
        "1 trading day ahead", "5 trading days ahead", "21 trading days ahead",
    ]  # fmt: skip
    assert [line.split()[0] for line in first[1:]] == ["model", "lstm", "har", "ewma"]
    assert len({len(line) for line in first[1:]}) == 1  # columns stand under their headings
    assert "1.000" in first[2]


def test_what_cannot_be_told_is_a_dash():
    """NaN in a table reads like a fault of the reader's."""
    told = rendered(comparison({"lstm": panels.good(300).filter(pl.col("date") < panels.weekdays(160)[-1])}, [1]))

    assert "nan" not in told
    assert told.splitlines()[2].split()[11:13] == ["-", "-"]


def test_a_star_marks_what_is_no_luck_among_all_that_were_tried():
    """With six challengers, one in four such tables would show a t above 1.96 by chance."""
    figures = {"qlike_dm_t": -2.3, "qlike_dm_t_har": -2.5, "mae_ratio": 3.0}
    six = {name: {1: figures} for name in ("lstm", "a", "b", "c", "d", "e")}

    alone, among_six = rendered({"lstm": {1: figures}}), rendered(six)

    assert "-2.3*" in alone and "-2.5*" in alone
    assert "-2.3*" not in among_six and "-2.5*" not in among_six
    assert "|t| above 2.58, 5 % shared out among 5 challengers" in among_six
    assert "3.000*" not in alone
