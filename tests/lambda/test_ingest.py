"""The ingestion function from its event to the objects in bronze, against a source over real HTTP."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from types import ModuleType
from typing import Any

import pytest
import time_machine
from tests.stockcast.sources.fake_source import Reply, Source, body, chart

from stockcast.contracts.settings import MissingSettings
from stockcast.sources.invocation import SymbolsFailed
from stockcast.sources.polite_get import Patience

BRONZE = "bronze-bucket"
FRIDAY = {"day": "2013-03-01"}
APPLE = "bars/day=2013-03-01/symbol=AAPL/source=yahoo.json"
INDEX = "bars/day=2013-03-01/symbol=index-GSPC/source=yahoo.json"
WHOLE = [f"state/whole/symbol={name}/month=2013-03.json" for name in ("AAPL", "index-GSPC")]
YAHOO_ALONE = {
    "alpha_vantage_base_url": "http://127.0.0.1:9",
    "alpha_vantage_daily_budget": "25",
    "alpha_vantage_plan": "free",
    "market_secret": "none",
    "sources": "yahoo",
    "stooq_base_url": "http://127.0.0.1:9",
}


@pytest.fixture
def ingest(load: Callable[..., ModuleType], source: Source, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    source.by_symbol = {symbol: Reply(200, body(chart(symbol))) for symbol in ("AAPL", "^GSPC")}
    handler = load(
        "ingest",
        bronze_bucket=BRONZE,
        history_start="2013-02-25",
        source_base_url=source.base_url,
        symbols="AAPL,^GSPC",
        **YAHOO_ALONE,
    )
    monkeypatch.setattr(handler, "patience", Patience(sleep=lambda seconds: None))
    return handler


def test_every_symbol_is_stored_as_the_source_gave_it(ingest: ModuleType, s3: Any, source: Source) -> None:
    """Cleaning can only be repeated and doubted while the original is there."""
    answer = ingest.handler(FRIDAY, None)

    assert answer == {"day": "2013-03-01", "keys": [APPLE, INDEX]}
    assert s3.keys(BRONZE) == [APPLE, INDEX, *WHOLE]
    assert s3.body(BRONZE, APPLE) == body(chart("AAPL"))
    assert "period1=1361750400&period2=1362182400" in source.asked[0].path


@time_machine.travel("2013-03-01T23:00:05Z", tick=False)
def test_an_object_tells_where_it_came_from_and_when(ingest: ModuleType, s3: Any) -> None:
    """Two vendors' figures for one day differ; without this nobody can tell whose these are."""
    ingest.handler(FRIDAY, None)

    assert s3.objects[BRONZE, APPLE]["Metadata"] == {
        "source": "yahoo",
        "fetched_at": "2013-03-01T23:00:05+00:00",
        "sha256": hashlib.sha256(body(chart("AAPL"))).hexdigest(),
    }


def test_a_day_fetched_twice_is_stored_once(ingest: ModuleType, s3: Any) -> None:
    """A retry after a timeout must not double a day."""
    first = ingest.handler(FRIDAY, None)
    objects = {key: s3.body(BRONZE, key) for key in s3.keys(BRONZE)}

    again = ingest.handler(FRIDAY, None)

    assert again == first
    assert {key: s3.body(BRONZE, key) for key in s3.keys(BRONZE)} == objects


def test_one_refused_symbol_costs_neither_the_others_nor_its_evidence(
    ingest: ModuleType, s3: Any, source: Source
) -> None:
    """One renamed ticker must not stop the whole market, nor pass unseen."""
    source.by_symbol["AAPL"] = Reply(200, b"<html>Are you a robot?</html>")

    with pytest.raises(SymbolsFailed) as failure:
        ingest.handler(FRIDAY, None)

    told = str(failure.value)
    assert told.startswith("1 of 2 symbols failed for 2013-03-01: AAPL: the answer is a web page")
    assert "Run it again in an hour" in told
    refused = "quarantine/day=2013-03-01/symbol=AAPL/source=yahoo"
    assert s3.keys(BRONZE) == [INDEX, f"{refused}.reason.json", f"{refused}.txt", WHOLE[1]]
    assert s3.body(BRONZE, f"{refused}.txt") == b"<html>Are you a robot?</html>"
    reason = json.loads(s3.body(BRONZE, f"{refused}.reason.json"))
    assert (reason["symbol"], reason["day"], reason["status"]) == ("AAPL", "2013-03-01", 200)
    assert reason["reason"].startswith("SourceBlocked: the answer is a web page")
    assert reason["url"].startswith(source.base_url)


