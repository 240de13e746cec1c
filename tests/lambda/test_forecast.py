"""The forecast function from its event to the records in gold, with silver and the endpoint at its edges."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import time_machine

from stockcast.contracts.records import Forecast, GoldRecord
from stockcast.sources.invocation import SymbolsFailed

SILVER, GOLD = "silver-bucket", "gold-bucket"
FRIDAY = {"day": "2013-03-01"}


def recent_key(symbol: str) -> str:
    return f"recent/day=2013-03-01/symbol={symbol}.json"


def gold_key(symbol: str, horizon: int, day: str = "2013-03-01") -> str:
    return f"forecasts/day={day}/symbol={symbol}/horizon={horizon}.json"


def request(symbol: str, newest: str = "2013-03-01") -> dict[str, Any]:
    days = ("2013-02-25", newest)
    return {"symbol": symbol, "bars": [{"date": day, "open": 1.0, "close": 2.0, "volume": 3.0} for day in days]}


def forecast(symbol: str, as_of: str, horizon: int) -> dict[str, Any]:
    """A record with every field of the contract; its figures only have to be told apart."""
    record: dict[str, Any] = dict.fromkeys(Forecast.__annotations__, 0.5 + horizon)
    return record | {"symbol": symbol, "as_of": as_of, "horizon": horizon, "model_version": "lstm-1", "mae": None}


def served(body: bytes) -> bytes:
    """What a healthy endpoint answers to this request."""
    asked = json.loads(body)
    symbol, newest = asked["symbol"], asked["bars"][-1]["date"]
    records = [forecast(symbol, newest, horizon) for horizon in (1, 5, 21)]
    return json.dumps({"symbol": symbol, "as_of": newest, "forecasts": records}).encode()


def spoilt(spoil: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    """A healthy answer for all symbols but Apple's, which `spoil` changes."""

    def answer(body: bytes) -> bytes:
        good = json.loads(served(body))
        if good["symbol"] == "AAPL":
            spoil(good)
        return json.dumps(good).encode()

    return answer


@pytest.fixture
def forecasts(load: Callable[..., ModuleType], s3: Any, runtime: Any) -> ModuleType:
    for symbol, name in (("AAPL", "AAPL"), ("^GSPC", "index-GSPC")):
        s3.put_object(Bucket=SILVER, Key=recent_key(name), Body=json.dumps(request(symbol)).encode())
    runtime.answer = served
    return load(
        "forecast", endpoint="stockcast-dev-forecasts", gold_bucket=GOLD, silver_bucket=SILVER, symbols="AAPL,^GSPC"
    )


@time_machine.travel("2013-03-01T23:20:00Z", tick=False)
def test_each_symbol_and_horizon_gets_one_record(forecasts: ModuleType, s3: Any, runtime: Any) -> None:
    """Gold is what people read: a record is the endpoint's, plus its age and its hour."""
    answer = forecasts.handler(FRIDAY, None)

    keys = [gold_key(symbol, horizon) for symbol in ("AAPL", "index-GSPC") for horizon in (1, 5, 21)]
    assert answer == {"day": "2013-03-01", "keys": keys, "as_of": {"AAPL": "2013-03-01", "^GSPC": "2013-03-01"}}
    assert s3.keys(GOLD) == sorted(keys)
    record = json.loads(s3.body(GOLD, gold_key("AAPL", 5)))
    assert record == forecast("AAPL", "2013-03-01", 5) | {"stale": False, "generated_at": "2013-03-01T23:20:00+00:00"}
    assert set(record) == set(GoldRecord.__annotations__)
    assert set(runtime.endpoints) == {"stockcast-dev-forecasts"}


@time_machine.travel("2013-03-01T23:20:00Z", tick=False)
def test_a_day_forecast_twice_is_written_once(forecasts: ModuleType, s3: Any) -> None:
    """A retried task must overwrite its records, not add to them."""
    first = forecasts.handler(FRIDAY, None)
    objects = {key: s3.body(GOLD, key) for key in s3.keys(GOLD)}

    assert forecasts.handler(FRIDAY, None) == first
    assert {key: s3.body(GOLD, key) for key in s3.keys(GOLD)} == objects


def test_bars_that_stopped_coming_make_a_stale_record(forecasts: ModuleType, s3: Any) -> None:
    """A forecast from Wednesday shown on Friday without a mark is a wrong forecast."""
    s3.put_object(Bucket=SILVER, Key=recent_key("AAPL"), Body=json.dumps(request("AAPL", "2013-02-27")).encode())

    answer = forecasts.handler(FRIDAY, None)

    assert answer["as_of"] == {"AAPL": "2013-02-27", "^GSPC": "2013-03-01"}
    assert json.loads(s3.body(GOLD, gold_key("AAPL", 1, day="2013-02-27")))["stale"] is True
    assert json.loads(s3.body(GOLD, gold_key("index-GSPC", 1)))["stale"] is False


def test_without_an_endpoint_the_run_ends_with_the_way_out(
    forecasts: ModuleType, s3: Any, runtime: Any, client_error: Callable[..., Exception]
) -> None:
    """In a new environment this is the first thing that happens to everyone."""

    def missing(body: bytes) -> bytes:
        message = "Endpoint stockcast-dev-forecasts of account 123456789012 not found."
        raise client_error("InvokeEndpoint", "ValidationError", message)

    runtime.answer = missing

    with pytest.raises(RuntimeError, match=r"stockcast-dev-forecasts does not exist .*Run the DAG train_model"):
        forecasts.handler(FRIDAY, None)

    assert len(runtime.endpoints) == 1
    assert s3.keys(GOLD) == []


