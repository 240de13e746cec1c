"""The patches fit one version of the emulator only."""

from __future__ import annotations

import pytest

from localaws import patches


def test_another_version_of_the_emulator_is_refused() -> None:
    """A patch that silently no longer fits shows as a plan that is never clean."""
    patches.check_version("1.5.33")

    with pytest.raises(RuntimeError, match=r"ministack 1\.5\.34 is installed; .* written for 1\.5\.33"):
        patches.check_version("1.5.34")
