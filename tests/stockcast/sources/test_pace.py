"""Keeping a distance between requests."""

from stockcast.sources.pace import Pace


def test_only_what_is_missing_of_the_distance_is_waited_for() -> None:
    """The work between two requests counts; the first request waits for nobody."""
    now, waited = [100.0], []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    pace = Pace(12.0, clock=lambda: now[0], sleep=sleep)

    pace.wait()
    now[0] += 5
    pace.wait()
    now[0] += 30
    pace.wait()
    pace.wait()

    assert waited == [7.0, 12.0]
