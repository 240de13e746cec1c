"""Several sources behind the ingestion function: their order, keys and counts, older answers, and comparing two."""

import json
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import time_machine
from tests.stockcast.sources.fake_source import (
    ALPHA_VANTAGE,
    STOOQ,
    YAHOO,
    Quote,
    Reply,
    Source,
    body,
    chart,
    series,
    table,
    year,
)

from stockcast.contracts.bars import Parsed
from stockcast.sources import assembled
from stockcast.sources.answers import BudgetSpent
from stockcast.sources.invocation import SymbolsFailed
from stockcast.sources.pace import Pace
from stockcast.sources.polite_get import Patience

BRONZE, SECRET, KEY = "bronze-bucket", "arn:aws:secretsmanager:us-east-1:1:secret:market-keys", "SESAME42OPEN"
FRIDAY, MONDAY = {"day": "2013-03-01"}, {"day": "2013-03-04"}
YEAR = year()
BLOCKED = Reply(401, b"Invalid Crumb")
COUNT = "state/budget/source=alpha_vantage/day=2013-03-01.json"
APPLE = "bars/day=2013-03-01/symbol=AAPL"


@pytest.fixture
def ingest(
    load: Callable[..., ModuleType], source: Source, secrets: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ModuleType]]:
    """The handler with the sources and settings of one's choice, its clock in the evening of 2013-03-01."""
    secrets.texts[SECRET] = json.dumps({"alpha_vantage": KEY})

    def with_sources(names: str, **settings: str) -> ModuleType:
        usual = {
            "alpha_vantage_base_url": source.base_url,
            "alpha_vantage_daily_budget": "25",
            "alpha_vantage_plan": "free",
            "bronze_bucket": BRONZE,
            "history_start": "2012-01-02",
            "market_secret": SECRET,
            "source_base_url": source.base_url,
            "sources": names,
            "stooq_base_url": source.base_url,
            "symbols": "AAPL",
        }
        handler = load("ingest", **usual | settings)
        monkeypatch.setattr(handler, "patience", Patience(sleep=lambda seconds: None))
        return handler

    with time_machine.travel("2013-03-01T23:00:00Z", tick=False):
        yield with_sources


def paths(source: Source) -> list[str]:
    """What was asked, without parameters."""
    return [asked.path.split("?")[0] for asked in source.asked]


def yahoo(rows: tuple[Quote, ...] = YEAR, symbol: str = "AAPL") -> Reply:
    return Reply(200, body(chart(symbol, rows)))


def free(rows: tuple[Quote, ...]) -> Reply:
    return Reply(200, body(series("AAPL", rows, is_paid=False)))


def test_the_first_source_that_answers_well_is_the_only_one_asked(
    ingest: Callable[..., ModuleType], source: Source
) -> None:
    """A second vendor's requests are counted; none goes out while the first one works."""
    source.by_path = {YAHOO: yahoo(), STOOQ: Reply(200, table(YEAR))}

    ingest("yahoo,stooq").handler(FRIDAY, None)

    assert paths(source) == ["/v8/finance/chart/AAPL"]


def test_the_order_is_the_settings_own(ingest: Callable[..., ModuleType], source: Source) -> None:
    """Whoever pays for a source wants it first."""
    source.by_path = {YAHOO: yahoo(), STOOQ: Reply(200, table(YEAR))}

    answer = ingest("stooq,yahoo").handler(FRIDAY, None)

    assert answer["keys"] == [f"{APPLE}/source=stooq.json"]


def test_when_no_source_has_it_each_is_named_with_its_remedy(ingest: Callable[..., ModuleType], source: Source) -> None:
    """The night shift must not learn of the second source's trouble one night later."""
    source.by_path = {YAHOO: BLOCKED, STOOQ: Reply(200, b"No data")}

    with pytest.raises(SymbolsFailed, match=r"AAPL: yahoo: .*401.*an hour.* stooq: .*'No data'.*`symbols`"):
        ingest("yahoo,stooq").handler(FRIDAY, None)


