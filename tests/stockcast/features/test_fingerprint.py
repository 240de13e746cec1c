"""The feature version."""

import re

from stockcast.features import fingerprint, indicators, targets


def test_the_version_changes_with_the_code_that_computes_features(monkeypatch):
    """A formula changed under a trained model would feed it other numbers, unseen."""
    version = fingerprint.feature_version()

    monkeypatch.setattr(fingerprint, "indicators", targets)  # any other module: other text

    assert re.fullmatch("[0-9a-f]{16}", version)
    assert fingerprint.feature_version() != version
    monkeypatch.setattr(fingerprint, "indicators", indicators)
    assert fingerprint.feature_version() == version
