"""How sure the rules are of a tuple: by construction, less what makes headlines hard to read.

The numbers are the share of a tuple's words that annotators shared, on 219 annotated headlines (docs/NLP.md, "Confidence"), drawn towards the
mean where a construction is rare.
"""

from __future__ import annotations

BY_RULE = {"active": 0.93, "passive": 0.91, "relative": 0.89, "control": 0.88, "infinitive": 0.85, "adverbial": 0.82, "participle": 0.78,
           "nominal": 0.75, "copula": 0.73, "reduced": 0.72}  # fmt: skip
PRONOUN = 0.1  # who "it" is, the headline does not say
UNKNOWN_VERB = 0.1  # often a noun read as a verb
NO_OBJECT = 0.04
CROWDED = 0.08  # three clauses and more: attachments are guesses
LONG_SUBJECT = 0.2
LONG_SUBJECT_WORDS = 6
CROWDED_CLAUSES = 3
LEAST = 0.1


def confidence(rule: str, *, pronoun: bool, known: bool, has_object: bool, clauses: int, subject_words: int) -> float:
    """A number in (0, 1]: `clauses` counts those of the whole headline, `known` says whether the verb has an event type."""
    value = BY_RULE[rule]
    value -= PRONOUN * pronoun + UNKNOWN_VERB * (not known) + NO_OBJECT * (not has_object)
    value -= CROWDED * (clauses >= CROWDED_CLAUSES) + LONG_SUBJECT * (subject_words >= LONG_SUBJECT_WORDS)
    return round(max(LEAST, value), 2)
