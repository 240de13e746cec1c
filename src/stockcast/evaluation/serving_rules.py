"""Gate G6: is what was judged what will answer, and fast and small enough?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stockcast.evaluation.rules import Rule, at_most

MOST_ONNX_DIFFERENCE = 1e-5
MOST_P99_MS = 2000.0  # 170 to 400 on a very busy machine; a page reads stored records and never waits for it
MOST_MEGABYTES = 10.0  # weights of 6,000 parameters are 30 KB: more is not this network


@dataclass(frozen=True)
class Serving:
    """How the bundle behaves in the server's own code."""

    onnx_difference: float  # largest between Keras and ONNX, measured while training
    p99_ms: float
    megabytes: float
    schema_faults: Sequence[str]  # what differs from the pinned input and output
    schema_sha256: str


def serving_rules(found: Serving, most_p99_ms: float = MOST_P99_MS) -> Iterator[Rule]:
    yield at_most("G6", "onnx_beside_keras", found.onnx_difference, MOST_ONNX_DIFFERENCE)
    yield at_most("G6", "milliseconds_of_the_slowest_percent", found.p99_ms, most_p99_ms)
    yield at_most("G6", "megabytes", found.megabytes, MOST_MEGABYTES)
    note = "; ".join(found.schema_faults) or f"sha256 {found.schema_sha256}"
    yield at_most("G6", "differences_from_the_pinned_schema", len(found.schema_faults), 0, note=note)
