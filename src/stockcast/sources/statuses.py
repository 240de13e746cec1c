"""What an answer's HTTP status says, before anybody looks into its body."""

from stockcast.sources.answers import BadAnswer, RawAnswer, SourceBlocked, SourceDown, excerpt
from stockcast.sources.polite_get import BUSY

REFUSED = BUSY | {401, 403}  # 401 and 403 are a missing cookie, crumb or key


def refuse_by_status(answer: RawAnswer, symbol: str, wait: str, check_answer: str) -> None:
    """Raise the failure that the status stands for; 200 passes. The two texts are the source's own remedies."""
    said = f"{answer.url} answers {answer.status}: {excerpt(answer.body)!r}"
    if answer.status in REFUSED:
        raise SourceBlocked(symbol, f"the source refuses us: {said}.", wait, answer)
    if answer.status >= 500:
        raise SourceDown(symbol, f"the source fails: {said}.", wait, answer)
    if answer.status != 200:
        raise BadAnswer(symbol, f"the answer must have status 200; {said}.", check_answer, answer)
