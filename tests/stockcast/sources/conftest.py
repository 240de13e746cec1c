"""A source over real HTTP for the adapters' tests."""

from collections.abc import Iterator

import pytest
from tests.stockcast.sources.fake_source import Source, running_source


@pytest.fixture
def source() -> Iterator[Source]:
    with running_source() as running:
        yield running
