"""One set of entity kinds: what closed lists and patterns add to the corpora, and how the written headlines are read."""

import pytest
import spacy
from entities import LABELS, relabel
from tokens import set_tokenizer
from treebank import Token, read_entities, spans
from written import FOLDER, read_written, unmark


def marked(text: str) -> list[tuple[str, str]]:
    """Entities of a text written as "word/B-MISC word": (words, kind)."""
    tokens = [Token(form, entity=tag or "O") for form, _, tag in (w.partition("/") for w in text.split())]
    made = relabel(tokens)
    return [(" ".join(t.form for t in made[a:b]), kind) for a, b, kind in sorted(spans(made))]


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("The French won", [("French", "NORP")]),
        ("the french won", []),
        ("US wins", []),
        ("Muslims in Lima/B-GPE", [("Muslims", "NORP"), ("Lima", "GPE")]),
        ("Bank/B-ORG of/I-ORG China/I-ORG", [("Bank of China", "ORG")]),
        ("costs $ 5 billion now", [("$ 5 billion", "MONEY")]),
        ("costs 3 million euros", [("3 million euros", "MONEY")]),
        ("£ 20m lost", [("£ 20m", "MONEY")]),
        ("up 4.5 % today", [("4.5 %", "PERCENT")]),
        ("ten percent of 5 men", [("ten percent", "PERCENT")]),
        ("16 per cent", [("16 per cent", "PERCENT")]),
        ("after World/B-MISC War/I-MISC II/I-MISC ended", [("World War II", "EVENT")]),
        ("the Battle/B-MISC of/I-MISC Hulao/I-MISC", [("Battle of Hulao", "EVENT")]),
        ("sang Gloomy/B-MISC Sunday/I-MISC", []),
        ("the Dutch/B-MISC fleet", [("Dutch", "NORP")]),
        ("to see the World Cup", [("World Cup", "EVENT")]),
        ("$", []),
        ("", []),
    ],
)
def test_relabel(text: str, entities: list[tuple[str, str]]) -> None:
    assert marked(text) == entities


def test_tweets_lose_whom_they_address(tmp_path) -> None:
    path = tmp_path / "t.conll"
    rows = "RT/O @/B-PER ann/B-PER :/O Ann/B-PER Lee/I-PER is/O in/O Lima/B-LOC now/O and/O happy/O see/O http://x.y/O"
    path.write_text("\n".join(row.replace("/", "\t") if "http" not in row else "http://x.y\tO" for row in rows.split()) + "\n\n")
    (sentence,) = read_entities(path)
    assert [t.form for t in sentence.tokens] == ["Ann", "Lee", "is", "in", "Lima", "now", "and", "happy", "see"]
    assert [t.entity for t in sentence.tokens][:5] == ["B-PERSON", "I-PERSON", "O", "O", "B-GPE"]


def test_marks_become_spans() -> None:
    assert unmark("[P:Ann Lee] pays [M:$5]") == ("Ann Lee pays $5", [(0, 7, "PERSON"), (13, 15, "MONEY")])


def test_written_headlines_fall_on_tokens_and_show_every_kind() -> None:
    nlp = spacy.blank("en")
    set_tokenizer(nlp)
    for part, least in (("train", 300), ("held", 80)):
        sentences = list(read_written(nlp, part))
        assert len(sentences) >= least
        assert {kind for s in sentences for _, _, kind in spans(s.tokens)} == set(LABELS)


def test_no_held_out_headline_is_in_training() -> None:
    lines = [
        {unmark(line)[0].casefold() for line in (FOLDER / f"{part}.txt").read_text("utf-8").splitlines() if line[:1] != "#"}
        for part in ("train", "held")
    ]
    assert not lines[0] & lines[1]


def test_the_shipped_pipeline_knows_every_kind() -> None:
    from kdtcn.events.pipeline import load

    assert set(LABELS) <= set(load().get_pipe("ner").labels)


def test_the_shipped_pipeline_finds_regular_entities() -> None:
    from kdtcn.events.pipeline import load

    doc = load()("British police seize $5 million in Paris, says Angela Merkel")
    assert {(e.text, e.label_) for e in doc.ents} >= {
        ("British", "NORP"),
        ("$5 million", "MONEY"),
        ("Paris", "GPE"),
        ("Angela Merkel", "PERSON"),
    }
