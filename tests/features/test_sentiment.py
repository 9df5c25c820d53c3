"""The sentiment of headlines: by the words of the lexicon and their negation, the same wherever a headline stands."""

import numpy as np
import pytest

from kdtcn.features.sentiment import sentiments


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("Peace agreement reached, markets cheer", "Markets open on Monday"),
        ("Markets open on Monday", "War and terror kill hundreds"),
        ("Talks are a success", "Talks are not a success"),
        ("Very good harvest", "Good harvest"),
    ],
)
def test_headlines_are_ranked_as_people_rate_their_words(better: str, worse: str) -> None:
    one, other = sentiments([better, worse])[:, 0]
    assert one > other


def test_a_headline_without_a_word_of_the_lexicon_says_nothing() -> None:
    assert sentiments(["Parliament convenes on Tuesday", "", "会议"]).tolist() == [[0.0], [0.0], [0.0]]


def test_a_sentiment_does_not_hang_on_its_neighbours() -> None:
    texts = ["War again", "A great day", "Parliament convenes", "War again"]
    found = sentiments(texts)
    assert found.shape == (4, 1)
    assert found.dtype == np.float32
    assert np.abs(found).max() <= 1
    np.testing.assert_array_equal(sentiments(texts[::-1]), found[::-1])
    np.testing.assert_array_equal(np.vstack([sentiments([text]) for text in texts]), found)
    assert sentiments([]).shape == (0, 1)
