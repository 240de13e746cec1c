"""The toys, once for all tests of pipelines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.localaws.codepipeline.toys import Toys, make_toys
from tests.localaws.helpers import Gateway


@pytest.fixture(scope="session")
def toys(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory, make_role: Callable[..., str]) -> Toys:
    """A repository, the roles and a project."""
    return make_toys(gateway, tmp_path_factory.mktemp("toys"), make_role)
