"""On which day news counts, and what a day without any looks like."""

import math
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stockcast.cleaning.calendar import early_closes, trading_days
from stockcast.sentiment.daily import NAMES, daily_news, without_repeats
from stockcast.sources.news import Article

NEW_YORK = ZoneInfo("America/New_York")
DAYS = trading_days(date(2013, 3, 25), date(2013, 4, 5))  # without Good Friday, the 29th


class Told:
    """Gives the score that stands in the article."""

    name = "told"

    def score(self, article):
        return article.score


def article(stamp: str, score: float | None = 0.5, relevance: float = 1.0, url: str = "") -> Article:
    moment = datetime.fromisoformat(stamp).replace(tzinfo=NEW_YORK)
    return Article(url or f"https://news.example/{stamp}", moment, "T" in stamp, "", "", relevance, score)


def days_with_news(*articles: Article) -> list[str]:
    made = daily_news(articles, Told(), DAYS)
    return [str(row["date"]) for row in made.to_dicts() if row["has_news"]]


@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        ("2013-03-26T09:00:00", "2013-03-26"),
        ("2013-03-26T16:00:00", "2013-03-26"),
        ("2013-03-26T16:00:01", "2013-03-27"),  # after the close: nobody could trade on it before the next day
        ("2013-03-26T23:59:00", "2013-03-27"),
        ("2013-03-28T17:00:00", "2013-04-01"),  # over a holiday and a weekend
        ("2013-03-30T12:00:00", "2013-04-01"),
        ("2013-03-26", "2013-03-27"),  # a bare day may mean its evening
        ("2013-03-29", "2013-04-01"),
    ],
)
def test_news_counts_on_the_first_day_whose_close_comes_after_it(stamp, day):
    """One hour too early, and the model reads tomorrow's reaction in today's features."""
    assert days_with_news(article(stamp)) == [day]


def test_on_a_day_that_closes_early_the_afternoon_is_too_late():
    """The day after Thanksgiving ends at one o'clock."""
    first, last = date(2013, 11, 25), date(2013, 12, 6)
    closes = early_closes(first, last)

    made = daily_news([article("2013-11-29T14:00:00")], Told(), trading_days(first, last), closes)

    assert closes == {date(2013, 11, 29): datetime(2013, 11, 29, 13, tzinfo=NEW_YORK)}
    assert made.filter(made["has_news"] == 1)["date"].to_list() == [date(2013, 12, 2)]


def test_news_after_the_last_day_wait_for_theirs():
    """Tomorrow's row is not there yet; today's must not have them instead."""
    assert days_with_news(article("2013-04-05T18:00:00")) == []


def test_news_of_months_before_the_first_day_do_not_pile_up_on_it():
    assert days_with_news(article("2012-12-01T12:00:00"), article("2013-03-25T09:00:00")) == ["2013-03-25"]
    made = daily_news([article("2012-12-01T12:00:00"), article("2013-03-25T09:00:00")], Told(), DAYS)
    assert made["news_count"][0] == pytest.approx(math.log(2))


def test_a_day_without_news_is_missing_and_flagged_never_neutral():
    """A zero would say that somebody wrote something balanced."""
    made = daily_news([article("2013-03-26T09:00:00")], Told(), DAYS)

    silent = made.filter(made["date"] == date(2013, 3, 27)).row(0, named=True)
    assert all(math.isnan(silent[name]) for name in ("news_mean", "news_count", "news_dispersion"))
    assert silent["has_news"] == 0
    assert made.columns == ["date", *NAMES]
    assert made["date"].to_list() == list(DAYS)


def test_scores_are_weighted_by_how_much_they_are_about_the_symbol():
    """A list of a hundred companies is hardly news about one."""
    made = daily_news(
        [article("2013-03-26T09:00:00", 1.0, 0.9), article("2013-03-26T10:00:00", -1.0, 0.1),
         article("2013-03-26T11:00:00", None, 0.9), article("2013-03-26T12:00:00", -1.0, 0.0)],
        Told(), DAYS,
    )  # fmt: skip

    day = made.row(1, named=True)
    assert day["news_mean"] == pytest.approx(0.8)
    assert day["news_dispersion"] == pytest.approx(math.sqrt(0.9 * 0.2**2 + 0.1 * 1.8**2))
    assert day["news_count"] == pytest.approx(math.log(3))


def test_one_article_has_no_dispersion():
    made = daily_news([article("2013-03-26T09:00:00")], Told(), DAYS)

    assert math.isnan(made["news_dispersion"][1])


def test_the_same_article_counts_once_and_as_it_was_last_written():
    """The first stamp with the last text would be known before it was written."""
    first = article("2013-03-26T09:00:00", 0.1, url="https://news.example/a")
    rewritten = article("2013-03-27T09:00:00", 0.9, url="https://news.example/a")

    assert without_repeats([rewritten, first]) == without_repeats([first, rewritten]) == [rewritten]
    assert days_with_news(first, rewritten) == ["2013-03-27"]


def test_later_articles_change_no_earlier_day():
    """The same promise as that of every other feature."""
    articles = [article(f"2013-03-26T{hour:02d}:30:00", hour / 24) for hour in range(24)]
    later = [
        article((datetime(2013, 3, 28, 8) + timedelta(hours=3 * n)).isoformat(), -0.5, url=f"https://l.example/{n}")
        for n in range(20)
    ]

    whole, cut = daily_news([*articles, *later], Told(), DAYS), daily_news(articles, Told(), DAYS)

    known = whole["date"] <= date(2013, 3, 27)
    assert whole.filter(known).equals(cut.filter(known), null_equal=True)
    assert not whole.equals(cut)


def test_without_days_or_articles_nothing_breaks():
    assert daily_news([article("2013-03-26T09:00:00")], Told(), []).height == 0
    assert daily_news([], Told(), DAYS)["has_news"].sum() == 0
