"""LooseVersion, as far as Spark compares the versions of pandas and pyarrow with the least that it can use."""

import re
from functools import total_ordering


@total_ordering
class LooseVersion:
    """Numbers between dots, compared as numbers; what follows them does not count."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.numbers = [int(number) for number in re.findall(r"\d+", re.split(r"[^\d.]", text)[0])]

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return self.numbers == _of(other).numbers

    def __lt__(self, other: object) -> bool:
        return self.numbers < _of(other).numbers

    def __hash__(self) -> int:
        return hash(tuple(self.numbers))


def _of(other: object) -> LooseVersion:
    return other if isinstance(other, LooseVersion) else LooseVersion(str(other))
