"""One rule."""

import pytest

from stockcast.evaluation.rules import at_least, at_most, between, broken

NAN = float("nan")


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        (at_most("G1", "error", 1.01, 1.01), True),
        (at_most("G1", "error", 1.0101, 1.01), False),
        (at_least("G1", "p", 0.05, 0.05), True),
        (at_least("G1", "p", 0.0499, 0.05), False),
        (between("G4", "coverage", 0.78, (0.78, 0.82)), True),
        (between("G4", "coverage", 0.8201, (0.78, 0.82)), False),
        (at_most("G1", "error", NAN, 1.01), False),
        (at_least("G1", "p", NAN, 0.05), False),
        (between("G4", "coverage", NAN, (0.78, 0.82)), False),
        (at_least("G5", "gain", 0.1, NAN), False),
    ],
)
def test_bounds_are_inclusive_and_nan_never_passes(rule, passed):
    """A limit moved by accident promotes models in silence; so does a figure that nobody could compute."""
    assert rule.passed is passed
    assert broken([rule]) == ([] if passed else [rule])


def test_a_rule_tells_its_numbers_in_one_line():
    """The message to people is made of these."""
    told = str(between("G4", "coverage_of_each_symbol", 0.7, (0.77, 0.83), 5, "GOOG, the furthest off of 6"))

    assert told == "G4 coverage_of_each_symbol at 5 days: 0.7, limit 0.77 to 0.83 (GOOG, the furthest off of 6)"
    assert str(at_most("G3", "loss", 1, 0.98, 1)) == "G3 loss at 1 day: 1, limit 0.98"
