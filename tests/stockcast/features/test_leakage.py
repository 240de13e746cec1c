"""The leak tests: each must call a planted leak by its number, and honest features by nearly none."""

import numpy as np
import polars as pl
import pytest
from tests.stockcast.generated import bars

from stockcast.contracts.records import HORIZONS
from stockcast.features import leakage
from stockcast.features.indicators import NAMES, features
from stockcast.features.targets import with_targets
from stockcast.models.recipe import Recipe

HISTORIES = [bars(1200, seed, f"GEN{seed}") for seed in range(3)]
HISTORY = HISTORIES[0]


def with_tomorrow(history: pl.DataFrame) -> pl.DataFrame:
    """Plant: the next day's return among the features."""
    tomorrow = (pl.col("close").shift(-1) / pl.col("close")).log().alias("ret_next")
    return features(history).with_columns(tomorrow)


def with_centred_mean(history: pl.DataFrame) -> pl.DataFrame:
    """Plant: a smooth line drawn through the days on both sides."""
    smooth = pl.col("close").rolling_mean(5, center=True)
    return features(history).with_columns((pl.col("close") / smooth - 1).alias("beside_smooth"))


def with_scaler_over_all_rows(history: pl.DataFrame) -> pl.DataFrame:
    """Plant: features in standard deviations of the whole series, later years included."""
    return features(history).with_columns((pl.col(name) - pl.col(name).mean()) / pl.col(name).std() for name in NAMES)


def with_gaps_filled_from_later(history: pl.DataFrame) -> pl.DataFrame:
    """Plant: a missing value takes that of the next day."""
    holed = pl.when(pl.int_range(pl.len()) % 37 == 0).then(None).otherwise(pl.col("rsi")).alias("rsi")
    return features(history).with_columns(holed).with_columns(pl.col("rsi").backward_fill())


def test_our_features_pass_every_question():
    """The gate asks these of each candidate; a false alarm would stop all promotion."""
    featured = [features(history) for history in HISTORIES]

    assert leakage.truncation_difference(features, HISTORY) <= leakage.MOST_DIFFERENCE
    assert leakage.rescaling_difference(features, HISTORY) < 1e-9
    assert leakage.shift_gain(featured, NAMES, shift=0) > leakage.LEAST_KNOWN_GAIN
    assert all(leakage.shift_gain(featured, NAMES, shift) < leakage.MOST_SHIFT_GAIN for shift in (1, 2, 5))
    assert leakage.shift_gain(featured, NAMES, 1, leakage.LOG_VARIANCE) < leakage.MOST_VARIANCE_GAIN
    for h in HORIZONS:
        assert leakage.target_gain(featured, NAMES, f"y{h}") < leakage.MOST_RETURN_GAIN_AHEAD
        assert leakage.target_gain(featured, NAMES, f"v{h}") < leakage.MOST_VARIANCE_GAIN_AHEAD


@pytest.mark.parametrize(
    "leaky", [with_tomorrow, with_centred_mean, with_scaler_over_all_rows, with_gaps_filled_from_later]
)
def test_features_that_look_ahead_change_when_the_future_is_cut_off(leaky):
    """Such a feature wins every evaluation and loses all the money."""
    assert leakage.truncation_difference(leaky, HISTORY) > leakage.MOST_DIFFERENCE


@pytest.mark.parametrize(("leaky", "name"), [(with_tomorrow, "ret_next"), (with_centred_mean, "beside_smooth")])
def test_a_feature_that_knows_tomorrow_gains_on_tomorrow(leaky, name):
    """The second witness: it needs no second run of the feature code."""
    featured = [leaky(history) for history in HISTORIES]

    assert leakage.shift_gain(featured, [*NAMES, name], shift=1) > leakage.MOST_SHIFT_GAIN


def test_a_column_joined_a_day_early_is_caught_by_the_shift_alone():
    """The bars themselves carry the future here: cutting them off cuts nothing that the code could have seen."""
    early = [
        history.with_columns((pl.col("close").shift(-1) / pl.col("close")).log().fill_null(0).alias("news"))
        for history in HISTORIES
    ]

    def with_news(history: pl.DataFrame) -> pl.DataFrame:
        return features(history).join(history.select("date", "news"), on="date", maintain_order="left")

    assert leakage.truncation_difference(with_news, early[0]) == 0
    assert leakage.shift_gain([with_news(one) for one in early], [*NAMES, "news"], shift=1) > 0.5


def test_tomorrow_s_range_joined_a_day_early_is_caught_by_the_probe_for_variance():
    """Volatility is the skill that is claimed: a leak of it looks like the finest model, and returns do not show it."""

    def with_range(history: pl.DataFrame) -> pl.DataFrame:
        early = history.select("date", (pl.col("high") / pl.col("low")).log().log().shift(-1).alias("early"))
        return features(history).join(early, on="date", maintain_order="left")

    leaky, names = [with_range(history) for history in HISTORIES], [*NAMES, "early"]

    assert leakage.shift_gain(leaky, names, 1) < leakage.MOST_SHIFT_GAIN
    assert leakage.shift_gain(leaky, names, 1, leakage.LOG_VARIANCE) > leakage.MOST_VARIANCE_GAIN


