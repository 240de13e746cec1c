"""One GET that a public source can live with: it says who it is, waits when told to, and gives up in time."""

import http.client
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from stockcast.sources.answers import HIDDEN, RawAnswer

HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Stockcast/0.1",  # without a browser-like name Yahoo answers 429
    "Accept": "application/json, text/csv",
}
LARGEST_ANSWER_BYTES = 32 * 1024 * 1024  # sixty years of daily bars are about 2 MB
CHUNK_BYTES = 256 * 1024
BUSY = frozenset({429, 999})  # 999 is what Yahoo's front door says for "too many"


class NoAnswer(Exception):
    """Nothing whole came back: refused connection, time-out, a body cut short."""


@dataclass(frozen=True)
class Patience:
    """How long to insist. The defaults end within 70 seconds, so that two sources fit into one Lambda run."""

    tries: int = 4
    timeout_seconds: float = 7.0  # without a byte; also the time after which a trickling body is left
    first_pause_seconds: float = 0.5  # doubles with every try
    longest_pause_seconds: float = 4.0  # also caps Retry-After: a longer wait is the next run's business
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random  # spreads many clients; no secret hangs on it
    clock: Callable[[], float] = time.monotonic

    @property
    def worst_seconds(self) -> float:
        """The longest one GET can take: every try waits for its body, then once more for its last byte."""
        return self.tries * 2 * self.timeout_seconds + (self.tries - 1) * self.longest_pause_seconds

    def pauses(self) -> Iterator[float]:
        """Seconds before the second, third, ... try: half fixed, half by chance."""
        for number in range(self.tries - 1):
            pause = min(self.first_pause_seconds * 2**number, self.longest_pause_seconds)
            yield pause * (0.5 + 0.5 * self.jitter())


def no_allowance_needed() -> None:
    """For sources that do not count their requests."""


def get(
    url: str, patience: Patience, *, secret: str = "", before_each_try: Callable[[], None] = no_allowance_needed
) -> RawAnswer:
    """The last answer, whatever its status; tries again on 429, 5xx and connection errors. Raises NoAnswer.

    `secret` is an access key inside the URL: neither the answer nor an error holds it. `before_each_try` may raise,
    which ends the tries: it is where requests are counted.
    """
    shown = without(secret, url)
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"url is {shown!r}; it must start with http:// or https://. Correct the `market` values.")
    pauses = patience.pauses()
    while True:
        pause = next(pauses, None)
        before_each_try()
        try:
            answer, asked_pause = _get_once(url, patience)
        except (OSError, http.client.HTTPException) as fault:
            if pause is None:
                # from None: the chain of causes is logged too, and some tell the whole address
                reason = without(secret, str(fault))
                raise NoAnswer(f"{shown} gave no whole answer in {patience.tries} tries: {reason}") from None
        else:
            if pause is None or not _worth_another_try(answer.status):
                return RawAnswer(without_bytes(secret, answer.body), shown, answer.status)
            pause = min(max(pause, asked_pause), patience.longest_pause_seconds)
        patience.sleep(pause)


def without(secret: str, text: str) -> str:
    """The text with a mark where the access key stood, also where it stood as URLs write it."""
    forms = (secret, quote(secret, safe=""), quote_plus(secret)) if secret else ()
    for form in forms:
        text = text.replace(form, HIDDEN)
    return text


def without_bytes(secret: str, body: bytes) -> bytes:
    """The same for a body: Alpha Vantage repeats the key in its refusals."""
    return body.replace(secret.encode(), HIDDEN.encode()) if secret else body


def _worth_another_try(status: int) -> bool:
    return status in BUSY or 500 <= status < 600


def _get_once(url: str, patience: Patience) -> tuple[RawAnswer, float]:
    """One request: its answer and the pause that the source asked for, 0 when it asked for none."""
    request = urllib.request.Request(url, headers=HEADERS)  # noqa: S310 - the scheme is checked in get
    try:
        with urllib.request.urlopen(request, timeout=patience.timeout_seconds) as reply:  # noqa: S310
            return RawAnswer(_whole_body(reply, patience), url, reply.status), 0.0
    except urllib.error.HTTPError as refusal:  # any status from 400 on, and with a body worth keeping
        with refusal:
            asked_pause = _seconds(refusal.headers.get("Retry-After"))
            return RawAnswer(_whole_body(refusal, patience), url, refusal.code), asked_pause


def _whole_body(reply: http.client.HTTPResponse | urllib.error.HTTPError, patience: Patience) -> bytes:
    """All bytes, or an error: a body cut short or one that trickles would pass for an answer, or never end."""
    deadline = patience.clock() + patience.timeout_seconds
    body = bytearray()
    while chunk := reply.read1(CHUNK_BYTES):
        body += chunk
        if len(body) > LARGEST_ANSWER_BYTES:
            raise NoAnswer(f"The source answers more than {LARGEST_ANSWER_BYTES} bytes; daily bars are far smaller")
        if patience.clock() > deadline:
            raise TimeoutError(f"the body was not whole after {patience.timeout_seconds:g} seconds")
    announced = reply.headers.get("Content-Length", "")
    if announced.isdigit() and len(body) < int(announced):
        raise http.client.IncompleteRead(bytes(body), int(announced) - len(body))
    return bytes(body)


def _seconds(retry_after: str | None) -> float:
    """Retry-After in seconds; its other form, a date, counts as none."""
    return float(retry_after) if retry_after and retry_after.isdigit() else 0.0