def test_all_failures_are_named_in_one_error(ingest: ModuleType, source: Source) -> None:
    """The night shift reads one message, not one per run."""
    unknown = body({"chart": {"result": None, "error": {"code": "Not Found", "description": "delisted"}}})
    source.by_symbol = {"AAPL": Reply(404, unknown), "^GSPC": Reply(429, b"Too Many Requests")}

    with pytest.raises(SymbolsFailed, match=r"2 of 2 .*AAPL: .*404.*`symbols`.*\^GSPC: .*429.*an hour"):
        ingest.handler(FRIDAY, None)


def test_a_source_that_is_gone_leaves_nothing_to_quarantine(ingest: ModuleType, s3: Any) -> None:
    """An empty quarantine file would look like an answer."""
    ingest.settings["source_base_url"] = "http://127.0.0.1:9"

    with pytest.raises(SymbolsFailed, match="gave no whole answer in 4 tries"):
        ingest.handler(FRIDAY, None)

    assert s3.keys(BRONZE) == []


@pytest.mark.parametrize("event", [{}, {"day": ""}])
@time_machine.travel("2013-03-01T23:00:00Z", tick=False)
def test_a_schedule_without_a_day_means_today(ingest: ModuleType, event: dict[str, Any]) -> None:
    """EventBridge Scheduler starts the function and knows no dates."""
    assert ingest.handler(event, None)["day"] == "2013-03-01"


@time_machine.travel("2026-07-01T23:00:00Z", tick=False)
def test_the_events_day_counts_and_not_the_clock(ingest: ModuleType) -> None:
    """A rerun of an old day must not fetch today under the old name, or the reverse."""
    assert ingest.handler(FRIDAY, None)["day"] == "2013-03-01"


@pytest.mark.parametrize("day", ["yesterday", "2013-02-30", "20130301", None, 20130301.5])
def test_a_day_that_is_none_is_refused(ingest: ModuleType, s3: Any, day: Any) -> None:
    """A typing error must not become today's run."""
    with pytest.raises(ValueError, match=r"day is .*must be an ISO date"):
        ingest.handler({"day": day}, None)

    assert s3.objects == {}


def test_a_day_before_history_is_refused_before_the_first_request(ingest: ModuleType, source: Source) -> None:
    """Else each symbol fails with the source's own riddle."""
    with pytest.raises(ValueError, match="must not lie before history_start, 2013-02-25"):
        ingest.handler({"day": "2013-01-02"}, None)

    assert source.asked == []


def test_what_no_longer_fits_into_the_time_is_named(ingest: ModuleType, s3: Any, clock: Any) -> None:
    """A killed function names nothing; the first symbol is always tried, however short the time."""
    with pytest.raises(SymbolsFailed, match=r"1 of 2 .*\^GSPC: no time left"):
        ingest.handler(FRIDAY, clock(20_000))

    assert s3.keys(BRONZE) == [APPLE, WHOLE[0]]


def test_with_enough_time_all_are_fetched(ingest: ModuleType, clock: Any) -> None:
    """The guard must not cost symbols on a normal day."""
    assert len(ingest.handler(FRIDAY, clock(299_000))["keys"]) == 2


def test_each_log_line_is_one_json_event(ingest: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """CloudWatch Logs Insights and the alarms' filters read fields, not prose."""
    ingest.handler(FRIDAY, None)

    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(event["event"], event.get("symbol"), event["day"]) for event in events] == [
        ("bars_stored", "AAPL", "2013-03-01"),
        ("bars_stored", "^GSPC", "2013-03-01"),
        ("bars_fetched", None, "2013-03-01"),
    ]


def test_missing_settings_are_named_at_start(load: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """A function without its bucket should never come up, rather than fail on its first night."""
    monkeypatch.delenv("STOCKCAST_SYMBOLS", raising=False)

    with pytest.raises(MissingSettings, match="STOCKCAST_SYMBOLS"):
        load(
            "ingest",
            bronze_bucket=BRONZE,
            history_start="2013-02-25",
            source_base_url="http://127.0.0.1:9",
            **YAHOO_ALONE,
        )


def test_history_start_is_a_date(ingest: ModuleType) -> None:
    """Text compared with text would let 2013-2-25 sort after every day."""
    assert ingest.history_start == date(2013, 2, 25)
