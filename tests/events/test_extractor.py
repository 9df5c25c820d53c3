"""The extraction interface: order, workers, versions, mentions, errors."""

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from kdtcn.errors import InputError
from kdtcn.events.event_types import NAMES, OTHER, event_type
from kdtcn.events.extractor import extract, extractor_id, mentions
from kdtcn.events.pipeline import load
from kdtcn.events.reading import extract_texts

TEXTS = [
    f"{who} {does} {whom}"
    for who in ("Police", "Rebels", "Britain")
    for does in ("attack", "arrest", "welcome")
    for whom in ("miners", "France")
]


def test_order_is_kept_whatever_the_batch(nlp: Language) -> None:
    one = list(extract_texts(TEXTS, nlp, batch_size=1))
    assert one == list(extract_texts(TEXTS, nlp, batch_size=5))
    assert len(one) == len(TEXTS)


def test_workers_give_what_one_process_gives(nlp: Language) -> None:
    assert list(extract_texts(TEXTS, nlp, workers=2, batch_size=4)) == list(extract_texts(TEXTS, nlp))


def test_texts_are_read_as_they_are_needed(nlp: Language) -> None:
    read = []

    def endless():
        while True:
            read.append(1)
            yield "Police arrest miners"

    stream = extract_texts(endless(), nlp, batch_size=8)
    for _ in range(9):
        next(stream)
    assert len(read) == 16


def test_extractor_id_names_the_pipeline(nlp: Language) -> None:
    other = spacy.blank("en")
    assert extractor_id(nlp) == extractor_id(nlp) != extractor_id(other)


def test_without_entities_runs_of_proper_nouns_are_mentions() -> None:
    words = ["Ban", "Ki-moon", "visits", "Gaza"]
    doc = Doc(spacy.blank("en").vocab, words=words, pos=["PROPN", "PROPN", "VERB", "PROPN"])
    assert [(m.text, m.label) for m in mentions(doc)] == [("Ban Ki-moon", "PROPN"), ("Gaza", "PROPN")]


def test_unknown_pipeline_names_itself_and_the_remedy() -> None:
    with pytest.raises(InputError, match=r"no_such_pipeline.*nlp\.model"):
        load("no_such_pipeline")


def test_pipeline_without_parser_is_refused(tmp_path) -> None:
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(InputError, match="no dependency parser"):
        load(str(tmp_path / "blank"))


def test_unparsed_document_has_no_event() -> None:
    assert extract(spacy.blank("en")("Police arrest miners")) == []


@pytest.mark.parametrize(
    ("lemma", "kind"),
    [
        ("kill", "conflict"), ("bomb", "conflict"), ("arrest", "coerce"), ("say", "statement"), ("plunge", "economic fall"), ("soar", "economic rise"),
        ("sign", "agreement"), ("meet", "consult"), ("shut down", "refuse"), ("call for", "appeal"), ("rise", "economic rise"), ("vote", "govern"),
        ("blow up", "conflict"), ("arrest up", "coerce"), ("drown", "disaster"), ("zzz", OTHER), ("", OTHER), ("be", "state"), ("accuse", "accuse"),
    ],
)  # fmt: skip
def test_event_type(lemma: str, kind: str) -> None:
    assert event_type(lemma) == kind


def test_event_types_are_a_closed_set_of_about_twenty() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert 18 <= len(NAMES) <= 25
