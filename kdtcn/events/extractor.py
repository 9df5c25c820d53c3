"""From parsed documents to event tuples and mentions."""

from __future__ import annotations

import hashlib
import json

from spacy.language import Language
from spacy.tokens import Doc

from kdtcn.events import repair, stance, tree, words
from kdtcn.events.clauses import Clause, agent_of, find, has_to
from kdtcn.events.cleaning import MAX_CHARS
from kdtcn.events.confidence import confidence
from kdtcn.events.event_types import OTHER, base_form, event_type
from kdtcn.events.phrases import noun_phrase, surface
from kdtcn.events.slots import assemble
from kdtcn.events.tuples import EventTuple, Mention

# Raise with every change of the rules: stored events are told apart by it.
RULES_VERSION = "4"


def extractor_id(nlp: Language) -> str:
    """A name for rules and pipeline together; it changes when either does."""
    digest = hashlib.sha256(json.dumps([RULES_VERSION, MAX_CHARS, nlp.meta], sort_keys=True, default=str).encode())
    if nlp.has_pipe("parser"):
        digest.update(nlp.get_pipe("parser").model.to_bytes())  # a parser trained anew may keep every name and number
    return f"rules-{RULES_VERSION}-{digest.hexdigest()[:10]}"


def extract(doc: Doc, text: str | None = None, offsets: list[int] | None = None) -> list[EventTuple]:
    """Event tuples of a parsed document, in text order; `text` and `offsets` lead back to the stored text (`cleaning.prepare`)."""
    parse = tree.build(doc, text, offsets)
    repair.mend(parse)
    clauses = find(parse)
    asked = stance.questions(parse)
    reported, speakers, denied = _attributions(parse, clauses)
    made = []
    used: set[int] = set()
    for clause in clauses:
        if stance.root_of(parse, clause.head) in asked or clause.head in reported or clause.head in used:
            continue
        event = _event(parse, clause, speakers, denied, used, len(clauses))
        if event is not None:
            made.append(event)
    return _distinct(made)


def _attributions(parse: tree.Tree, clauses: list[Clause]) -> tuple[set[int], dict[int, str], set[int]]:
    """(verbs of saying that yield no tuple, speaker by content head, content heads that are denied)."""
    reported: set[int] = set()
    speakers: dict[int, str] = {}
    denied: set[int] = set()
    heads = {c.head for c in clauses}
    for clause in clauses:
        content = stance.content_of(parse, clause)
        if content < 0 or content not in heads:
            continue
        reported.add(clause.head)
        speakers[content] = surface(parse, noun_phrase(parse, clause.subject, subject=True))[0] if clause.subject >= 0 else ""
        if parse.lemma[clause.head] in words.DENIAL:
            denied.add(content)
    return reported, speakers, denied


