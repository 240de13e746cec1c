"""Keeping a distance between requests to a source that counts them by the minute."""

import time
from collections.abc import Callable


class Pace:
    """Waits before each request until the last one is long enough ago; the first goes at once."""

    def __init__(
        self,
        seconds_apart: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds_apart, self._clock, self._sleep = seconds_apart, clock, sleep
        self._last: float | None = None

    def wait(self) -> None:
        """Return once a request may go out."""
        if self._last is not None:
            missing = self._last + self._seconds_apart - self._clock()
            if missing > 0:
                self._sleep(missing)
        self._last = self._clock()
