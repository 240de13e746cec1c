"""The files of builds' logs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from localaws.codebuild.build_log import NEWEST_KEPT, BuildLog


def test_builds_that_begin_at_once_do_not_trip_over_the_clearing_of_old_logs(tmp_path: Path) -> None:
    """A build would fail for a file that another one had just taken away."""
    names = [tmp_path / f"{number}.log" for number in range(400)]

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(BuildLog, names))

    for log in made:
        log.close()
    assert len(list(tmp_path.iterdir())) == NEWEST_KEPT
