"""One GET against a source that is busy, broken, slow or gone."""

import threading

import pytest
from tests.stockcast.sources.fake_source import Reply, Source

from stockcast.sources.polite_get import NoAnswer, Patience, get


def patience(pauses: list[float], **changes: float) -> Patience:
    return Patience(sleep=pauses.append, jitter=lambda: 1.0, **changes)  # type: ignore[arg-type]


def test_a_busy_source_is_asked_again_after_growing_pauses(source: Source) -> None:
    """Without back-off a short limit becomes a ban."""
    source.replies = [Reply(429), Reply(503), Reply(429), Reply(200, b"at last")]
    pauses: list[float] = []

    answer = get(source.base_url, patience(pauses))

    assert (answer.status, answer.body) == (200, b"at last")
    assert pauses == [0.5, 1.0, 2.0]


def test_tries_are_bounded_and_the_last_refusal_is_kept(source: Source) -> None:
    """An endless loop would be paid for until Lambda's own limit, and its reason lost."""
    source.replies = [Reply(429, b"Too Many Requests")]
    pauses: list[float] = []

    answer = get(source.base_url, patience(pauses, tries=3))

    assert (answer.status, answer.body) == (429, b"Too Many Requests")
    assert (len(source.asked), len(pauses)) == (3, 2)


@pytest.mark.parametrize(("asked_for", "waited"), [("2", 2.0), ("3600", 4.0), ("Fri, 01 Mar 2013 22:00:00 GMT", 0.5)])
def test_retry_after_is_obeyed_as_far_as_a_lambda_can_wait(source: Source, asked_for: str, waited: float) -> None:
    """A source that names its pause is right; an hour of it is the next run's business."""
    source.replies = [Reply(429, headers=(("Retry-After", asked_for),)), Reply(200, b"ok")]
    pauses: list[float] = []

    get(source.base_url, patience(pauses))

    assert pauses == [waited]


def test_a_refusal_that_time_does_not_mend_is_not_repeated(source: Source) -> None:
    """Asking again for an unknown symbol only costs goodwill."""
    source.replies = [Reply(404, b"no")]

    assert get(source.base_url, patience([])).status == 404
    assert len(source.asked) == 1


def test_a_body_cut_short_is_fetched_again(source: Source) -> None:
    """Half an answer parses now and then, and then years of history are missing."""
    source.replies = [Reply(200, b'{"chart"', announce=1000), Reply(200, b"whole")]

    assert get(source.base_url, patience([])).body == b"whole"


def test_a_source_that_is_gone_ends_in_one_error_after_all_tries() -> None:
    """The night shift needs the address and the number of tries, not a bare ConnectionRefusedError."""
    pauses: list[float] = []

    with pytest.raises(NoAnswer, match=r"http://127\.0\.0\.1:9/ gave no whole answer in 4 tries: .*refused"):
        get("http://127.0.0.1:9/", patience(pauses))  # port 9, discard, is not served on any machine of ours

    assert len(pauses) == 3


def test_a_source_that_hangs_is_left_after_the_time_out(source: Source) -> None:
    """A hanging source must not take the other symbols' time."""
    never = threading.Event()
    source.replies = [Reply(200, b"late", after=never)]

    with pytest.raises(NoAnswer, match="timed out"):
        get(source.base_url, patience([], tries=1, timeout_seconds=0.05))
    never.set()


def test_jitter_spreads_pauses_but_never_below_half() -> None:
    """Many functions that wake at the same second would hit the source together again."""
    lucky = Patience(jitter=lambda: 0.0)

    assert list(lucky.pauses()) == [0.25, 0.5, 1.0]


def test_the_default_patience_fits_into_a_short_lambda() -> None:
    """Terraform's timeout is chosen against this bound."""
    assert Patience().worst_seconds <= 70


def test_an_address_that_is_not_http_is_refused() -> None:
    """file:///etc/passwd in a setting must not end up in the lake."""
    with pytest.raises(ValueError, match="must start with http"):
        get("file:///etc/hostname", Patience())


def test_a_body_that_trickles_is_left_after_the_time_out(source: Source) -> None:
    """A byte now and then never times out by itself, and would hold the function until Lambda's own limit."""
    source.replies = [Reply(200, b"x" * 100, trickle_seconds=0.02)]

    with pytest.raises(NoAnswer, match=r"the body was not whole after 0\.1 seconds"):
        get(source.base_url, patience([], tries=1, timeout_seconds=0.1))


def test_a_key_in_the_address_is_in_no_answer_and_in_no_error(source: Source) -> None:
    """Addresses are logged and kept beside refused answers; a vendor may repeat the key in what it says."""
    source.replies = [Reply(403, b"key a+b/c is not ours")]

    answer = get(f"{source.base_url}/q?apikey=a%2Bb%2Fc", patience([]), secret="a+b/c")

    assert answer == (b"key *** is not ours", f"{source.base_url}/q?apikey=***", 403)
    with pytest.raises(NoAnswer) as failure:
        get("http://127.0.0.1:9/q?apikey=a%2Bb%2Fc", patience([]), secret="a+b/c")
    assert "apikey=*** gave no whole answer" in str(failure.value)
    assert failure.value.__cause__ is None


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/q?apikey=a+b%2Bc", "127.0.0.1/q?apikey=a%20b%2Bc"])
def test_a_key_in_a_wrong_address_is_not_told_either(address: str) -> None:
    """A base URL without its scheme fails every night, and each failure is logged."""
    with pytest.raises(ValueError, match=r"apikey=\*\*\*'; it must start with"):
        get(address, patience([]), secret="a b+c")


def test_each_try_is_allowed_first(source: Source) -> None:
    """Where requests are counted, those of a back-off count as well, and the count may end the tries."""
    source.replies = [Reply(503)]
    allowed = [True, True]

    def allow() -> None:
        if not allowed:
            raise PermissionError("spent")
        allowed.pop()

    with pytest.raises(PermissionError, match="spent"):
        get(source.base_url, patience([]), before_each_try=allow)

    assert len(source.asked) == 2