def _event(
    parse: tree.Tree, clause: Clause, speakers: dict[int, str], denied: set[int], used: set[int], clauses: int
) -> EventTuple | None:
    """The tuple of one clause; verbs that it takes into its predicate or object go into `used`, so that they yield none of their own."""
    if clause.subject < 0:
        return None
    predicate, target, last = assemble(parse, clause)
    subject = noun_phrase(parse, clause.subject, subject=True)
    denies = len(subject) > 1 and parse.lower[subject[0]] == "no" and parse.tag[subject[0]] == "DT"
    denies = denies and parse.lower[clause.subject] != "one"
    if denies or _complementizer(parse, clause, subject):
        subject = subject[1:]
    used.update(predicate)
    used.update(t for t in target if parse.dep[t] in ("advcl", "xcomp"))
    agent = agent_of(parse, clause.head) if clause.passive else -1
    if agent >= 0 and last == clause.head:
        # "Man killed by police": the logical actor is the subject, and the preposition of another phrase has no place.
        subject, target = noun_phrase(parse, agent, subject=True), subject
        predicate = [t for t in predicate if parse.dep[t] != "case"]
    if not subject or parse.lower[clause.subject] in words.WH or (parse.lower[clause.subject] == "that" and len(subject) == 1):
        return None
    if not target and (parse.lemma[clause.head] == "say" or clause.rule == "adverbial" or parse.pos[clause.head] == "AUX"):
        return None  # an aside ("officials say") whose content was lost in the parse; a gerund alone ("for blogging")
    if (
        not target
        and has_to(parse, clause.head)
        and clause.rule in ("infinitive", "active")
        and parse.tag[clause.subject] == "NNS"
        and parse.lemma[last] in words.LISTED
    ):
        return None  # "Five stocks to buy"
    chosen = set(subject)
    target = [t for t in target if t not in chosen and t not in predicate]
    chain = [clause.head, *(t for t in predicate if parse.pos[t] == "VERB" and t != clause.head)]
    heads = list(dict.fromkeys([*chain, last]))
    predicate = [t for t in sorted(predicate) if parse.lower[t] not in words.NEGATIONS]
    if not predicate:
        return None
    speaker = _inherited(parse, clause, speakers) or stance.label_speaker(parse, clause)
    lemma = _lemma(parse, last, predicate)
    s, p, o = surface(parse, subject), surface(parse, predicate), surface(parse, target)
    kind = event_type(lemma)
    sure = confidence(
        clause.rule,
        pronoun=parse.pos[clause.subject] == "PRON",
        known=kind != OTHER,
        has_object=bool(target),
        clauses=clauses,
        subject_words=len(subject),
    )
    return EventTuple(
        s[0], p[0], o[0], s[1], p[1], o[1], lemma, kind, denies or stance.negated(parse, heads),
        stance.modality(parse, clause, heads, denied=clause.head in denied), speaker, clause.rule, sure,
    )  # fmt: skip


def _complementizer(parse: tree.Tree, clause: Clause, subject: list[int]) -> bool:
    """Whether the subject begins with the "that" which ties its clause to a verb."""
    first = subject[0] if len(subject) > 1 else 0
    return first > 0 and parse.lower[first] == "that" and parse.pos[first - 1] == "VERB" and parse.dep[clause.head] == "ccomp"


def _inherited(parse: tree.Tree, clause: Clause, speakers: dict[int, str]) -> str:
    """A speaker's words reach down: the clauses joined to, or inside, the reported one are reported too."""
    i = clause.head
    while True:
        if i in speakers:
            return speakers[i]
        if parse.head[i] == i or parse.dep[i] == "parataxis":
            return ""
        i = parse.head[i]


def _lemma(parse: tree.Tree, verb: int, predicate: list[int]) -> str:
    """The main verb's lemma with its particle, or of a copula-less predicate its word: "shut down", "dead"."""
    particle = [parse.lower[t] for t in predicate if parse.head[t] == verb and parse.dep[t] == "compound:prt"]
    if parse.pos[verb] != "VERB" and verb not in predicate:
        return "be"
    lemma = parse.lemma[verb]
    if event_type(lemma) == OTHER:
        lemma = base_form(parse.lower[verb]) or lemma
    return " ".join([lemma, *particle[:1]])


def _distinct(events: list[EventTuple]) -> list[EventTuple]:
    """One tuple for one triple of spans."""
    seen: dict[tuple[str, str, str], EventTuple] = {}
    for event in events:
        seen.setdefault((event.subject_span, event.predicate_span, event.object_span), event)
    return list(seen.values())


def mentions(doc: Doc, text: str | None = None, offsets: list[int] | None = None) -> list[Mention]:
    """Named entities: the pipeline's if it finds any kind of them, else runs of proper nouns."""
    stored = doc.text if text is None else text

    def mention(start: int, end: int, label: str) -> Mention:
        if offsets is not None:
            start, end = offsets[start], offsets[end - 1] + 1
        return Mention(stored[start:end], start, end, label)

    if doc.has_annotation("ENT_IOB"):
        return [mention(e.start_char, e.end_char, e.label_) for e in doc.ents]
    found: list[Mention] = []
    run: list[int] = []
    for i, token in enumerate(doc):
        if token.pos_ == "PROPN":
            run.append(i)
        if run and (token.pos_ != "PROPN" or i == len(doc) - 1):
            found.append(mention(doc[run[0]].idx, doc[run[-1]].idx + len(doc[run[-1]]), "PROPN"))
            run = []
    return found
