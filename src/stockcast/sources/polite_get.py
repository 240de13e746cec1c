"""One GET that a public source can live with: it says who it is, waits when told to, and gives up in time."""

import http.client
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stockcast.sources.answers import RawAnswer

HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Stockcast/0.1",  # without a browser-like name Yahoo answers 429
    "Accept": "application/json",
}
LARGEST_ANSWER_BYTES = 32 * 1024 * 1024  # sixty years of daily bars are about 2 MB
BUSY = frozenset({429, 999})  # 999 is what Yahoo's front door says for "too many"


class NoAnswer(Exception):
    """Nothing whole came back: refused connection, time-out, a body cut short."""


@dataclass(frozen=True)
class Patience:
    """How long to insist. The defaults end within 35 seconds, so that several symbols fit into one Lambda run."""

    tries: int = 4
    timeout_seconds: float = 7.0
    first_pause_seconds: float = 0.5  # doubles with every try
    longest_pause_seconds: float = 4.0  # also caps Retry-After: a longer wait is the next run's business
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random  # spreads many clients; no secret hangs on it

    @property
    def worst_seconds(self) -> float:
        """The longest one GET can take, every try timing out."""
        return self.tries * self.timeout_seconds + (self.tries - 1) * self.longest_pause_seconds

    def pauses(self) -> Iterator[float]:
        """Seconds before the second, third, ... try: half fixed, half by chance."""
        for number in range(self.tries - 1):
            pause = min(self.first_pause_seconds * 2**number, self.longest_pause_seconds)
            yield pause * (0.5 + 0.5 * self.jitter())


def get(url: str, patience: Patience) -> RawAnswer:
    """The last answer, whatever its status; tries again on 429, 5xx and connection errors. Raises NoAnswer."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"url is {url!r}; it must start with http:// or https://. Correct `source_base_url`.")
    pauses = patience.pauses()
    while True:
        pause = next(pauses, None)
        try:
            answer, asked_pause = _get_once(url, patience.timeout_seconds)
        except (OSError, http.client.HTTPException) as fault:
            if pause is None:
                raise NoAnswer(f"{url} gave no whole answer in {patience.tries} tries: {fault}") from fault
        else:
            if pause is None or not _worth_another_try(answer.status):
                return answer
            pause = min(max(pause, asked_pause), patience.longest_pause_seconds)
        patience.sleep(pause)


def _worth_another_try(status: int) -> bool:
    return status in BUSY or 500 <= status < 600


def _get_once(url: str, timeout_seconds: float) -> tuple[RawAnswer, float]:
    """One request: its answer and the pause that the source asked for, 0 when it asked for none."""
    request = urllib.request.Request(url, headers=HEADERS)  # noqa: S310 - the scheme is checked in get
    try:
        with urllib.request.urlopen(request, timeout=timeout_seconds) as reply:  # noqa: S310
            return RawAnswer(_whole_body(reply), url, reply.status), 0.0
    except urllib.error.HTTPError as refusal:  # any status from 400 on, and with a body worth keeping
        with refusal:
            return RawAnswer(_whole_body(refusal), url, refusal.code), _seconds(refusal.headers.get("Retry-After"))


def _whole_body(reply: http.client.HTTPResponse | urllib.error.HTTPError) -> bytes:
    """All bytes, or an error: urllib passes over a body shorter than its Content-Length when asked for a size."""
    body: bytes = reply.read(LARGEST_ANSWER_BYTES + 1)
    if len(body) > LARGEST_ANSWER_BYTES:
        raise NoAnswer(f"{reply.url} answers more than {LARGEST_ANSWER_BYTES} bytes; daily bars are far smaller")
    announced = reply.headers.get("Content-Length", "")
    if announced.isdigit() and len(body) < int(announced):
        raise http.client.IncompleteRead(body, int(announced) - len(body))
    return body


def _seconds(retry_after: str | None) -> float:
    """Retry-After in seconds; its other form, a date, counts as none."""
    return float(retry_after) if retry_after and retry_after.isdigit() else 0.0
