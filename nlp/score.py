"""Score a pipeline on held-out text: the treebank the CoNLL way (every token counts, punctuation too, from raw text), and named entities."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from spacy.language import Language
from spacy.training import Example

sys.path.insert(0, str(Path(__file__).parent))

from entities import relabelled
from treebank import Sentence, read_all_entities, read_conllu, to_doc
from written import read_written


def score_treebank(nlp: Language, sentences: Sequence[Sentence]) -> dict[str, float]:
    """Tag, part of speech, lemma accuracy and UAS, LAS (labels without subtypes) in percent, on raw text; `las_full` counts subtypes."""
    gold = [to_doc(nlp.vocab, [s.tokens]) for s in sentences]
    wanted = given = 0
    hits = dict.fromkeys(("token", "tag", "pos", "lemma", "uas", "las", "las_full"), 0)
    for predicted, reference in zip(nlp.pipe([d.text for d in gold]), gold, strict=True):
        at = {(t.idx, len(t)): t for t in reference}
        wanted += len(reference)
        given += sum(not t.is_space for t in predicted)
        for token in predicted:
            other = at.get((token.idx, len(token)))
            if other is None:
                continue
            hits["token"] += 1
            hits["tag"] += token.tag_ == other.tag_
            hits["pos"] += token.pos_ == other.pos_
            hits["lemma"] += token.lemma_.lower() == other.lemma_.lower()
            if (token.head.idx, len(token.head)) == (other.head.idx, len(other.head)):
                hits["uas"] += 1
                hits["las"] += token.dep_.split(":")[0] == other.dep_.split(":")[0]
                hits["las_full"] += token.dep_ == other.dep_
    # F1 over tokens: a token that the tokenizer cuts differently is wrong on both sides.
    return {name: round(200 * n / max(1, wanted + given), 2) for name, n in hits.items()}


def score_entities(nlp: Language, sentences: Sequence[Sentence]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 in percent and number over the entities of the sentences: all kinds and each."""
    docs = [to_doc(nlp.vocab, [s.tokens]) for s in sentences]
    examples = [Example(predicted, doc) for predicted, doc in zip(nlp.pipe([d.text for d in docs]), docs, strict=True)]
    scores = nlp.get_pipe("ner").score(examples)
    counts = Counter(e.label_ for d in docs for e in d.ents)
    kinds = {"all": {k: scores[f"ents_{k}"] for k in "prf"}} | dict(sorted(scores["ents_per_type"].items()))
    return {
        name: {k: round(100 * v, 1) for k, v in table.items()} | {"n": counts[name] if name != "all" else counts.total()}
        for name, table in kinds.items()
    }


def score_all(nlp: Language, data: Path) -> dict[str, dict]:
    """Treebank dev and test, the held-out sentences of the entity corpora, and the written headlines held out."""
    folder = data / "treebank" / "ud_ewt"
    scores: dict[str, dict] = {
        part: score_treebank(nlp, read_conllu(folder / f"en_ewt-ud-{part}.conllu")) for part in ("dev", "test")
    }
    if nlp.has_pipe("ner"):
        scores["entities"] = score_entities(nlp, relabelled(read_all_entities(data / "ner")[1]))
        scores["written"] = score_entities(nlp, list(read_written(nlp, "held")))
    return scores