def test_a_source_that_is_down_rests_and_the_next_ones_get_the_time(
    ingest: Callable[..., ModuleType], source: Source
) -> None:
    """Four tries for each of eight symbols against a dead host would end the function before the fifth."""
    source.by_path = {YAHOO: Reply(503, b"down")}
    names = ["A", "B", "C", "D"]
    for seed, name in enumerate(names):
        source.by_path[f"/q/d/l/?s={name.lower()}.us"] = Reply(200, table(year(seed)))

    answer = ingest("yahoo,stooq", symbols=",".join(names)).handler(FRIDAY, None)

    assert len(answer["keys"]) == 4
    assert paths(source).count("/q/d/l/") == 4
    assert [path for path in paths(source) if path.startswith(YAHOO)] == [f"{YAHOO}A"] * 4 + [f"{YAHOO}B"] * 4


def test_a_single_source_that_is_busy_is_asked_for_every_symbol(
    ingest: Callable[..., ModuleType], source: Source
) -> None:
    """Its limit may pass any moment, and nobody else is left."""
    source.by_path = {YAHOO: BLOCKED}

    with pytest.raises(SymbolsFailed, match="4 of 4 symbols failed"):
        ingest("yahoo", symbols="A,B,C,D").handler(FRIDAY, None)

    assert len(source.asked) == 4