@pytest.mark.parametrize(
    ("target", "limit"),
    [
        ("y21", leakage.MOST_RETURN_GAIN_AHEAD),
        ("v5", leakage.MOST_VARIANCE_GAIN_AHEAD),
        ("v21", leakage.MOST_VARIANCE_GAIN_AHEAD),
    ],
)
def test_a_week_or_a_month_joined_early_is_caught_by_the_probe_for_that_target_alone(target, limit):
    """The network learns these too, and the probes for tomorrow see next to nothing of them."""
    leaky = [with_targets(features(history)).with_columns(pl.col(target).alias("early")) for history in HISTORIES]
    names = [*NAMES, "early"]

    assert leakage.shift_gain(leaky, names, 1) < leakage.MOST_SHIFT_GAIN
    assert leakage.shift_gain(leaky, names, 1, leakage.LOG_VARIANCE) < leakage.MOST_VARIANCE_GAIN
    assert leakage.target_gain(leaky, names, target) > limit


def test_features_in_prices_change_with_a_later_split():
    """A moving average in dollars is another number after each dividend."""

    def in_dollars(history: pl.DataFrame) -> pl.DataFrame:
        return features(history).with_columns(pl.col("close").rolling_mean(20).alias("sma20"))

    assert leakage.rescaling_difference(in_dollars, HISTORY) > 1


def ridge(inputs, labels, judged):
    """Fit on the rows that are not judged, guess those that are."""
    x = np.column_stack([np.ones(len(inputs)), inputs])
    weights = np.linalg.lstsq(x[~judged], labels[~judged], rcond=None)[0]
    return x[judged] @ weights


def test_shuffled_labels_are_worth_something_only_to_whoever_has_seen_them():
    """A pipeline that picks by the rows it is judged on looks skilled on pure noise."""
    random = np.random.default_rng(5)
    inputs, labels = random.normal(size=(2000, 13)), random.normal(size=2000)
    judged = np.arange(2000) >= 1500

    def honest(shuffled):
        return ridge(inputs, shuffled, judged)

    def with_labels_among_the_inputs(shuffled):
        """Plant: the mean of the labels of the days around, the row's own included."""
        around = np.convolve(shuffled, np.ones(5) / 5, mode="same")
        return ridge(np.column_stack([inputs, around]), shuffled, judged)

    def with_the_best_of_many_seeds(shuffled):
        """Plant: of 500 random guesses the one that does best on the judged rows."""
        guesses = 0.1 * random.normal(size=(500, 500))
        return guesses[np.argmin(np.square(guesses - shuffled[judged]).sum(axis=1))]

    assert leakage.shuffled_gain(honest, labels, judged) <= leakage.MOST_SHUFFLED_GAIN
    assert leakage.shuffled_gain(with_labels_among_the_inputs, labels, judged) > 0.1
    assert leakage.shuffled_gain(with_the_best_of_many_seeds, labels, judged) > leakage.MOST_SHUFFLED_GAIN


def test_a_scaler_that_saw_later_years_is_told_from_one_that_did_not():
    """Means of calm test years in a recipe are a leak that no prediction shows."""
    rows = features(HISTORY).select(NAMES).to_numpy()
    training = rows[:500]
    known = {
        "trained_until": "2004-01-01",
        "symbols": ("GEN0",),
        "data_sha256": "0",
        "model_version": "m",
        "seeds": (0,),
    }

    honest, leaky = Recipe.fit(training, **known), Recipe.fit(rows, **known)

    assert leakage.scaler_difference(honest.means, honest.sds, training) <= leakage.MOST_SCALER_DIFFERENCE
    assert leakage.scaler_difference(leaky.means, leaky.sds, training) > 0.01


@pytest.mark.parametrize("length", [200, 251])
def test_a_series_too_short_to_compare_is_refused_instead_of_passed(length):
    """Nothing compared is no proof."""
    with pytest.raises(ValueError, match=f"{length} bars leave no row of features"):
        leakage.truncation_difference(features, HISTORY.head(length))


def test_a_probe_without_enough_dates_is_refused():
    """A gain measured on three weeks says nothing."""
    with pytest.raises(ValueError, match="the probe needs at least 84"):
        leakage.shift_gain([features(HISTORY.head(320))], NAMES, shift=1)


def test_rows_that_come_and_go_count_as_a_leak():
    """A feature function that drops rows by what came later chooses its own questions."""

    def without_coming_losses(history: pl.DataFrame) -> pl.DataFrame:
        return features(history).filter(pl.col("close") < pl.col("close").max())

    rising = HISTORY.with_columns(pl.col("open", "high", "low", "close") * 1.01 ** pl.int_range(pl.len()))
    assert leakage.truncation_difference(without_coming_losses, rising) == float("inf")
