"""What a person reads before trusting a model."""

import dataclasses

from stockcast.tracking import honest
from stockcast.tracking.model_card import model_card, summary


def test_a_refused_model_s_card_says_so_first_with_value_and_limit(judged):
    card = model_card(judged)

    refusal = "G4 coverage of 80 percent interval at 21 days: 0.712, limit 0.77 to 0.83 (AAPL)"
    assert card.splitlines()[2] == f"**Refused by the gate:** {refusal}."


def test_the_sentence_on_direction_stands_in_every_card(judged):
    """The one figure that is most often boasted of, and most often leaked."""
    assert honest.ON_DIRECTION in model_card(judged)
    assert honest.ON_DIRECTION in summary(judged)


def test_the_card_names_data_days_commit_and_seeds(judged):
    card = model_card(judged)

    assert f"`{'ab' * 32}`" in card
    assert "`3fa9c1d2`" in card
    assert judged.evaluation["test"]["from"] in card
    assert "2, seeds 0, 1" in card


def test_every_model_stands_in_the_table_at_every_horizon(judged):
    rows = [line for line in model_card(judged).splitlines() if line.startswith(("| lstm", "| naive", "| ewma"))]

    assert len(rows) == 9
    assert all(line.count("|") == len(honest.HEADINGS) + 3 for line in rows)


def test_direction_never_stands_without_its_base_rate():
    place = honest.HEADINGS.index("direction / always up")

    assert honest.cells({"direction": 0.61})[place] == "-"
    assert honest.cells({"direction": 0.521, "always_up": 0.534})[place] == "52.1% / 53.4%"


def test_a_forecast_of_the_last_close_claims_no_direction():
    """Half a hit for each day would read as 50 %, which nobody forecast."""
    place = honest.HEADINGS.index("direction / always up")

    assert honest.cells({"mae_ratio": 1.0, "direction": 0.5, "always_up": 0.534})[place] == "-"


def test_a_model_is_not_tested_against_itself():
    """Rounding alone can make a t of 2 out of two equal series."""
    t = honest.HEADINGS.index("t, EWMA")

    assert honest.cells({"qlike_ratio": 1.0, "qlike_dm_t": 2.2})[t] == "-"
    assert honest.cells({"qlike_ratio": 0.9, "qlike_dm_t": -2.2})[t] == "-2.2"


def test_a_rule_whose_value_could_not_be_told_is_a_failed_one(judged):
    verdict = judged.evaluation["verdict"]
    rule = verdict["rules"][0] | {"value": None, "passed": False}
    evaluation = judged.evaluation | {"verdict": {"promote": False, "rules": [rule]}}

    card = model_card(dataclasses.replace(judged, evaluation=evaluation))

    assert "point error beside persistence at 1 day: could not be told, limit 1.01" in card
