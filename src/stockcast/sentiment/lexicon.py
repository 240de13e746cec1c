"""Words of the market that a general lexicon does not know or reads the wrong way, on VADER's scale from -4 to 4.

A share is no kindness, a gross margin nothing disgusting, and overweight is good. Single lower-case words: VADER reads
no phrases. This file's own text is the version that stands beside every score.
"""

import hashlib
import inspect
import sys

WORDS = {
    # what companies report
    "beat": 1.9, "beats": 1.9, "exceeds": 1.6, "exceeded": 1.6, "tops": 1.7, "topped": 1.6, "outperforms": 1.7,
    "miss": -1.8, "misses": -1.9, "missed": -1.8, "shortfall": -1.9, "disappoints": -2.0, "disappointing": -1.9,
    "impairment": -1.7, "writedown": -1.9, "restates": -1.8, "loss": -1.7, "losses": -1.8, "profitable": 1.8,
    "record": 1.2, "buyback": 1.5, "dividend": 0.8, "layoffs": -1.6, "warns": -1.8, "warning": -1.7,
    # what analysts say
    "upgrade": 1.9, "upgrades": 1.9, "upgraded": 1.9, "downgrade": -1.9, "downgrades": -1.9, "downgraded": -1.9,
    "outperform": 1.6, "underperform": -1.6, "overweight": 1.5, "underweight": -1.5, "bullish": 2.0, "bearish": -2.0,
    # what prices do
    "surge": 1.8, "surges": 1.9, "soar": 2.0, "soars": 2.1, "rally": 1.6, "rallies": 1.7, "rebounds": 1.5,
    "plunge": -2.1, "plunges": -2.2, "slump": -1.9, "slumps": -1.9, "tumble": -1.9, "tumbles": -2.0, "sinks": -1.8,
    "selloff": -1.8, "falls": -1.3, "rises": 1.3,
    # what courts and creditors do
    "lawsuit": -1.5, "probe": -1.5, "subpoena": -1.7, "recall": -1.5, "recalls": -1.6, "delisted": -2.3,
    "bankruptcy": -2.9, "insolvent": -2.9, "defaults": -2.4,
    # neutral here, whatever they are elsewhere
    "share": 0.0, "shares": 0.0, "gross": 0.0, "liability": 0.0, "vice": 0.0, "debt": -0.3, "interest": 0.0,
}  # fmt: skip


def version() -> str:
    """Eight hex digits of this file's text: other words give other scores."""
    return hashlib.sha256(inspect.getsource(sys.modules[__name__]).encode()).hexdigest()[:8]
