"""The feature version: a hash of the code that computes features."""

import hashlib
import inspect

from stockcast.features import indicators


def feature_version() -> str:
    """Sixteen hex digits of the source of indicators.py.

    The text and not a hand-kept number: nobody can change a formula and forget to say so. A changed comment costs a
    retraining too, which is cheaper than features that differ from those a model was fitted on.
    """
    return hashlib.sha256(inspect.getsource(indicators).encode()).hexdigest()[:16]
