"""Train the pipeline that ships, or a variant of it with your own headlines.

    python nlp/build.py --data DIR --out kdtcn/events/model
    python nlp/build.py --data DIR --out my_model --base kdtcn/events/model --headlines my_headlines.csv

DIR holds treebank/ud_ewt (CoNLL-U) and ner/. With --base an existing pipeline learns on, else a new one learns from nothing.
--headlines adds your own headlines, annotated by the base. The result is the same for the same seed, data and versions.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

# More threads change the order of sums, and so the last digits and then the model.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import spacy
import thinc.api
from spacy.language import Language
from spacy.lookups import Lookups
from spacy.training import Example
from spacy.util import fix_random_seed

sys.path.insert(0, str(Path(__file__).parent))

from entities import LABELS, relabelled
from frame_phrases import Words, collect
from frames import frame
from headlines import headline, recase
from own_headlines import annotate, read_headlines
from regular import add_rules
from score import score_all, score_treebank
from tokens import set_tokenizer
from treebank import Sentence, read_all_entities, read_conllu, to_doc
from written import read_written

HERE = Path(__file__).parent
NEWS_GENRES = ("weblog", "newsgroup")
# Word classes that WordNet lacks: their lemmas are those of the treebank ("has", AUX: "have").
CLOSED_CLASSES = ("AUX", "PRON", "DET", "PART", "ADP", "SCONJ", "CCONJ")
RARE = ("NORP", "EVENT", "MONEY", "PERCENT")
SOURCES = (
    "UD English EWT 2.16 (CC BY-SA 4.0)", "WNUT17, WikiGold, Broad Twitter Corpus (CC BY 4.0)", "WordNet 3.0", "nlp/frames.py, nlp/written (MIT)"
)  # fmt: skip
LEMMA_TABLES = ("lemma_exc", "lemma_index", "lemma_rules")


def lemma_tables(sentences: list[Sentence]) -> Lookups:
    """WordNet's lemma tables from the package spacy-lookups-data (needed at build time only), and the treebank's closed classes."""
    try:
        import spacy_lookups_data
    except ImportError:
        sys.exit("the package spacy-lookups-data is missing: pip install spacy-lookups-data")
    import srsly

    folder = Path(spacy_lookups_data.__file__).parent / "data"
    lookups = Lookups()
    for name in LEMMA_TABLES:
        lookups.add_table(name, srsly.read_gzip_json(folder / f"en_{name}.json.gz"))
    counts: dict[tuple[str, str], Counter[str]] = {}
    for token in (t for s in sentences for t in s.tokens if t.upos in CLOSED_CLASSES):
        counts.setdefault((token.upos.lower(), token.form.lower()), Counter())[token.lemma.lower()] += 1
    exceptions = lookups.get_table("lemma_exc")
    for (kind, form), lemmas in sorted(counts.items()):
        if lemmas.most_common(1)[0][0] != form:
            exceptions.setdefault(kind, {})[form] = [lemmas.most_common(1)[0][0]]
    return lookups


@dataclass(frozen=True)
class Corpus:
    """What is learnt from: treebank sentences in the order of their documents, entity sentences, headlines that are read whole
    several times in every epoch, and what fills the frames."""

    treebank: list[Sentence]
    entities: list[Sentence]
    headlines: list[Sentence]
    fillers: Words


def read_corpus(data: Path, written: list[Sentence]) -> Corpus:
    """The training parts of the data folder and the written headlines."""
    treebank = read_conllu(data / "treebank" / "ud_ewt" / "en_ewt-ud-train.conllu")
    entities = relabelled(read_all_entities(data / "ner")[0])
    return Corpus(treebank, entities, written, collect(treebank, entities, written))


def epoch_examples(nlp: Language, corpus: Corpus, rng: random.Random, settings: dict) -> list[Example]:
    """One epoch's examples, newly augmented: every sentence once, many of them again as headlines, neighbours sometimes joined."""
    docs = []
    i = len(corpus.treebank) if settings["entities_only"] else 0
    while i < len(corpus.treebank):
        # Parsers learn sentence boundaries only from texts of several sentences; most headlines have one.
        n = rng.choices((1, 2, 3), (60, 25, 15))[0]
        group = [s for s in corpus.treebank[i : i + n] if s.document == corpus.treebank[i].document]
        i += len(group)
        style = (
            rng.choices(("lower", "title", "all title", "upper"), (8, 10, 3, 3))[0]
            if rng.random() < settings["recased_share"]
            else "as is"
        )
        docs.append(to_doc(nlp.vocab, [recase(s.tokens, style) for s in group]))
    for sentence in corpus.treebank[: 0 if settings["entities_only"] else None]:
        news = sentence.document.startswith(NEWS_GENRES)
        if rng.random() < (settings["headline_share_news"] if news else settings["headline_share"]):
            docs.append(to_doc(nlp.vocab, [headline(sentence.tokens, rng)]))
    docs += [to_doc(nlp.vocab, [frame(corpus.fillers, rng)]) for _ in range(settings["frames"])]
    for sentence in corpus.entities:
        rare = any(t.entity[2:] in RARE for t in sentence.tokens)
        if rng.random() < (settings["rare_entity_share"] if rare else settings["entity_share"]):
            docs.append(to_doc(nlp.vocab, [recase(sentence.tokens, _style(rng))]))
    for _ in range(settings["written_times"]):
        docs += [to_doc(nlp.vocab, [recase(s.tokens, _style(rng))]) for s in corpus.headlines]
    rng.shuffle(docs)
    return [Example(nlp.make_doc(doc.text), doc) for doc in docs]


