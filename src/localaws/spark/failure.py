"""Why a Spark run could not be, or did not end well."""

from __future__ import annotations


class SparkFailed(Exception):
    """Ends a run; the words are what the service tells as its reason."""
