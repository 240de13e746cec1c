"""Bodies of POST /invocations."""

import json
from typing import Any

import pytest
from tests.stockcast.generated import bars

from stockcast.cleaning.silver import recent_request
from stockcast.forecasting.request import BadRequest, read_request


def body(**changed) -> bytes:
    """A good request of 290 bars; `changed` goes into its bar number 7."""
    request: Any = recent_request("GENX", bars(290))
    request["bars"][7].update(changed)
    return json.dumps(request).encode()


def test_what_silver_prepared_is_read_back_as_it_was():
    """A price rounded on the way forecasts another number than evaluation judged."""
    symbol, frame = read_request(body())

    assert symbol == "GENX"
    assert frame.equals(bars(290).select(frame.columns))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "body is no JSON"),
        (b"\xff\xfe", "body is no JSON"),
        (b"[]", "body must be an object"),
        (b'{"symbol": "AAPL"}', 'a list "bars"'),
        (b'{"symbol": "../x", "bars": []}', "it must match"),
        (b'{"symbol": "AAPL", "bars": []}', "comes with 0 bars; at least 290"),
        (json.dumps({"symbol": "AAPL", "bars": [1] * 290}).encode(), "bar 0 is 1; it must be an object"),
        (body(close=None), "bar 7 has close None; it must be a finite number"),
        (body(close="12"), "bar 7 has close '12'"),
        (body(open=True), "bar 7 has open True"),
        (body(low=float("nan")), "bar 7 has low nan"),
        (body(close=0), "prices must be above 0"),
        (body(volume=-1), "volumes at least 0"),
        (body(high=0.01), "outside low"),
        (body(date="2001-13-01"), "bar 7 has date '2001-13-01'"),
        (body(date=20010101), "bar 7 has date 20010101"),
        (body(date="2001-01-09"), "bars must ascend without repeats"),
    ],
)
def test_a_bad_body_is_refused_with_the_bar_the_value_and_the_rule(raw, message):
    """A client has to mend the request without reading our code."""
    with pytest.raises(BadRequest) as refused:
        read_request(raw)

    assert message in str(refused.value)