def _style(rng: random.Random) -> str:
    return rng.choices(("as is", "title", "all title", "lower", "upper"), (60, 22, 8, 6, 4))[0]


def batches(examples: list[Example], words: int) -> list[list[Example]]:
    made: list[list[Example]] = [[]]
    size = 0
    for example in examples:
        if size + len(example.predicted) > words and made[-1]:
            made.append([])
            size = 0
        made[-1].append(example)
        size += len(example.predicted)
    return made


def learn_rate(step: int, total: int, settings: dict) -> float:
    """Linear warm-up, then linear decay to a hundredth: the last epochs settle the weights, so no averaging is needed."""
    if step < settings["warmup_steps"]:
        return float(settings["learn_rate"] * (step + 1) / settings["warmup_steps"])
    left = 1 - (step - settings["warmup_steps"]) / max(1, total - settings["warmup_steps"])
    return float(settings["learn_rate"] * max(0.01, left))


def prepare(nlp: Language, corpus: Corpus, base: Language | None, examples: list[Example]) -> None:
    """Initialize what has no weights yet: everything, or of a base with other entity kinds the entity recogniser alone."""
    if base is None:
        for label in LABELS:
            nlp.get_pipe("ner").add_label(label)
        nlp.initialize(lambda: examples)
        nlp.get_pipe("lemmatizer").initialize(lookups=lemma_tables(corpus.treebank))
    elif set(nlp.get_pipe("ner").labels) != set(LABELS):
        settings = {k: v for k, v in nlp.get_pipe_config("ner").items() if k != "factory"}
        nlp.remove_pipe("ner")
        recogniser = nlp.add_pipe("ner", config=settings, before="lemmatizer")
        for label in LABELS:
            recogniser.add_label(label)
        recogniser.initialize(lambda: examples[:200], nlp=nlp)


