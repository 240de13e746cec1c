"""Keys of the lake."""

from datetime import date

import pytest

from stockcast.contracts import keys


@pytest.mark.parametrize(
    ("symbol", "name"), [("AAPL", "AAPL"), ("^GSPC", "index-GSPC"), ("BRK-B", "BRK-B"), ("005930.KS", "005930.KS")]
)
def test_a_slug_leads_back_to_its_symbol(symbol, name):
    """Silver names a symbol after its file: a slug that loses something would forecast another company."""
    assert keys.slug(symbol) == name
    assert keys.unslug(name) == symbol


@pytest.mark.parametrize("symbol", ["", "aapl", "../AAPL", "A/B", "^^GSPC", "A" * 16, "AAPL\n", "index-GSPC"])
def test_what_could_break_a_key_or_a_url_is_no_symbol(symbol):
    """A symbol from a setting must not reach another folder."""
    with pytest.raises(ValueError, match="it must match"):
        keys.slug(symbol)


def test_all_keys_are_those_that_the_design_names():
    """Rooms that never import each other meet at these keys."""
    friday, index, apple = "2013-03-01", "symbol=index-GSPC", "symbol=AAPL"
    assert keys.bronze_bars(friday, "^GSPC", "yahoo") == f"bars/day={friday}/{index}/source=yahoo.json"
    assert keys.bronze_base(friday, "^GSPC", "yahoo") == f"bars/day={friday}/{index}/base=yahoo.json"
    assert keys.bronze_refused(date(2013, 3, 1), "AAPL", "stooq") == f"quarantine/day={friday}/{apple}/source=stooq.txt"
    assert keys.bronze_refused_reason(friday, "AAPL", "stooq") == (
        f"quarantine/day={friday}/{apple}/source=stooq.reason.json"
    )
    assert keys.bronze_news(friday, "AAPL", "alpha_vantage") == f"news/day={friday}/{apple}/source=alpha_vantage.json"
    assert keys.bronze_cross_check(friday, "AAPL") == f"cross_check/day={friday}/{apple}.json"
    assert keys.bronze_budget("alpha_vantage", friday) == f"state/budget/source=alpha_vantage/day={friday}.json"
    assert keys.bronze_whole("AAPL", date(2013, 3, 1)) == f"state/whole/{apple}/month=2013-03.json"
    assert keys.silver_bars() == "bars/part.parquet"
    assert keys.silver_recent("2013-03-01", "AAPL") == "recent/day=2013-03-01/symbol=AAPL.json"
    assert keys.silver_quarantine("2013-03-01") == "quarantine/day=2013-03-01/rows.jsonl"
    assert keys.silver_annotations() == "annotations/part.parquet"
    assert keys.silver_report("2013-03-01") == "reports/day=2013-03-01.json"
    assert keys.model_artifact("job-1") == "training/job-1/output/model.tar.gz"
    assert keys.evaluation("job-1") == "evaluation/job-1/evaluation.json"
    assert keys.gold_forecast(date(2013, 3, 1), "AAPL", 21) == "forecasts/day=2013-03-01/symbol=AAPL/horizon=21.json"
    assert keys.gold_challenger(friday, "har", "^GSPC", 5) == (
        f"challengers/day={friday}/model=har/{index}/horizon=5.json"
    )


def test_a_day_that_is_none_is_refused():
    """`day=` with a template that was not filled in would collect all days under one key."""
    with pytest.raises(ValueError, match="it must be an ISO date"):
        keys.bronze_bars("{{ ds }}", "AAPL", "yahoo")


@pytest.mark.parametrize("source", ["", "Yahoo", "alpha-vantage", "../yahoo", "yahoo.json"])
def test_what_could_break_a_key_is_no_source(source):
    """A typing error in `sources` must not lay answers where nobody looks."""
    with pytest.raises(ValueError, match="Correct the `sources` setting"):
        keys.bronze_bars("2013-03-01", "AAPL", source)


def test_the_symbols_setting_is_a_list_without_repeats():
    """A symbol named twice would be fetched twice against the source's limit."""
    assert keys.split_symbols("AAPL, ^GSPC,AAPL,") == ["AAPL", "^GSPC"]
    with pytest.raises(ValueError, match="it must name at least one"):
        keys.split_symbols(" , ")
