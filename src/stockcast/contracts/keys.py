"""Every key in the lake, by symbol and day, so that writing twice overwrites instead of doubling.

`day` is the run's day (a date or its ISO text); `as_of` is the date of a symbol's last clean bar.
"""

import re
from datetime import date

SYMBOL = re.compile(r"\^?[A-Z0-9][A-Z0-9.\-]{0,14}")
SOURCE = re.compile(r"[a-z][a-z0-9_]{0,30}")
INDEX_PREFIX = "index-"  # lower case, which no symbol has, so that slug and symbol never collide


def checked_symbol(symbol: str) -> str:
    """Give the symbol back, or refuse what would break keys and URLs."""
    if not SYMBOL.fullmatch(symbol):
        raise ValueError(
            f"symbol is {symbol!r}; it must match {SYMBOL.pattern}, such as AAPL, BRK-B or ^GSPC. "
            "Correct the `symbols` setting."
        )
    return symbol


def checked_day(day: date | str) -> str:
    """ISO text of the day; refuses anything that is not one."""
    try:
        return date.fromisoformat(str(day)).isoformat()
    except ValueError as fault:
        raise ValueError(f"day is {day!r}; it must be an ISO date such as 2013-03-01. Pass the run's day.") from fault


def slug(symbol: str) -> str:
    """The symbol as it stands in keys: `^GSPC` -> `index-GSPC`, since ^ has to be escaped in URLs and shells."""
    checked_symbol(symbol)
    return INDEX_PREFIX + symbol[1:] if symbol.startswith("^") else symbol


def unslug(name: str) -> str:
    """The symbol that `slug` made the name from."""
    return checked_symbol("^" + name.removeprefix(INDEX_PREFIX) if name.startswith(INDEX_PREFIX) else name)


def checked_source(source: str) -> str:
    """Give a source's name back, or refuse what would break keys."""
    if not SOURCE.fullmatch(source):
        raise ValueError(
            f"source is {source!r}; it must match {SOURCE.pattern}, such as alpha_vantage. "
            "Correct the `sources` setting."
        )
    return source


def split_symbols(setting: str) -> list[str]:
    """The setting `symbols` ("AAPL,MSFT,^GSPC") as a checked list without repeats, in its order."""
    symbols = [part.strip() for part in setting.split(",") if part.strip()]
    if not symbols:
        raise ValueError(f"symbols is {setting!r}; it must name at least one, such as AAPL,^GSPC. Set `symbols`.")
    return list(dict.fromkeys(checked_symbol(symbol) for symbol in symbols))


def bronze_bars(day: date | str, symbol: str, source: str) -> str:
    """One source's raw answer for one symbol, up to the day."""
    return f"{_bronze(day, symbol)}/source={checked_source(source)}.json"


def bronze_base(day: date | str, symbol: str, source: str) -> str:
    """An older answer of the whole history, copied beside one that reaches back only some days."""
    return f"{_bronze(day, symbol)}/base={checked_source(source)}.json"


def bronze_refused(day: date | str, symbol: str, source: str, wanted: str = "source") -> str:
    """Raw bytes of an answer that was not bars, or with `wanted` "news" no news: one source may fail in both."""
    return f"{_refused(day, symbol, source, wanted)}.txt"


def bronze_refused_reason(day: date | str, symbol: str, source: str, wanted: str = "source") -> str:
    """Why: {symbol, day, source, reason, status, url}."""
    return f"{_refused(day, symbol, source, wanted)}.reason.json"


def _refused(day: date | str, symbol: str, source: str, wanted: str) -> str:
    return f"quarantine/day={checked_day(day)}/symbol={slug(symbol)}/{wanted}={checked_source(source)}"


def bronze_news(day: date | str, symbol: str, source: str) -> str:
    """One source's articles on one symbol, from some days before up to the day."""
    return f"news/day={checked_day(day)}/symbol={slug(symbol)}/source={checked_source(source)}.json"


def bronze_cross_check(day: date | str, symbol: str) -> str:
    """How far two sources agree on one symbol."""
    return f"cross_check/day={checked_day(day)}/symbol={slug(symbol)}.json"


def bronze_budget(source: str, day: date | str) -> str:
    """How many requests of a day's allowance went to a source; the day is the calendar's, not the run's."""
    return f"state/budget/source={checked_source(source)}/day={checked_day(day)}.json"


def bronze_whole(symbol: str, month: date) -> str:
    """Where the last answer with a symbol's whole history in a month of runs lies: {day, source, key}.

    By month, so that it is written without being read first, and a back-fill leaves later months alone.
    """
    return f"state/whole/symbol={slug(symbol)}/month={month:%Y-%m}.json"


def silver_bars() -> str:
    """Clean adjusted bars of all symbols and years: one file, so that no run leaves a part of another's behind."""
    return "bars/part.parquet"


def silver_annotations() -> str:
    """Splits, dividends, closed days and people's notes of all symbols: replaced as a whole, as the bars are."""
    return "annotations/part.parquet"


def silver_features(file: str) -> str:
    """One file of the feature table: whole symbols, whichever engine wrote it."""
    return f"features/{file}"


def silver_recent(day: date | str, symbol: str) -> str:
    """The serving request for one symbol: its last clean adjusted bars."""
    return f"recent/day={checked_day(day)}/symbol={slug(symbol)}.json"


def silver_quarantine(day: date | str) -> str:
    """Rows that were refused, one JSON object a line, each with rule, value and reason."""
    return f"quarantine/day={checked_day(day)}/rows.jsonl"


def silver_report(day: date | str) -> str:
    """What cleaning saw: counts, first and last days, gaps."""
    return f"reports/day={checked_day(day)}.json"


def model_artifact(job_name: str) -> str:
    """Where SageMaker puts the bundle of a training job."""
    return f"training/{job_name}/output/model.tar.gz"


def evaluation(job_name: str) -> str:
    """The judgement on the model that training job made."""
    return f"evaluation/{job_name}/evaluation.json"


def tracked_run(job_name: str) -> str:
    """What leads from a training job to its MLflow run."""
    return f"mlflow/runs/{job_name}.json"


def gold_forecast(as_of: date | str, symbol: str, horizon: int) -> str:
    """One record: one symbol, one day, one horizon."""
    return f"forecasts/day={checked_day(as_of)}/symbol={slug(symbol)}/horizon={horizon}.json"


def gold_challenger(as_of: date | str, model: str, symbol: str, horizon: int) -> str:
    """The same of a model that does not serve, for people to compare."""
    return f"challengers/day={checked_day(as_of)}/model={model}/symbol={slug(symbol)}/horizon={horizon}.json"


def _bronze(day: date | str, symbol: str) -> str:
    return f"bars/day={checked_day(day)}/symbol={slug(symbol)}"
