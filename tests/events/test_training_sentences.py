"""The sentences that the parser learns from: a rewrite or a frame always leaves one tree over all words."""

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

NLP = Path(__file__).parents[2] / "nlp"
sys.path.insert(0, str(NLP))

from frame_phrases import Words  # noqa: E402
from frame_words import gerund, participle  # noqa: E402
from frames import frame  # noqa: E402
from headlines import headline, present, recase  # noqa: E402
from treebank import Sentence, Token, drop, read_conllu, read_entities  # noqa: E402

CONLLU = """\
# newdoc id = weblog-one
# text = The mayor was shot by a gunman and didn't die.
1\tThe\tthe\tDET\tDT\t_\t2\tdet\t_\t_
2\tmayor\tmayor\tNOUN\tNN\t_\t4\tnsubj:pass\t_\t_
3\twas\tbe\tAUX\tVBD\t_\t4\taux:pass\t_\t_
4\tshot\tshoot\tVERB\tVBN\t_\t0\troot\t_\t_
5\tby\tby\tADP\tIN\t_\t7\tcase\t_\t_
6\ta\ta\tDET\tDT\t_\t7\tdet\t_\t_
7\tgunman\tgunman\tNOUN\tNN\t_\t4\tobl:agent\t_\t_
8\tand\tand\tCCONJ\tCC\t_\t11\tcc\t_\t_
9-10\tdidn't\t_\t_\t_\t_\t_\t_\t_\t_
9\tdid\tdo\tAUX\tVBD\t_\t11\taux\t_\t_
10\tn't\tnot\tPART\tRB\t_\t11\tadvmod\t_\t_
11\tdie\tdie\tVERB\tVB\t_\t4\tconj\t_\tSpaceAfter=No
12\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\t_

# text = He left.
1\tHe\the\tPRON\tPRP\t_\t2\tnsubj\t_\t_
2\tleft\tleave\tVERB\tVBD\t_\t0\troot\t_\tSpaceAfter=No
3\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_

"""
FILLERS = Words(
    [(("Lima",), "GPE"), (("Acme", "Steel"), "ORG"), (("Ann", "Lee"), "PERSON")],
    [("mine", "mines"), ("vote", "votes"), ("bank", "banks")],
    ["new", "huge"],
)


def is_tree(tokens: tuple[Token, ...]) -> bool:
    if sum(t.head == i for i, t in enumerate(tokens)) != 1:
        return False
    for i in range(len(tokens)):
        seen = set()
        while tokens[i].head != i:
            if i in seen:
                return False
            seen.add(i)
            i = tokens[i].head
    return True


def text(tokens: tuple[Token, ...]) -> str:
    return "".join(t.form + " " * t.space for t in tokens).strip()


@pytest.fixture
def sentences(tmp_path: Path) -> list[Sentence]:
    path = tmp_path / "a.conllu"
    path.write_text(CONLLU, encoding="utf-8")
    return read_conllu(path)


def test_reading_keeps_the_spacing(sentences: list[Sentence]) -> None:
    assert [text(s.tokens) for s in sentences] == ["The mayor was shot by a gunman and didn't die.", "He left."]
    assert {s.document for s in sentences} == {"weblog-one"}


def test_headline_rewrites_keep_one_tree_and_the_content_words(sentences: list[Sentence]) -> None:
    seen = set()
    for seed in range(300):
        made = headline(sentences[0].tokens, random.Random(seed))
        assert is_tree(made)
        assert {"mayor", "shot", "gunman"} <= {t.form.lower() for t in made}
        seen.add(text(made))
    assert "Mayor shot by gunman and didn't die" in {s[:1].upper() + s[1:] for s in seen}
    assert len(seen) > 20


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_frames_are_trees(seed: int) -> None:
    made = frame(FILLERS, random.Random(seed))
    assert is_tree(made)
    assert all(t.dep and t.xpos and t.upos for t in made)


def test_frames_repeat_with_the_seed() -> None:
    assert frame(FILLERS, random.Random(5)) == frame(FILLERS, random.Random(5))


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=30), st.data())
def test_dropping_words_leaves_one_tree(draws: list[int], data: st.DataObject) -> None:
    tokens = tuple(Token(f"w{i}", head=0 if i == 0 else d % i) for i, d in enumerate(draws))
    doomed = data.draw(st.sets(st.integers(1, len(tokens) - 1)))
    made = drop(tokens, doomed)
    assert is_tree(made)
    assert [t.form for t in made] == [t.form for i, t in enumerate(tokens) if i not in doomed]


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("title", "Minister Doesn't Visit the Mayor of Lima"),
        ("all title", "Minister Doesn't Visit The Mayor Of Lima"),
        ("upper", "MINISTER DOESN'T VISIT THE MAYOR OF LIMA"),
        ("lower", "minister doesn't visit the mayor of lima"),
    ],
)
def test_casing(style: str, expected: str) -> None:
    words = ["minister", "does", "n't", "visit", "the", "mayor", "of", "Lima"]
    tokens = [Token(w, space=w != "does") for w in words]
    assert text(recase(tokens, style)) == expected


@pytest.mark.parametrize(
    ("lemma", "forms"),
    [
        ("kill", ("kills", "killed", "killing")),
        ("crash", ("crashes", "crashed", "crashing")),
        ("try", ("tries", "tried", "trying")),
        ("ban", ("bans", "banned", "banning")),
        ("die", ("dies", "died", "dying")),
        ("seize", ("seizes", "seized", "seizing")),
        ("sell", ("sells", "sold", "selling")),
        ("shoot", ("shoots", "shot", "shooting")),
        ("agree", ("agrees", "agreed", "agreeing")),
    ],
)
def test_inflection(lemma: str, forms: tuple[str, str, str]) -> None:
    assert (present(lemma, False)[0], participle(lemma), gerund(lemma)) == forms


def test_entity_files_are_mapped_to_one_tag_set(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    path.write_text("Ann\tB-person\nLee\tI-person\nleft\tO\nAcme\tB-corporation\n\nAcme I-ORG\nLima I-LOC\n\n", encoding="utf-8")
    assert [[t.entity for t in s.tokens] for s in read_entities(path)] == [
        ["B-PERSON", "I-PERSON", "O", "B-ORG"],
        ["B-ORG", "B-GPE"],
    ]
