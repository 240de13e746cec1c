"""Where bars come from: one adapter per source, each turning that source's answer into canonical bars.

`parse` and `assembled` turn what lies in bronze into bars, without settings, keys or network. Standard library only,
because the functions' zips carry this package.
"""

from stockcast.sources.adapters import NAMES, parse
from stockcast.sources.assembly import Assembled, assembled

__all__ = ["NAMES", "Assembled", "assembled", "parse"]
