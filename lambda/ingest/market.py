"""The sources that the settings name, ready to be asked, and the keys that some of them want."""

import json
from collections.abc import Callable, Mapping

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from bronze import Bronze
from budget import Budget

from stockcast.sources import alpha_vantage, stooq, yahoo
from stockcast.sources.adapters import Source, checked_names
from stockcast.sources.answers import NoKey
from stockcast.sources.news import AlphaVantageNews
from stockcast.sources.pace import Pace
from stockcast.sources.polite_get import Patience

NO_SECRET = "none"  # noqa: S105 - what Terraform says where no source wants a key
SECONDS_APART = {"free": 12.5, "paid": 0.8}  # five requests a minute, and seventy-five

SET_THE_KEY = (
    'Put {"alpha_vantage": "<your key>"} into it: aws secretsmanager put-secret-value --secret-id <name> '
    "--secret-string file://key.json"
)


def sources(settings: Mapping[str, str], bronze: Bronze, patience: Patience) -> list[Source]:
    """The sources in their order, with one run's keys and counts."""
    return [_MAKERS[name](settings, bronze, patience) for name in checked_names(settings["sources"])]


def news(settings: Mapping[str, str], bronze: Bronze, patience: Patience) -> AlphaVantageNews:
    """The one source of news; its requests count against the same allowance as those for bars."""
    return AlphaVantageNews(
        settings["alpha_vantage_base_url"],
        key=access_key(settings["market_secret"], alpha_vantage.NAME),
        allow=_budget(settings, bronze, patience).spend,
        patience=patience,
    )


def worst_seconds(settings: Mapping[str, str], patience: Patience) -> float:
    """The longest that one symbol can take: every source in turn, at its slowest."""
    names = checked_names(settings["sources"])
    paced = patience.tries * SECONDS_APART[settings["alpha_vantage_plan"]] if alpha_vantage.NAME in names else 0
    return len(names) * patience.worst_seconds + paced


def access_key(secret: str, source: str) -> Callable[[str], str]:
    """Reads a source's key out of the secret when it is first wanted; raises NoKey for the symbol that wanted it."""
    kept: list[str] = []

    def read(symbol: str) -> str:
        if not kept:
            kept.append(_read_key(secret, source, symbol))
        return kept[0]

    return read


def _read_key(secret: str, source: str, symbol: str) -> str:
    if secret == NO_SECRET:
        remedy = "Name it in `market.sources` and apply: Terraform makes the secret then."
        raise NoKey(symbol, f"{source} wants an access key, and the setting `market_secret` names no secret.", remedy)
    try:
        text = boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        key = json.loads(text)[source]
    except (BotoCoreError, ClientError) as fault:
        raise NoKey(symbol, f"the secret {secret} cannot be read: {fault}.", SET_THE_KEY) from fault
    except (KeyError, TypeError, ValueError):  # from None: the error would tell what is in the secret
        reason = f"the secret {secret} must hold a JSON object with the key {source!r}; it does not."
        raise NoKey(symbol, reason, SET_THE_KEY) from None
    if not isinstance(key, str) or not key.strip() or not key.isprintable():
        raise NoKey(symbol, f"the key {source!r} in the secret {secret} is empty or no plain text.", SET_THE_KEY)
    return key.strip()


def _alpha_vantage(settings: Mapping[str, str], bronze: Bronze, patience: Patience) -> Source:
    return alpha_vantage.AlphaVantage(
        settings["alpha_vantage_base_url"],
        key=access_key(settings["market_secret"], alpha_vantage.NAME),
        allow=_budget(settings, bronze, patience).spend,
        is_paid=settings["alpha_vantage_plan"] == "paid",
        patience=patience,
    )


def _budget(settings: Mapping[str, str], bronze: Bronze, patience: Patience) -> Budget:
    pace = Pace(SECONDS_APART[settings["alpha_vantage_plan"]], patience.clock, patience.sleep)
    return Budget(bronze.s3, bronze.bucket, alpha_vantage.NAME, int(settings["alpha_vantage_daily_budget"]), pace)


def _stooq(settings: Mapping[str, str], bronze: Bronze, patience: Patience) -> Source:
    return stooq.Stooq(settings["stooq_base_url"], patience)


def _yahoo(settings: Mapping[str, str], bronze: Bronze, patience: Patience) -> Source:
    return yahoo.Yahoo(settings["source_base_url"], patience)


_MAKERS: dict[str, Callable[[Mapping[str, str], Bronze, Patience], Source]] = {
    alpha_vantage.NAME: _alpha_vantage,
    stooq.NAME: _stooq,
    yahoo.NAME: _yahoo,
}
