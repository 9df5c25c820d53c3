"""The sentiment of headlines by a lexicon: VADER (Hutto & Gilbert 2014, doi 10.1609/icwsm.v8i1.14550), fitted on nothing here.

Its words were rated by people in 2014 and it has not changed since 2020: nothing of a later market is in it.
"""

from collections.abc import Iterable
from functools import cache, lru_cache

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def sentiments(texts: Iterable[str]) -> np.ndarray:
    """(n, 1) compound scores from -1 (bad) to 1 (good), with negation and emphasis; 0 where no word of the lexicon stands."""
    return np.array([_sentiment(text) for text in texts], dtype=np.float32).reshape(-1, 1)


@lru_cache(maxsize=200_000)  # every fold asks for the same headlines again
def _sentiment(text: str) -> float:
    return float(_lexicon().polarity_scores(text)["compound"])


@cache
def _lexicon() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
