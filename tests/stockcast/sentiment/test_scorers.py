"""How good or bad a headline is."""

import re
from datetime import datetime

import pytest

from stockcast.sentiment import lexicon
from stockcast.sentiment.scorers import SCORERS, AlphaVantageScorer, LexiconScorer
from stockcast.sources.news import Article

HEADLINES = (  # made up for this test; the words were not chosen by it
    ("Acme beats estimates and raises its outlook", 1),
    ("Acme shares soar after record quarter", 1),
    ("Analysts upgrade Acme to outperform", 1),
    ("Acme announces buyback of shares", 1),
    ("Acme tops forecasts for the third time", 1),
    ("Bullish traders push Acme higher", 1),
    ("Acme misses estimates as demand weakens", -1),
    ("Acme shares plunge after profit warning", -1),
    ("Analysts downgrade Acme to underperform", -1),
    ("Regulators open probe into Acme accounting", -1),
    ("Acme announces layoffs and an impairment", -1),
    ("Acme files for bankruptcy", -1),
    ("Acme faces lawsuit over recall", -1),
    ("Acme slumps on revenue shortfall", -1),
)
NEUTRAL = ("Acme to report results on Thursday", "Vice president of Acme holds 100 shares", "Acme gross margin at 40 %")


def article(title: str, score: float | None = None) -> Article:
    return Article("https://news.example/1", datetime(2013, 3, 1, 12), True, title, "", 1.0, score)


@pytest.fixture(scope="module")
def scorer() -> LexiconScorer:
    return LexiconScorer()


@pytest.mark.parametrize(("title", "sign"), HEADLINES)
def test_headlines_of_the_market_are_read_the_right_way(scorer, title, sign):
    """A lexicon made for films thinks that a beat is violence."""
    assert scorer.score(article(title)) * sign > 0.1


@pytest.mark.parametrize("title", NEUTRAL)
def test_words_that_only_sound_good_or_bad_count_for_nothing(scorer, title):
    """A share is no kindness, and a gross margin nothing disgusting."""
    assert scorer.score(article(title)) == pytest.approx(0, abs=0.05)


def test_the_plain_lexicon_alone_would_not_do():
    """Why there are words of ours at all."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    plain = SentimentIntensityAnalyzer()

    right = sum(plain.polarity_scores(title)["compound"] * sign > 0.1 for title, sign in HEADLINES)

    assert right < len(HEADLINES) * 0.7


def test_not_turns_a_word_around(scorer):
    assert scorer.score(article("Acme did not beat estimates")) < 0 < scorer.score(article("Acme beats estimates"))


def test_an_article_without_words_has_no_score(scorer):
    """Nothing said is not neutral."""
    assert scorer.score(article("")) is None


def test_the_source_s_own_score_is_taken_as_it_is():
    assert AlphaVantageScorer().score(article("Acme", -0.3)) == -0.3
    assert AlphaVantageScorer().score(article("Acme")) is None


def test_a_scorer_s_name_tells_its_words():
    """Scores of two lexicons look alike and do not mix."""
    assert re.fullmatch(r"vader_3\.3\.2_finance_[0-9a-f]{8}", LexiconScorer().name)
    assert set(SCORERS) == {"alpha_vantage", "lexicon"}
    assert 30 <= len(lexicon.WORDS) <= 80
    assert all(word == word.lower() and " " not in word and abs(value) <= 4 for word, value in lexicon.WORDS.items())
