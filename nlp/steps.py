"""What each augmentation gives, at small scale: python nlp/steps.py --data DIR [--step NAME] [--sentences 4000] [--epochs 4]

Trains tagger and parser from nothing on part of the treebank, with one augmentation more at each step, and scores treebank dev sentences as they stand, in
Title Case, in lower case and rewritten as headlines (the same sentences and rewrites for every step).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import spacy
import thinc.api
from spacy.util import fix_random_seed

sys.path.insert(0, str(Path(__file__).parent))

from build import HERE, Corpus, batches, epoch_examples, learn_rate
from frame_phrases import collect
from headlines import headline, recase
from score import score_treebank
from tokens import set_tokenizer
from treebank import Sentence, read_all_entities, read_conllu

OFF = {"recased_share": 0.0, "headline_share": 0.0, "headline_share_news": 0.0, "frames": 0}
STEPS = {
    "treebank": (),
    "+ letter cases": ("recased_share",),
    "+ rewriting": ("recased_share", "headline_share", "headline_share_news"),
    "+ frames": tuple(OFF),
}


def small_pipeline(step: str, corpus: Corpus, epochs: int) -> spacy.language.Language:
    """Tagger and parser trained with the augmentations of a step."""
    config = thinc.api.Config().from_disk(HERE / "config.cfg")
    full = dict(config.pop("kdtcn"))
    share = len(corpus.treebank) / 12_544
    settings = full | OFF | {k: full[k] for k in STEPS[step]} | {"epochs": epochs, "warmup_steps": 50, "entities_only": False}
    settings["batch_words"] = 400  # few sentences need many steps
    settings["frames"] = int(settings["frames"] * share)
    fix_random_seed(full["seed"])
    np.random.seed(full["seed"])
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    set_tokenizer(nlp)
    for name in ("morphologizer", "ner", "lemmatizer"):
        nlp.remove_pipe(name)
    rng = random.Random(full["seed"])
    made = [epoch_examples(nlp, corpus, rng, settings) for _ in range(epochs)]
    nlp.initialize(lambda: made[0])
    optimizer = thinc.api.Adam(learn_rate=full["learn_rate"], beta2=0.999, L2=0.01, L2_is_weight_decay=True, grad_clip=1.0)
    runs = [batch for examples in made for batch in batches(examples, settings["batch_words"])]
    for n, batch in enumerate(runs):
        optimizer.learn_rate = learn_rate(n, len(runs), settings)
        nlp.update(batch, sgd=optimizer, drop=settings["dropout"])
    return nlp


def held_out(dev: list[Sentence]) -> dict[str, list[Sentence]]:
    """The sentences as they stand, in two other cases, and as headlines."""
    rng = random.Random(1)
    return {
        "as is": dev,
        "Title Case": [replace(s, tokens=recase(s.tokens, "title")) for s in dev],
        "lower case": [replace(s, tokens=recase(s.tokens, "lower")) for s in dev],
        "headlines": [replace(s, tokens=headline(s.tokens, rng)) for s in dev],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--step", choices=STEPS, help="this step alone")
    parser.add_argument("--sentences", type=int, default=4_000)
    parser.add_argument("--epochs", type=int, default=4)
    args = parser.parse_args()
    folder = args.data / "treebank" / "ud_ewt"
    # Whole documents of every genre: the treebank lies genre by genre.
    everything = read_conllu(folder / "en_ewt-ud-train.conllu")
    documents = sorted({s.document for s in everything})
    random.Random(0).shuffle(documents)
    kept = set(documents[: max(1, round(len(documents) * args.sentences / len(everything)))])
    treebank = [s for s in everything if s.document in kept]
    corpus = Corpus(treebank, [], [], collect(everything, read_all_entities(args.data / "ner")[0]))
    tests = held_out(read_conllu(folder / "en_ewt-ud-dev.conllu")[::4])
    for step in [args.step] if args.step else STEPS:
        nlp = small_pipeline(step, corpus, args.epochs)
        print(
            json.dumps({"step": step} | {name: score_treebank(nlp, sentences)["las"] for name, sentences in tests.items()}),
            flush=True,
        )


if __name__ == "__main__":
    main()