def train(nlp: Language, corpus: Corpus, base: Language | None, dev: list[Sentence], settings: dict, out: Path) -> None:
    """Learn for settings["epochs"]; the pipeline of every epoch is kept in `out`, each in the place of the one before."""
    rng = random.Random(settings["seed"])
    first = epoch_examples(nlp, corpus, rng, settings)
    prepare(nlp, corpus, base, first)
    optimizer = thinc.api.Adam(learn_rate=settings["learn_rate"], beta2=0.999, L2=0.01, L2_is_weight_decay=True, grad_clip=1.0)
    total = settings["epochs"] * len(batches(first, settings["batch_words"]))
    # Entities alone: what they share with the parser stands still, and so do the parses.
    still = [name for name in nlp.pipe_names if name == "lemmatizer" or (settings["entities_only"] and name != "ner")]
    upstream = ["tok2vec"] if settings["entities_only"] else []
    step, started = 0, time.time()
    for epoch in range(settings["epochs"]):
        examples = first if epoch == 0 else epoch_examples(nlp, corpus, rng, settings)
        losses: dict[str, float] = {}
        for batch in batches(examples, settings["batch_words"]):
            optimizer.learn_rate = learn_rate(step, total, settings)
            nlp.update(batch, sgd=optimizer, drop=settings["dropout"], losses=losses, exclude=still, annotates=upstream)
            step += 1
            if step % 50 == 0:
                print(f"  step {step}/{total} {time.time() - started:.0f} s", flush=True)
        scores = score_treebank(nlp, dev[:600])
        print(f"epoch {epoch + 1}/{settings['epochs']} {time.time() - started:.0f} s "
              f"loss {' '.join(f'{k} {v:.0f}' for k, v in losses.items())} dev {json.dumps(scores)}", flush=True)  # fmt: skip
        nlp.to_disk(out)


def finish(nlp: Language, data: Path, out: Path, more: list[str]) -> None:
    """Add the rules for regular entities, score, and put licence, notice and scores beside it; `more` names further sources."""
    add_rules(nlp)
    scores = score_all(nlp, data)
    nlp.meta.update(
        name="kdtcn_headlines", version="1.1", license="CC BY-SA 4.0", performance=scores, author="the KDTCN developers",
        description="English headlines: tagger, lemmatizer, dependency parser (UD), named entities",
        sources=[*SOURCES, *more],
    )  # fmt: skip
    nlp.to_disk(out)
    notice = (HERE / "NOTICE").read_text(encoding="utf-8")
    (out / "NOTICE").write_text(notice + "".join(f"\nThis variant also learnt from {name}.\n" for name in more), encoding="utf-8")
    (out / "scores.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(scores, indent=2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=HERE / "config.cfg")
    parser.add_argument("--base", type=Path, help="a pipeline that learns on")
    parser.add_argument(
        "--headlines", type=Path, help="your own headlines: CSV or JSON lines with a column of texts, else one headline a line"
    )
    parser.add_argument("--entities-only", action="store_true", help="with --base: its parser stays as it is")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--learn-rate", type=float)
    args = parser.parse_args()
    treebank = args.data / "treebank" / "ud_ewt"
    if not (treebank / "en_ewt-ud-train.conllu").exists():
        sys.exit(f"no treebank at {treebank}: --data must hold treebank/ud_ewt/en_ewt-ud-train.conllu")
    if args.headlines and not args.base:
        sys.exit("--headlines needs --base: a pipeline that annotates them, for example kdtcn/events/model")
    config = thinc.api.Config().from_disk(args.config)
    settings = dict(config.pop("kdtcn"))
    if args.base:
        settings |= {"epochs": settings["more_epochs"], "learn_rate": settings["more_learn_rate"]}
    settings["entities_only"] = bool(args.base) and args.entities_only
    settings["epochs"] = args.epochs or settings["epochs"]
    settings["learn_rate"] = args.learn_rate or settings["learn_rate"]
    fix_random_seed(settings["seed"])
    np.random.seed(settings["seed"])
    base = spacy.load(args.base) if args.base else None
    nlp = base or spacy.util.load_model_from_config(config, auto_fill=True)
    if base is None:
        set_tokenizer(nlp)
    written, more = list(read_written(nlp, "train")), []
    if base is not None and args.headlines:
        own = annotate(base, read_headlines(args.headlines))
        print(f"{len(own)} headlines of {args.headlines} that {args.base} reads alike in every case", flush=True)
        written, more = written + own, [f"the headlines of {args.headlines.name}"]
    corpus = read_corpus(args.data, written)
    train(nlp, corpus, base, read_conllu(treebank / "en_ewt-ud-dev.conllu"), settings, args.out)
    finish(nlp, args.data, args.out, more)


if __name__ == "__main__":
    main()