def test_a_free_answer_of_a_few_days_gets_the_older_history_beside_it(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """Cleaning sees one day's folder; without the base it would learn from a hundred days."""
    rows = year(days=301, until="2013-03-04")
    source.by_path = {YAHOO: yahoo(rows[:-1]), ALPHA_VANTAGE: free(rows[-100:])}
    handler = ingest("yahoo,alpha_vantage").handler
    handler(FRIDAY, None)
    source.by_path[YAHOO] = BLOCKED

    with time_machine.travel("2013-03-04T23:00:00Z", tick=False):
        handler(MONDAY, None)

    folder = "bars/day=2013-03-04/symbol=AAPL"
    assert [key for key in s3.keys(BRONZE) if key.startswith(folder)] == [
        f"{folder}/base=yahoo.json",
        f"{folder}/source=alpha_vantage.json",
    ]
    assert s3.body(BRONZE, f"{folder}/base=yahoo.json") == s3.body(BRONZE, f"{APPLE}/source=yahoo.json")
    whole = history(s3, folder)
    assert [bar.date.isoformat() for bar in whole.bars] == [row[0] for row in rows]
    assert [bar.close for bar in whole.bars] == pytest.approx([row[5] for row in rows])
    assert {bar.source for bar in whole.bars[-1:]} == {"alpha_vantage"}


def history(s3: Any, folder: str) -> Parsed:
    """What cleaning makes of a symbol's folder."""
    found: dict[str, dict[str, bytes]] = {"source": {}, "base": {}}
    for key in s3.keys(BRONZE):
        if key.startswith(folder):
            kind, name = key.rsplit("/", 1)[1].removesuffix(".json").split("=")
            found[kind][name] = s3.body(BRONZE, key)
    return assembled("AAPL", found["source"], found["base"], ["yahoo", "alpha_vantage"]).parsed


def test_the_older_history_survives_many_days_without_the_first_source(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """Yahoo may stay shut for weeks: the base is handed on from day to day, into the next month too."""
    rows = year(days=340, until="2013-04-26")
    by_day = {row[0]: i for i, row in enumerate(rows)}
    handler = ingest("yahoo,alpha_vantage").handler
    source.by_path = {YAHOO: yahoo(rows[: by_day["2013-03-01"] + 1])}
    handler(FRIDAY, None)
    source.by_path[YAHOO] = BLOCKED

    for day in ("2013-03-22", "2013-04-26"):
        with time_machine.travel(f"{day}T23:00:00Z", tick=False):
            source.by_path[ALPHA_VANTAGE] = free(rows[by_day[day] - 99 : by_day[day] + 1])
            handler({"day": day}, None)

    newest = history(s3, "bars/day=2013-04-26/symbol=AAPL")
    assert len(newest.bars) == len(rows)


def test_an_answer_of_a_few_days_without_an_older_one_is_refused(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """A hundred days look like a young company, and would be forecast from as one."""
    source.by_path = {ALPHA_VANTAGE: free(YEAR[-100:])}

    with pytest.raises(SymbolsFailed, match=r"begins on 2012-10-15, and no older answer.*without `since`"):
        ingest("alpha_vantage").handler(FRIDAY, None)

    assert [key for key in s3.keys(BRONZE) if key.startswith("bars/")] == []


def test_an_answer_that_does_not_fit_behind_the_older_one_is_refused(
    ingest: Callable[..., ModuleType], source: Source
) -> None:
    """Two companies' prices in one series: found at the door and not in the forecasts."""
    source.by_path = {YAHOO: yahoo(), ALPHA_VANTAGE: free(year(seed=5)[-100:])}
    handler = ingest("yahoo,alpha_vantage").handler
    handler(FRIDAY, None)
    source.by_path[YAHOO] = BLOCKED

    with pytest.raises(SymbolsFailed, match=r"does not fit behind that of yahoo: the ratio .* varies by 0\.\d+"):
        handler(FRIDAY, None)


def test_a_role_that_may_not_list_the_bucket_finds_its_older_answer_all_the_same(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """To such a role S3 says that a missing object is forbidden; the month before must be looked at still."""
    s3.denied = {"state/whole/symbol=AAPL/month=2013-04.json"}
    rows = year(days=322, until="2013-04-02")
    place = [row[0] for row in rows].index("2013-03-01")
    source.by_path = {YAHOO: yahoo(rows[: place + 1]), ALPHA_VANTAGE: free(rows[-100:])}
    handler = ingest("yahoo,alpha_vantage").handler
    handler(FRIDAY, None)
    source.by_path[YAHOO] = BLOCKED

    with time_machine.travel("2013-04-02T23:00:00Z", tick=False):
        handler({"day": "2013-04-02"}, None)

    assert "bars/day=2013-04-02/symbol=AAPL/base=yahoo.json" in s3.keys(BRONZE)


def test_years_are_filled_in_by_the_same_call_over_a_range(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """A back-fill with a program of its own would put other bytes under the same keys."""
    source.by_path = {YAHOO: yahoo()}

    answer = ingest("yahoo").handler(FRIDAY | {"since": "2010-01-04", "symbols": ["AAPL"]}, None)

    assert answer["keys"] == [f"{APPLE}/source=yahoo.json"]
    assert "period1=1262563200&" in source.asked[0].path


def test_a_short_range_written_over_a_whole_day_leaves_the_whole_one_beside_it(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """A quick look at the last weeks must not cost the years before them."""
    handler = ingest("yahoo").handler
    source.by_path = {YAHOO: yahoo()}
    handler(FRIDAY, None)
    source.by_path = {YAHOO: yahoo(YEAR[-30:])}

    for _ in range(2):
        handler(FRIDAY | {"since": "2013-01-21"}, None)

    assert len(history(s3, APPLE).bars) == len(YEAR)
    assert json.loads(s3.body(BRONZE, f"{APPLE}/base=yahoo.json")) == chart("AAPL", YEAR)


def test_every_request_to_a_source_with_an_allowance_is_counted(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """Tries count too: the vendor counts them."""
    source.by_path = {ALPHA_VANTAGE: Reply(503, b"busy")}

    with pytest.raises(SymbolsFailed):
        ingest("alpha_vantage").handler(FRIDAY, None)

    assert len(source.asked) == 4
    assert json.loads(s3.body(BRONZE, COUNT)) == {"source": "alpha_vantage", "spent": 4, "daily": 25}


def test_the_allowance_is_never_exceeded_and_begins_anew_the_next_day(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """The twenty-sixth request of a free key may cost the key."""
    source.by_path = {ALPHA_VANTAGE: Reply(200, body(series(rows=YEAR)))}
    module = ingest("alpha_vantage", alpha_vantage_plan="paid", alpha_vantage_daily_budget="2")

    module.handler(FRIDAY, None)
    module.handler(FRIDAY, None)
    with pytest.raises(SymbolsFailed, match=r"was not asked: 2 of 2 requests of the day are spent.*tomorrow"):
        module.handler(FRIDAY, None)

    assert len(source.asked) == 2
    with time_machine.travel("2013-03-02T00:00:01Z", tick=False):
        module.handler(FRIDAY, None)
    assert len(source.asked) == 3


def test_an_allowance_of_none_asks_nobody(ingest: Callable[..., ModuleType], source: Source) -> None:
    """The way to switch a source off without taking its key away."""
    with pytest.raises(SymbolsFailed, match="0 of 0 requests"):
        ingest("alpha_vantage", alpha_vantage_daily_budget="0").handler(FRIDAY, None)

    assert source.asked == []


def test_two_functions_at_once_do_not_count_one_request_twice(
    ingest: Callable[..., ModuleType], s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that read 24 and both write 25 would send 26."""
    ingest("alpha_vantage")
    import budget  # the function's own module, on the path since it was loaded

    one, other = (budget.Budget(s3, BRONZE, "alpha_vantage", 2, Pace(0)) for _ in range(2))
    plain = s3.get_object
    raced: list[bool] = []

    def read_and_be_overtaken(**given: Any) -> dict[str, Any]:
        read = plain(**given)
        if not raced:
            raced.append(True)
            other.spend("IBM")
        return read

    monkeypatch.setattr(s3, "get_object", read_and_be_overtaken)
    one.spend("AAPL")
    with pytest.raises(BudgetSpent, match="2 of 2 requests"):
        one.spend("MSFT")

    assert json.loads(s3.body(BRONZE, COUNT))["spent"] == 2


def test_an_index_costs_no_request_where_there_are_none(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """Three indices a night would eat an eighth of a free key's day for three refusals."""
    with pytest.raises(SymbolsFailed, match="Alpha Vantage has no indices"):
        ingest("alpha_vantage", symbols="^GSPC").handler(FRIDAY, None)

    assert (source.asked, s3.objects) == ([], {})


def test_requests_of_a_free_key_keep_their_distance(
    ingest: Callable[..., ModuleType], source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five a minute are granted; the sixth is answered by a sentence instead of bars."""
    module = ingest("alpha_vantage", symbols="AAPL,IBM,MSFT")
    now, waited = [0.0], []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(module, "patience", Patience(sleep=sleep, clock=lambda: now[0]))
    source.by_path = {ALPHA_VANTAGE: Reply(200, body({"Note": "limit"}))}

    with pytest.raises(SymbolsFailed):
        module.handler(FRIDAY, None)

    assert waited == [12.5, 12.5]


def test_the_key_is_nowhere_but_in_the_request(
    ingest: Callable[..., ModuleType], source: Source, s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Alpha Vantage repeats the key in its refusals; logs and the bronze bucket have more readers than the secret."""
    said = {"Information": f"We have detected your API key as {KEY} and our rate limit is 25 requests per day."}
    source.by_path = {ALPHA_VANTAGE: Reply(200, body(said))}

    with pytest.raises(SymbolsFailed) as failure:
        ingest("alpha_vantage").handler(FRIDAY, None)

    assert f"apikey={KEY}" in source.asked[0].path
    told = str(failure.value) + capsys.readouterr().out
    told += b" ".join(given["Body"] for given in s3.objects.values()).decode()
    assert "API key as *** and" in told
    assert "apikey=***" in told
    assert KEY not in told


def test_a_host_that_is_gone_does_not_tell_the_key_either(ingest: Callable[..., ModuleType]) -> None:
    """The address stands in the error, and the key in the address; tracebacks print causes as well."""
    with pytest.raises(SymbolsFailed, match=r"apikey=\*\*\* gave no whole answer in 4 tries") as failure:
        ingest("alpha_vantage", alpha_vantage_base_url="http://127.0.0.1:9").handler(FRIDAY, None)

    seen: BaseException | None = failure.value
    while seen:
        assert KEY not in str(seen)
        seen = seen.__cause__ or seen.__context__


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: .*ResourceNotFoundException"),
        ("not JSON", "must hold a JSON object with the key 'alpha_vantage'"),
        ('{"other": "x"}', "must hold a JSON object with the key 'alpha_vantage'"),
        ('["x"]', "must hold a JSON object with the key 'alpha_vantage'"),
        ('{"alpha_vantage": ""}', "is empty or no plain text"),
        ('{"alpha_vantage": "a\\nb"}', "is empty or no plain text"),
    ],
    ids=["no value yet", "no JSON", "another key", "a list", "an empty key", "two lines"],
)
def test_a_missing_key_is_told_and_the_next_source_asked(
    ingest: Callable[..., ModuleType],
    source: Source,
    secrets: Any,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    reason: str,
) -> None:
    """An environment is applied before anybody puts a key into its secret."""
    secrets.texts = {SECRET: content} if content else {}
    source.by_path = {STOOQ: Reply(200, table(YEAR))}

    ingest("alpha_vantage,stooq").handler(FRIDAY, None)

    refused = json.loads(capsys.readouterr().out.splitlines()[0])
    assert refused["kind"] == "NoKey"
    assert re.search(reason, refused["reason"])
    assert "a\nb" not in refused["reason"]


def test_without_a_secret_the_remedy_is_the_setting(ingest: Callable[..., ModuleType]) -> None:
    """`sources` set by hand in the console names a source that Terraform made no secret for."""
    with pytest.raises(SymbolsFailed, match=r"`market_secret` names no secret.*`market.sources`"):
        ingest("alpha_vantage", market_secret="none").handler(FRIDAY, None)


def test_the_secret_is_read_once_a_run_and_only_when_it_is_wanted(
    ingest: Callable[..., ModuleType], source: Source, secrets: Any
) -> None:
    """Reading costs money and time; a rotated key must be seen by the next run."""
    source.by_path = {YAHOO: yahoo()}
    module = ingest("yahoo,alpha_vantage", symbols="AAPL,AAPL")
    module.handler(FRIDAY, None)
    assert secrets.reads == 0

    source.by_path = {YAHOO: BLOCKED, ALPHA_VANTAGE: Reply(200, body({"Note": "limit"}))}
    with pytest.raises(SymbolsFailed):
        module.handler(FRIDAY | {"symbols": ["AAPL", "IBM"]}, None)
    assert secrets.reads == 1


def test_two_sources_that_agree_are_both_kept(ingest: Callable[..., ModuleType], source: Source, s3: Any) -> None:
    """The quarterly check that the first source still tells what others tell."""
    source.by_path = {YAHOO: yahoo(), STOOQ: Reply(200, table(YEAR))}

    answer = ingest("yahoo,stooq").handler(FRIDAY | {"cross_check": True}, None)

    assert answer["keys"] == [f"{APPLE}/source=yahoo.json", f"{APPLE}/source=stooq.json"]
    finding = json.loads(s3.body(BRONZE, "cross_check/day=2013-03-01/symbol=AAPL.json"))
    assert (finding["verdict"], finding["sources"]) == ("agree", ["yahoo", "stooq"])
    assert (finding["common_days"], finding["differing_days"]) == (300, 0)
    assert finding["correlation"] == pytest.approx(1)


def test_two_sources_that_differ_a_little_are_data_and_no_alarm(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """Vendors correct a close now and then; a red run for it would soon be ignored."""
    rows = list(YEAR)
    rows[100] = (*rows[100][:4], rows[100][4] * 1.002, rows[100][5] * 1.002, rows[100][6])
    source.by_path = {YAHOO: yahoo(), STOOQ: Reply(200, table(tuple(rows)))}

    ingest("yahoo,stooq").handler(FRIDAY | {"cross_check": True}, None)

    finding = json.loads(s3.body(BRONZE, "cross_check/day=2013-03-01/symbol=AAPL.json"))
    assert (finding["verdict"], finding["differing_days"]) == ("differ", 2)
    assert [day["date"] for day in finding["differences"]] == [rows[100][0], rows[101][0]]


def test_a_second_source_that_does_not_answer_makes_no_check_and_no_failure(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """The day's bars are there; that nobody compared them is told."""
    source.by_path = {YAHOO: yahoo(), STOOQ: BLOCKED}

    answer = ingest("yahoo,stooq").handler(FRIDAY | {"cross_check": True}, None)

    assert answer["keys"] == [f"{APPLE}/source=yahoo.json"]
    finding = json.loads(s3.body(BRONZE, "cross_check/day=2013-03-01/symbol=AAPL.json"))
    assert (finding["verdict"], finding["reason"]) == ("not_checkable", "only yahoo has it.")


def test_the_slowest_symbol_fits_into_the_functions_time(ingest: Callable[..., ModuleType]) -> None:
    """Terraform gives it 300 seconds; a symbol that needs more would never be begun."""
    module = ingest("yahoo,alpha_vantage,stooq")

    assert module.market.worst_seconds(module.settings, Patience()) < 280


def test_a_source_that_is_none_stops_the_function_at_its_start(ingest: Callable[..., ModuleType]) -> None:
    """Better no function than one that silently asks one source less."""
    with pytest.raises(ValueError, match="sources is 'yahoo,google'; it must name at least one of"):
        ingest("yahoo,google")
