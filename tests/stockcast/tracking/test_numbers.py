"""What MLflow is given."""

import math
import re

from stockcast.tracking import numbers


def test_figures_are_kept_by_horizon_symbol_and_model(judged):
    """Somebody asks in a year how ^GSPC did at 21 days, and how EWMA did beside it."""
    told = numbers.metrics(judged)

    figures = judged.evaluation["horizons"]["21"]
    assert told["h21/qlike"] == figures["qlike"]
    assert told["symbol/index-GSPC/h21/coverage_80"] == judged.evaluation["by_symbol"]["^GSPC"]["21"]["coverage_80"]
    assert told["model/naive/h1/mae_ratio"] == judged.evaluation["models"]["naive"]["1"]["mae_ratio"]
    assert told["gate/G1"] == 1.0
    assert told["gate/G4"] == 0.0
    assert told["training/val_loss_by_seed/1"] == 0.24


def test_every_name_and_value_is_one_that_mlflow_takes(judged):
    """One bad name fails the whole batch, and a NaN cannot be shown."""
    told = numbers.metrics(judged)

    assert len(told) > 100
    assert all(re.fullmatch(r"[\w.:/ -]{1,250}", name) for name in told)
    assert all(math.isfinite(value) for value in told.values())


def test_parameters_hold_what_the_training_was_given_and_nothing_that_can_change(judged):
    """MLflow refuses another value for a parameter: a second judgement of one job must not bring one."""
    told = numbers.parameters(judged)

    assert told["batch_size"] == "128"
    assert told["data_sha256"] == "ab" * 32
    assert told["seeds"] == "0,1"
    assert judged.evaluation["test"]["from"] not in told.values()


def test_a_run_is_found_by_job_data_commit_and_verdict(judged):
    told = numbers.tags(judged)

    assert told["training_job"] == judged.training_job
    assert told["commit"] == "3fa9c1d2"
    assert told["gate"] == "refused"
