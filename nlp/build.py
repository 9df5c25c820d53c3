"""Train the pipeline that ships: python nlp/build.py --data DIR --out kdtcn/events/model

DIR holds treebank/ud_ewt (CoNLL-U) and, for named entities, ner/. The result is the same for the same seed, data and versions.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

# More threads change the order of sums, and so the last digits and then the model.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import spacy
import thinc.api
from spacy.language import Language
from spacy.lookups import Lookups
from spacy.training import Example
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex, fix_random_seed

sys.path.insert(0, str(Path(__file__).parent))

from frame_phrases import Words, collect
from frames import frame
from headlines import headline, recase
from score import score_all, score_treebank
from treebank import Sentence, entity_doc, parsed_doc, read_all_entities, read_conllu

HERE = Path(__file__).parent
NEWS_GENRES = ("weblog", "newsgroup")
# A run of marks is one token in the treebank.
RUN = r"[!?]{2,}|[*]{2,}|[=]{2,}|[_]{2,}|<<|>>"
# Prefixes that the treebank leaves joined to their word.
BOUND_PREFIXES = ("e", "co", "re", "ex", "non", "pre", "mis", "anti", "semi", "vice", "mid", "pro", "sub", "multi", "self", "un")
# Word classes that WordNet lacks: their lemmas are those of the treebank ("has", AUX: "have").
CLOSED_CLASSES = ("AUX", "PRON", "DET", "PART", "ADP", "SCONJ", "CCONJ")
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


def set_tokenizer(nlp: Language) -> None:
    """spaCy's English tokenizer with the treebank's cuts: "!!!" is one token, so is "co-founder", so is a telephone number."""
    bound = "".join(rf"(?<!\b(?i:{p}))" for p in BOUND_PREFIXES)
    alpha = "[A-Za-zÀ-ÖØ-öø-ÿ]"
    infixes = [p for p in nlp.Defaults.infixes or [] if "-|–|—" not in p and r"[+\-\*^]" not in p]
    infixes += [
        rf"(?<={alpha}){bound}(?:-|–|—|--|---|——|~)(?={alpha})",
        r"(?<=[0-9])[+*^](?=[0-9-])",
        r"(?<=\b\d{4})[-–](?=\d{2,4}\b)",
    ]
    tokenizer = nlp.tokenizer
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    tokenizer.prefix_search = compile_prefix_regex([RUN, *(nlp.Defaults.prefixes or [])]).search
    tokenizer.suffix_search = compile_suffix_regex([RUN, *(nlp.Defaults.suffixes or [])]).search


def epoch_docs(
    nlp: Language, sentences: list[Sentence], entities: list[Sentence], fillers: Words, rng: random.Random, settings: dict
) -> list[Example]:
    """One epoch's examples, newly augmented: every sentence once, many of them again as headlines, neighbours sometimes joined."""
    docs = []
    i = 0
    while i < len(sentences):
        # Parsers learn sentence boundaries only from texts of several sentences; most headlines have one.
        n = rng.choices((1, 2, 3), (60, 25, 15))[0]
        group = [s for s in sentences[i : i + n] if s.document == sentences[i].document]
        i += len(group)
        style = rng.choices(("as is", "lower", "title", "all title", "upper"), (76, 8, 10, 3, 3))[0]
        docs.append(parsed_doc(nlp.vocab, [recase(s.tokens, style) for s in group]))
    for sentence in sentences:
        news = sentence.document.startswith(NEWS_GENRES)
        if rng.random() < (settings["headline_share_news"] if news else settings["headline_share"]):
            docs.append(parsed_doc(nlp.vocab, [headline(sentence.tokens, rng)]))
    docs += [parsed_doc(nlp.vocab, [frame(fillers, rng)]) for _ in range(settings["frames"])]
    for sentence in entities:
        if rng.random() >= settings["entity_share"]:
            continue
        style = rng.choices(("as is", "title", "lower", "upper"), (60, 30, 6, 4))[0]
        docs.append(entity_doc(nlp.vocab, recase(sentence.tokens, style)))
    rng.shuffle(docs)
    return [Example(nlp.make_doc(doc.text), doc) for doc in docs]


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


def train(
    nlp: Language, sentences: list[Sentence], entities: list[Sentence], dev: list[Sentence], settings: dict, out: Path
) -> None:
    rng = random.Random(settings["seed"])
    fillers = collect(sentences, entities)
    first = epoch_docs(nlp, sentences, entities, fillers, rng, settings)
    lemmatizer = nlp.get_pipe("lemmatizer")
    optimizer = nlp.initialize(lambda: first)
    lemmatizer.initialize(lookups=lemma_tables(sentences))
    optimizer = thinc.api.Adam(learn_rate=settings["learn_rate"], beta2=0.999, L2=0.01, L2_is_weight_decay=True, grad_clip=1.0)
    total = settings["epochs"] * len(batches(first, settings["batch_words"]))
    step, started = 0, time.time()
    for epoch in range(settings["epochs"]):
        examples = first if epoch == 0 else epoch_docs(nlp, sentences, entities, fillers, rng, settings)
        losses: dict[str, float] = {}
        for batch in batches(examples, settings["batch_words"]):
            optimizer.learn_rate = learn_rate(step, total, settings)
            nlp.update(batch, sgd=optimizer, drop=settings["dropout"], losses=losses, exclude=["lemmatizer"])
            step += 1
        scores = score_treebank(nlp, dev[:600])
        print(f"epoch {epoch + 1}/{settings['epochs']} {time.time() - started:.0f} s "
              f"loss {' '.join(f'{k} {v:.0f}' for k, v in losses.items())} dev {json.dumps(scores)}", flush=True)  # fmt: skip
        nlp.to_disk(out)


def finish(nlp: Language, data: Path, out: Path) -> None:
    """Score the trained pipeline, and put licence, notice and scores beside it."""
    scores = score_all(nlp, data)
    nlp.meta.update(
        name="kdtcn_headlines", version="1.0", license="CC BY-SA 4.0", performance=scores, author="the KDTCN developers",
        description="English headlines: tagger, lemmatizer, dependency parser (UD), named entities",
        sources=["UD English EWT 2.16 (CC BY-SA 4.0)", "WNUT17, WikiGold, Broad Twitter Corpus (CC BY 4.0)", "WordNet 3.0", "nlp/frames.py (MIT)"],
    )  # fmt: skip
    nlp.to_disk(out)
    shutil.copy(HERE / "NOTICE", out / "NOTICE")
    (out / "scores.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(scores, indent=2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=HERE / "config.cfg")
    parser.add_argument("--epochs", type=int)
    args = parser.parse_args()
    treebank = args.data / "treebank" / "ud_ewt"
    if not (treebank / "en_ewt-ud-train.conllu").exists():
        sys.exit(f"no treebank at {treebank}: --data must hold treebank/ud_ewt/en_ewt-ud-train.conllu")
    config = thinc.api.Config().from_disk(args.config)
    settings = dict(config.pop("kdtcn"))
    settings["epochs"] = args.epochs or settings["epochs"]
    fix_random_seed(settings["seed"])
    np.random.seed(settings["seed"])
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    set_tokenizer(nlp)
    sentences = read_conllu(treebank / "en_ewt-ud-train.conllu")
    dev = read_conllu(treebank / "en_ewt-ud-dev.conllu")
    train_entities, _ = read_all_entities(args.data / "ner") if "ner" in nlp.pipe_names else ([], [])
    train(nlp, sentences, train_entities, dev, settings, args.out)
    finish(nlp, args.data, args.out)


if __name__ == "__main__":
    main()
