"""Who says how good an article's news is: the source itself, or a lexicon of our own that needs nobody."""

from typing import Protocol

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from stockcast.sentiment import lexicon
from stockcast.sources.news import Article


class SentimentScorer(Protocol):
    """From -1, bad for the symbol, to 1; None where it cannot tell."""

    @property
    def name(self) -> str:
        """With its version: scores of two versions do not mix."""
        ...

    def score(self, article: Article) -> float | None: ...


class AlphaVantageScorer:
    """The score that came with the article, made for this symbol."""

    name = "alpha_vantage"

    def score(self, article: Article) -> float | None:
        return article.score


class LexiconScorer:
    """VADER with words of the market, over headline and summary. It counts words and understands nothing."""

    def __init__(self) -> None:
        self._analyser = SentimentIntensityAnalyzer()
        self._analyser.lexicon.update(lexicon.WORDS)
        self.name = f"vader_3.3.2_finance_{lexicon.version()}"

    def score(self, article: Article) -> float | None:
        text = ". ".join(part for part in (article.title, article.summary) if part)
        return float(self._analyser.polarity_scores(text)["compound"]) if text else None


SCORERS: dict[str, type[AlphaVantageScorer] | type[LexiconScorer]] = {
    "alpha_vantage": AlphaVantageScorer,
    "lexicon": LexiconScorer,
}
