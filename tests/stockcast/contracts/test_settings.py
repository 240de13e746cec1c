"""Reading the settings that Terraform hands over."""

import pytest

from stockcast.contracts.settings import KEYS, MissingSettings, read, variable


def test_settings_are_read_under_their_short_names():
    """A handler that gets another name's value writes into the wrong bucket."""
    environ = {"STOCKCAST_BRONZE_BUCKET": "lake-bronze", "STOCKCAST_SYMBOLS": "AAPL,MSFT", "HOME": "/root"}

    assert read(environ, "bronze_bucket", "symbols") == {"bronze_bucket": "lake-bronze", "symbols": "AAPL,MSFT"}


def test_every_missing_setting_is_named_at_once():
    """Whoever deploys would otherwise mend one name per start."""
    with pytest.raises(MissingSettings, match="STOCKCAST_ENDPOINT, STOCKCAST_GOLD_BUCKET is empty or absent"):
        read({"STOCKCAST_SYMBOLS": "AAPL", "STOCKCAST_GOLD_BUCKET": ""}, "endpoint", "gold_bucket", "symbols")


def test_a_key_that_terraform_does_not_know_is_refused():
    """A typing error in code must not look like a missing deployment."""
    with pytest.raises(ValueError, match="gold_bukcet is no setting"):
        read({}, "gold_bukcet")


def test_keys_are_sorted_and_unique():
    """A diff of this list against settings.tf has to be readable."""
    assert list(KEYS) == sorted(set(KEYS))
    assert variable("job_code") == "STOCKCAST_JOB_CODE"