def test_a_request_that_the_model_refuses_costs_only_its_symbol(
    forecasts: ModuleType, s3: Any, runtime: Any, client_error: Callable[..., Exception]
) -> None:
    """A young share has too few bars; the others still want their forecasts."""

    def refuse(body: bytes) -> bytes:
        if json.loads(body)["symbol"] != "AAPL":
            return served(body)
        said = {"OriginalStatusCode": 400, "OriginalMessage": '{"error": "2 bars; at least 290"}'}
        raise client_error("InvokeEndpoint", "ModelError", "Received client error (400)", **said)

    runtime.answer = refuse

    with pytest.raises(SymbolsFailed, match=r"1 of 2 .*AAPL: endpoint .* answers 400: .*2 bars; at least 290"):
        forecasts.handler(FRIDAY, None)

    assert s3.keys(GOLD) == sorted(gold_key("index-GSPC", horizon) for horizon in (1, 5, 21))


def test_a_throttled_symbol_is_named_with_awss_own_words(
    forecasts: ModuleType, runtime: Any, client_error: Callable[..., Exception]
) -> None:
    """What we do not understand must reach people unchanged."""

    def throttle(body: bytes) -> bytes:
        raise client_error("InvokeEndpoint", "ThrottlingException", "Rate exceeded")

    runtime.answer = throttle

    with pytest.raises(SymbolsFailed, match=r"2 of 2 .*ThrottlingException.*Rate exceeded"):
        forecasts.handler(FRIDAY, None)


SPOILERS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another symbol": (lambda a: a["forecasts"][0].update(symbol="MSFT"), "a forecast for .'MSFT'"),
    "another day": (lambda a: a["forecasts"][1].update(as_of="2013-02-28"), "must be for .'AAPL', '2013-03-01'"),
    "a horizon short": (lambda a: a["forecasts"].pop(), "one record per horizon"),
    "a horizon twice": (lambda a: a["forecasts"][2].update(horizon=5), "one record per horizon"),
    "no forecasts": (lambda a: a.pop("forecasts"), "one record per horizon"),
    "a field short": (lambda a: a["forecasts"][0].pop("q90"), "no q90; a record must hold every field"),
    "no number": (lambda a: a["forecasts"][0].update(median=float("nan")), "median without a finite value"),
}


@pytest.mark.parametrize(("spoil", "reason"), SPOILERS.values(), ids=SPOILERS)
def test_an_answer_that_does_not_fit_the_question_never_reaches_gold(
    forecasts: ModuleType, s3: Any, runtime: Any, spoil: Callable[[dict[str, Any]], object], reason: str
) -> None:
    """Readers of gold look once and believe; another share's price must not stand there."""
    runtime.answer = spoilt(spoil)

    with pytest.raises(SymbolsFailed, match=f"1 of 2 .*AAPL: .*{reason}"):
        forecasts.handler(FRIDAY, None)

    assert not [key for key in s3.keys(GOLD) if "AAPL" in key]


def test_an_answer_that_is_not_json_is_refused(forecasts: ModuleType, runtime: Any) -> None:
    """A proxy's error page comes with status 200 too."""
    runtime.answer = lambda body: b"<html>"

    with pytest.raises(SymbolsFailed, match="the answer must be JSON"):
        forecasts.handler(FRIDAY, None)


@pytest.mark.parametrize("is_denied", [True, False])
def test_a_symbol_without_clean_bars_is_named_with_the_task_that_makes_them(
    forecasts: ModuleType, s3: Any, is_denied: bool
) -> None:
    """S3 says "denied" for a missing key to a role that may not list: both mean the same to the reader."""
    s3.denied = {recent_key("AAPL")} if is_denied else set()
    del s3.objects[SILVER, recent_key("AAPL")]

    with pytest.raises(SymbolsFailed, match=r"AAPL: s3://silver-bucket/recent/.*absent or not readable.*`clean_bars`"):
        forecasts.handler(FRIDAY, None)

    assert gold_key("index-GSPC", 1) in s3.keys(GOLD)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (request("MSFT"), "must hold bars of AAPL"),
        (request("AAPL") | {"bars": []}, "must hold bars of AAPL"),
        ([1], "must hold bars of AAPL"),
        (request("AAPL", "2013-03-04"), "holds a bar of 2013-03-04; none may lie after 2013-03-01"),
    ],
)
def test_a_request_that_is_not_this_days_is_refused(forecasts: ModuleType, s3: Any, stored: Any, reason: str) -> None:
    """A bar from Monday in Friday's request is look-ahead, and looks like skill."""
    s3.put_object(Bucket=SILVER, Key=recent_key("AAPL"), Body=json.dumps(stored).encode())

    with pytest.raises(SymbolsFailed, match=reason):
        forecasts.handler(FRIDAY, None)


@time_machine.travel("2013-03-01T23:20:00Z", tick=False)
def test_a_schedule_without_a_day_means_today(forecasts: ModuleType) -> None:
    """The same rule as ingestion's, so that both work on one day."""
    assert forecasts.handler({}, None)["day"] == "2013-03-01"


def test_each_log_line_is_one_json_event(forecasts: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """CloudWatch Logs Insights and the alarms' filters read fields, not prose."""
    forecasts.handler(FRIDAY, None)

    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["forecast_written"] * 6 + ["forecasts_written"]
    assert (events[0]["symbol"], events[0]["as_of"], events[0]["horizon"]) == ("AAPL", "2013-03-01", 1)
