"""The rules read both dependency schemes: the same sentences, parsed by hand in UD and in CLEAR, give the same tuples."""

import pytest
import spacy
from spacy.tokens import Doc

from kdtcn.events.extractor import extract

# One word a line: word, lemma, tag, part of speech, UD head and label, CLEAR head and label (heads count from 1, 0 is the root).
PARSES = {
    "active with object": (
        """
        Gunmen   gunman   NNS NOUN  2 nsubj      2 nsubj
        killed   kill     VBD VERB  0 ROOT       0 ROOT
        a        a        DT  DET   4 det        4 det
        diplomat diplomat NN  NOUN  2 obj        2 dobj
        in       in       IN  ADP   6 case       2 prep
        Lima     Lima     NNP PROPN 2 obl        5 pobj
        """,
        [("Gunmen", "killed", "diplomat", False)],
    ),
    "passive with agent": (
        """
        Diplomat diplomat NN  NOUN  3 nsubj:pass 3 nsubjpass
        was      be       VBD AUX   3 aux:pass   3 auxpass
        killed   kill     VBN VERB  0 ROOT       0 ROOT
        by       by       IN  ADP   5 case       3 agent
        gunmen   gunman   NNS NOUN  3 obl:agent  4 pobj
        """,
        [("gunmen", "killed", "Diplomat", False)],
    ),
    "passive without agent": (
        """
        Diplomat diplomat NN  NOUN  3 nsubj:pass 3 nsubjpass
        was      be       VBD AUX   3 aux:pass   3 auxpass
        killed   kill     VBN VERB  0 ROOT       0 ROOT
        in       in       IN  ADP   5 case       3 prep
        Lima     Lima     NNP PROPN 3 obl        4 pobj
        """,
        [("Diplomat", "killed in", "Lima", False)],
    ),
    "infinitive complement": (
        """
        Britain  Britain  NNP PROPN 2 nsubj      2 nsubj
        votes    vote     VBZ VERB  0 ROOT       0 ROOT
        to       to       TO  PART  4 mark       4 aux
        leave    leave    VB  VERB  2 xcomp      2 xcomp
        the      the      DT  DET   6 det        6 det
        union    union    NN  NOUN  4 obj        4 dobj
        """,
        [("Britain", "votes to leave", "union", False)],
    ),
    "negation": (
        """
        Police   police   NNS NOUN  4 nsubj      4 nsubj
        did      do       VBD AUX   4 aux        4 aux
        not      not      RB  PART  4 advmod     4 neg
        arrest   arrest   VB  VERB  0 ROOT       0 ROOT
        him      he       PRP PRON  4 obj        4 dobj
        """,
        [("Police", "arrest", "him", True)],
    ),
    "copula": (
        """
        Oslo     Oslo     NNP PROPN 4 nsubj      2 nsubj
        is       be       VBZ AUX   4 cop        0 ROOT
        a        a        DT  DET   4 det        4 det
        city     city     NN  NOUN  0 ROOT       2 attr
        """,
        [("Oslo", "is", "city", False)],
    ),
    "prepositional complement": (
        """
        Troops   troop    NNS NOUN  2 nsubj      2 nsubj
        march    march    VBP VERB  0 ROOT       0 ROOT
        on       on       IN  ADP   4 case       2 prep
        Paris    Paris    NNP PROPN 2 obl        3 pobj
        """,
        [("Troops", "march on", "Paris", False)],
    ),
    "phrasal verb": (
        """
        Police   police   NNS NOUN  2 nsubj        2 nsubj
        shut     shut     VBP VERB  0 ROOT         0 ROOT
        down     down     RP  ADP   2 compound:prt 2 prt
        mine     mine     NN  NOUN  2 obj          2 dobj
        """,
        [("Police", "shut down", "mine", False)],
    ),
    "attribution": (
        """
        Minister minister NN  NOUN  2 nsubj      2 nsubj
        says     say      VBZ VERB  0 ROOT       0 ROOT
        army     army     NN  NOUN  4 nsubj      4 nsubj
        shot     shoot    VBD VERB  2 ccomp      2 ccomp
        rebels   rebel    NNS NOUN  4 obj        4 dobj
        """,
        [("army", "shot", "rebels", False)],
    ),
    "amount": (
        """
        Pound    pound    NN  NOUN  2 nsubj        2 nsubj
        drops    drop     VBZ VERB  0 ROOT         0 ROOT
        nearly   nearly   RB  ADV   4 advmod       4 advmod
        5        5        CD  NUM   5 nummod       5 nummod
        %        %        NN  NOUN  2 obl:unmarked 2 npadvmod
        """,
        [("Pound", "drops", "nearly 5 %", False)],
    ),
    "relative clause": (
        """
        Man      man      NN  NOUN  5 nsubj:pass 5 nsubjpass
        who      who      WP  PRON  3 nsubj      3 nsubj
        filmed   film     VBD VERB  1 acl:relcl  1 relcl
        raid     raid     NN  NOUN  3 obj        3 dobj
        jailed   jail     VBN VERB  0 ROOT       0 ROOT
        """,
        [("Man", "filmed", "raid", False), ("Man", "jailed", "", False)],
    ),
    "subject shared by two verbs": (
        """
        Police   police   NNS NOUN  2 nsubj      2 nsubj
        raid     raid     VBP VERB  0 ROOT       0 ROOT
        mosque   mosque   NN  NOUN  2 obj        2 dobj
        and      and      CC  CCONJ 5 cc         2 cc
        seize    seize    VBP VERB  2 conj       2 conj
        arms     arm      NNS NOUN  5 obj        5 dobj
        """,
        [("Police", "raid", "mosque", False), ("Police", "seize", "arms", False)],
    ),
}
VOCAB = spacy.blank("en").vocab


def parsed(rows: str, *, clear: bool) -> Doc:
    cells = [line.split() for line in rows.strip().splitlines()]
    heads = [int(c[6 if clear else 4]) for c in cells]
    return Doc(
        VOCAB, words=[c[0] for c in cells], lemmas=[c[1] for c in cells], tags=[c[2] for c in cells], pos=[c[3] for c in cells],
        heads=[i if h == 0 else h - 1 for i, h in enumerate(heads)], deps=[c[7 if clear else 5] for c in cells],
    )  # fmt: skip


@pytest.mark.parametrize("scheme", ["ud", "clear"])
@pytest.mark.parametrize("name", PARSES)
def test_hand_written_parse(name: str, scheme: str) -> None:
    rows, expected = PARSES[name]
    events = extract(parsed(rows, clear=scheme == "clear"))
    assert [(e.subject, e.predicate, e.object, e.negated) for e in events] == expected


@pytest.mark.parametrize("scheme", ["ud", "clear"])
def test_speaker_is_kept_as_a_property(scheme: str) -> None:
    (event,) = extract(parsed(PARSES["attribution"][0], clear=scheme == "clear"))
    assert event.speaker == "Minister"


def test_empty_document_has_no_event() -> None:
    assert extract(Doc(VOCAB)) == []
