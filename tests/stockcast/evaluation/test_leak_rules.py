"""G0 on columns that know weeks ahead, which the probes for tomorrow may let pass."""

import json
import math
from dataclasses import asdict, replace

import polars as pl
import pytest
from tests.stockcast.evaluation.evidence import LEAKAGE
from tests.stockcast.generated import bars

from stockcast.contracts.records import HORIZONS
from stockcast.evaluation.leak_rules import Leakage, leak_rules, measured
from stockcast.features.indicators import NAMES, features
from stockcast.features.targets import with_targets
from stockcast.models.recipe import Recipe

RETURN, VARIANCE = "features_do_not_tell_the_return_to_come", "features_do_not_tell_the_variance_to_come"
HISTORIES = [bars(1200, seed, f"GEN{seed}") for seed in range(3)]
RECIPE = Recipe.fit(
    features(HISTORIES[0]).select(NAMES).to_numpy(),
    trained_until="2002-01-01", symbols=("GEN0",), data_sha256="ab", model_version="m", seeds=(0,),
)  # fmt: skip


def joined_early(outcome: pl.Expr) -> pl.DataFrame:
    """Bars with a column `early` in the data itself, stamped with the day before those that it tells of."""
    told = [with_targets(features(one)).select("date", early=outcome) for one in HISTORIES]
    return pl.concat(
        one.join(early, on="date", how="left", maintain_order="left")
        for one, early in zip(HISTORIES, told, strict=True)
    )


def with_early(one: pl.DataFrame) -> pl.DataFrame:
    """Innocent code: row t takes what row t holds."""
    return features(one).join(one.select("date", "early"), on="date", maintain_order="left")


def broken(found: Leakage) -> set[tuple[str, int | None]]:
    """The scaler aside, which cannot be checked here."""
    return {(rule.rule, rule.horizon) for rule in leak_rules(replace(found, scaler_difference=0.0)) if not rule.passed}


def test_honest_features_break_no_rule_and_every_trained_target_is_asked_for():
    """A false alarm would stop all promotion; a target that nobody asks for is a door left open."""
    found = measured(pl.concat(HISTORIES), RECIPE, -0.001, None)

    assert broken(found) == set()
    for rule in (RETURN, VARIANCE):
        assert [asked.horizon for asked in leak_rules(found) if asked.rule == rule] == list(HORIZONS)


@pytest.mark.parametrize(
    ("outcome", "rule", "horizon"),
    [
        (pl.col("y21"), RETURN, 21),
        ((pl.col("close").shift(-6) / pl.col("close")).log(), RETURN, 5),
        (pl.col("v5"), VARIANCE, 5),
        (pl.col("v21"), VARIANCE, 21),
    ],
    ids=["return of a month", "return of six days", "variance of a week", "variance of a month"],
)
def test_an_outcome_of_later_days_in_the_data_is_refused(outcome, rule, horizon):
    """No code looks ahead here, so cutting the future off shows nothing; the figures of such a model are the finest."""
    found = measured(joined_early(outcome), RECIPE, -0.001, None, with_early, (*NAMES, "early"))

    assert found.truncation_difference == 0
    assert (rule, horizon) in broken(found)


@pytest.mark.parametrize("field", ["return_gains", "variance_gains"])
@pytest.mark.parametrize("gains", [{1: 0.01, 5: 0.01}, {1: 0.01, 5: 0.01, 21: math.nan}], ids=["missing", "NaN"])
def test_a_target_that_was_not_measured_passes_no_rule(field, gains):
    """What was not looked at may hold anything."""
    rule = {"return_gains": RETURN, "variance_gains": VARIANCE}[field]

    assert broken(replace(LEAKAGE, **{field: gains})) == {(rule, 21)}


def test_the_gains_of_all_horizons_go_into_json():
    """evaluation.json holds what was measured, not only what was refused."""
    told = json.loads(json.dumps(asdict(LEAKAGE)))

    assert list(told["return_gains"]) == list(told["variance_gains"]) == ["1", "5", "21"]
