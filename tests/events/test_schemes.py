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
    "light verb": (
        """
        Army     army     NN  NOUN  2 nsubj      2 nsubj
        takes    take     VBZ VERB  0 ROOT       0 ROOT
        control  control  NN  NOUN  2 obj        2 dobj
        of       of       IN  ADP   5 case       3 prep
        airport  airport  NN  NOUN  3 nmod       4 pobj
        """,
        [("Army", "takes control of", "airport", False)],
    ),
    "infinitive for the future": (
        """
        France   France   NNP PROPN 3 nsubj      3 nsubj
        to       to       TO  PART  3 mark       3 aux
        send     send     VB  VERB  0 ROOT       0 ROOT
        troops   troop    NNS NOUN  3 obj        3 dobj
        """,
        [("France", "send", "troops", False)],
    ),
    "object that acts": (
        """
        UN       UN       NNP PROPN 2 nsubj      2 nsubj
        orders   order    VBZ VERB  0 ROOT       0 ROOT
        Sudan    Sudan    NNP PROPN 2 obj        2 dobj
        to       to       TO  PART  5 mark       5 aux
        free     free     VB  VERB  2 xcomp      2 xcomp
        him      he       PRP PRON  5 obj        5 dobj
        """,
        [("UN", "orders", "Sudan", False), ("Sudan", "free", "him", False)],
    ),
    "reduced clause": (
        """
        Boat     boat     NN  NOUN  4 nsubj      4 nsubj
        carrying carry    VBG VERB  1 acl        1 acl
        migrants migrant  NNS NOUN  2 obj        2 dobj
        sinks    sink     VBZ VERB  0 ROOT       0 ROOT
        """,
        [("Boat", "carrying", "migrants", False), ("Boat", "sinks", "", False)],
    ),
    "coordinated subject": (
        """
        India    India    NNP PROPN 4 nsubj      4 nsubj
        and      and      CC  CCONJ 3 cc         1 cc
        China    China    NNP PROPN 1 conj       1 conj
        sign     sign     VBP VERB  0 ROOT       0 ROOT
        pact     pact     NN  NOUN  4 obj        4 dobj
        """,
        [("India and China", "sign", "pact", False)],
    ),
    "modal": (
        """
        Storm    storm    NN  NOUN  3 nsubj      3 nsubj
        could    could    MD  AUX   3 aux        3 aux
        hit      hit      VB  VERB  0 ROOT       0 ROOT
        Florida  Florida  NNP PROPN 3 obj        3 dobj
        """,
        [("Storm", "could hit", "Florida", False)],
    ),
    "adjective without copula": (
        """
        Ten      ten      CD  NUM   2 nsubj      2 nsubj
        dead     dead     JJ  ADJ   0 ROOT       0 ROOT
        in       in       IN  ADP   4 case       2 prep
        fire     fire     NN  NOUN  2 obl        3 pobj
        """,
        [("Ten", "dead in", "fire", False)],
    ),
    "attribution behind": (
        """
        Rebels   rebel    NNS NOUN  2 nsubj      2 nsubj
        fled     flee     VBD VERB  0 ROOT       5 ccomp
        ,        ,        ,   PUNCT 2 punct      5 punct
        army     army     NN  NOUN  5 nsubj      5 nsubj
        says     say      VBZ VERB  2 parataxis  0 ROOT
        """,
        [("Rebels", "fled", "", False)],
    ),
    "label with a colon": (
        """
        Minister minister NN  NOUN  5 parataxis  5 dep
        :        :        :   PUNCT 1 punct      1 punct
        We       we       PRP PRON  5 nsubj      5 nsubj
        will     will     MD  AUX   5 aux        5 aux
        resign   resign   VB  VERB  0 ROOT       0 ROOT
        """,
        [("We", "resign", "", False)],
    ),
    "question": (
        """
        Did      do       VBD AUX   3 aux        3 aux
        army     army     NN  NOUN  3 nsubj      3 nsubj
        kill     kill     VB  VERB  0 ROOT       0 ROOT
        them     they     PRP PRON  3 obj        3 dobj
        ?        ?        .   PUNCT 3 punct      3 punct
        """,
        [],
    ),
    "bare noun phrase": (
        """
        Road     road     NN  NOUN  0 ROOT       0 ROOT
        to       to       IN  ADP   3 case       1 prep
        peace    peace    NN  NOUN  1 nmod       2 pobj
        """,
        [],
    ),
    "verb read as a noun, mended": (
        """
        Peso     peso     NN  NOUN  2 compound   2 compound
        rebounds rebound  NNS NOUN  0 ROOT       0 ROOT
        from     from     IN  ADP   4 case       2 prep
        low      low      NN  NOUN  2 nmod       3 pobj
        """,
        [("Peso", "rebounds from", "low", False)],
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
@pytest.mark.parametrize(
    ("name", "speaker"), [("attribution", "Minister"), ("attribution behind", "army"), ("label with a colon", "Minister")]
)
def test_speaker_is_kept_as_a_property(name: str, speaker: str, scheme: str) -> None:
    (event,) = extract(parsed(PARSES[name][0], clear=scheme == "clear"))
    assert event.speaker == speaker


@pytest.mark.parametrize("scheme", ["ud", "clear"])
@pytest.mark.parametrize(
    ("name", "modality"), [("active with object", "asserted"), ("infinitive for the future", "planned"), ("modal", "possible")]
)
def test_modality(name: str, modality: str, scheme: str) -> None:
    (event,) = extract(parsed(PARSES[name][0], clear=scheme == "clear"))
    assert event.modality == modality


def test_empty_document_has_no_event() -> None:
    assert extract(Doc(VOCAB)) == []
