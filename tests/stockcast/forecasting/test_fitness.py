"""A bundle in the server's own code."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.stockcast.generated import bars
from tests.stockcast.predictors import Level, recipe

from stockcast.cleaning.silver import recent_request
from stockcast.contracts.records import ForecastAnswer
from stockcast.forecasting import fitness
from stockcast.forecasting.fitness import answered, differences, fingerprint, megabytes, pinned_schema

BODY = json.dumps(recent_request("GENX", bars(700))).encode()


class Slow(Level):
    """Takes longer each time than a second has milliseconds for."""

    def __init__(self, clock: list[float]) -> None:
        super().__init__()
        self._clock = clock

    def predict(self, windows: Any) -> Any:
        self._clock[0] += 0.25 if self._clock[0] else 1.0  # the first answer is the slow one
        return super().predict(windows)


def answer() -> ForecastAnswer:
    return answered(BODY, recipe(), Level(), requests=1).answer


def test_the_slowest_percent_counts(monkeypatch):
    """A mean would hide the request that a person waits for."""
    clock = [0.0]
    monkeypatch.setattr(fitness, "perf_counter", lambda: clock[0])

    found = answered(BODY, recipe(), Slow(clock), requests=3)

    assert found.p99_ms == pytest.approx(1000 - 0.02 * 750)
    assert [record["horizon"] for record in found.answer["forecasts"]] == [1, 5, 21]


class Session:
    """Declares what a network of the given shapes declares."""

    def __init__(self, lookback: int, outputs: int) -> None:
        self.shapes = {"in": ["unk__1", lookback, 13], "out": ["unk__2", outputs]}

    def get_inputs(self) -> list[Any]:
        return [type("Tensor", (), {"type": "tensor(float)", "shape": self.shapes["in"]})]

    def get_outputs(self) -> list[Any]:
        return [type("Tensor", (), {"type": "tensor(float)", "shape": self.shapes["out"]})]


@pytest.mark.parametrize(
    ("lookback", "outputs", "faults"),
    [
        (40, 12, []),
        (39, 12, ["input is [['tensor(float)', [-1, 39, 13]]], pinned is [['tensor(float)', [-1, 40, 13]]]"]),
        (40, 9, ["output is [['tensor(float)', [-1, 9]]], pinned is [['tensor(float)', [-1, 12]]]"]),
    ],
)
def test_a_network_of_another_shape_is_told(monkeypatch, lookback, outputs, faults):
    """The server would fail on the first request, after the old model is gone."""
    monkeypatch.setattr(fitness.onnxruntime, "InferenceSession", lambda *_, **__: Session(lookback, outputs))

    found = fitness.schema(Path("model.onnx"), answer())

    assert differences(found, pinned_schema(recipe())) == faults


def test_a_record_that_lacks_a_field_is_told():
    """Gold, API and page read each of them."""
    pinned = pinned_schema(recipe())
    short = pinned | {"record": [name for name in pinned["record"] if name != "median"]}

    (fault,) = differences(short, pinned)

    assert fault.startswith("record is [")
    assert fingerprint(short) != fingerprint(pinned) == fingerprint(dict(reversed(pinned.items())))


def test_the_size_is_that_of_all_files(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"0" * 500_000)

    assert megabytes(list(tmp_path.iterdir())) == 1.0
