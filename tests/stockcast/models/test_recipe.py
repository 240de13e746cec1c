"""The recipe that travels with the weights."""

import dataclasses
import json

import numpy as np
import pytest
from tests.stockcast.predictors import recipe

from stockcast.models.recipe import FeatureMismatch, Recipe

FACTS = {"trained_until": "2009-01-01", "symbols": ("A",), "data_sha256": "", "model_version": "m", "seeds": (0,)}


def test_scaling_is_fitted_on_the_rows_it_is_given_and_cuts_extremes():
    """A mean over later years would whisper the future into every training row."""
    rows = np.random.default_rng(1).normal(3.0, 2.0, (500, 13))

    fitted = Recipe.fit(rows, **FACTS)

    assert fitted.scaled(rows).mean() == pytest.approx(0, abs=0.01)
    assert fitted.scaled(rows).std() == pytest.approx(1, abs=0.01)
    assert fitted.scaled(rows * 1000).max() == 5.0


def test_missing_rows_do_not_count_and_stay_missing():
    """One NaN in a mean makes every input NaN."""
    rows = np.random.default_rng(1).normal(size=(500, 13))
    rows[7, 3] = np.nan

    fitted = Recipe.fit(rows, **FACTS)

    assert np.isfinite(fitted.means).all()
    assert np.isnan(fitted.scaled(rows)[7, 3])


def test_a_feature_that_never_moves_does_not_divide_by_zero():
    """An index whose vendor gives no volume must not spoil the twelve other features."""
    rows = np.random.default_rng(1).normal(size=(500, 13))
    rows[:, 7] = 0.0

    assert np.isfinite(Recipe.fit(rows, **FACTS).scaled(rows)).all()


def test_too_few_training_rows_are_refused():
    """Ten rows have a mean too, and it means nothing."""
    with pytest.raises(ValueError, match="10 usable training rows; one window needs 40"):
        Recipe.fit(np.ones((10, 13)), **FACTS)


def test_a_recipe_survives_its_file():
    """Serving must scale exactly as training did."""
    assert Recipe.from_json(recipe().to_json()) == recipe()


@pytest.mark.parametrize("changed", [{"feature_version": "0123456789abcdef"}, {"feature_names": ("rsi", "ret1")}])
def test_a_recipe_for_other_features_is_refused(changed):
    """Other features give plausible, wrong prices: nobody would notice."""
    text = dataclasses.replace(recipe(), **changed).to_json()

    with pytest.raises(FeatureMismatch, match="model-of-a-test was trained on feature version"):
        Recipe.from_json(text)


def test_a_recipe_that_lacks_a_field_is_refused_by_name():
    """A bundle of an older layout must not fail later with a bare KeyError."""
    raw = json.loads(recipe().to_json())
    del raw["factors"], raw["sds"]

    with pytest.raises(ValueError, match=r"recipe\.json lacks factors, sds"):
        Recipe.from_json(json.dumps(raw))


def test_a_recipe_of_a_later_version_is_refused_by_name():
    """After a step back the endpoint still serves the later one; judging beside it ended in a crash."""
    later = json.dumps(dataclasses.asdict(recipe()) | {"mood": "calm"})

    with pytest.raises(ValueError, match=r"recipe\.json has mood, which this code does not know"):
        Recipe.from_json(later)
