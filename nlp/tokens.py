"""Cut text into words as the treebank does."""

from __future__ import annotations

from spacy.language import Language
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

# A run of marks is one token in the treebank.
RUN = r"[!?]{2,}|[*]{2,}|[=]{2,}|[_]{2,}|<<|>>"
# Prefixes that the treebank leaves joined to their word.
BOUND_PREFIXES = ("e", "co", "re", "ex", "non", "pre", "mis", "anti", "semi", "vice", "mid", "pro", "sub", "multi", "self", "un")


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
