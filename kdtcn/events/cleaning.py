"""Make a headline parseable: what no parser should see is blanked, then squeezed out, and every character left keeps its place in the stored text."""

from __future__ import annotations

import re

# A headline has some 100 characters, the longest stored ones 300; beyond this nothing is parsed, so that a hostile text costs
# a fraction of a second, not minutes.
MAX_CHARS = 1_200
# Python byte literals that an archive printed: b'...' or b"..."; and the entities that web pages leave behind.
BYTES_PREFIX = re.compile(r"""^\s*b(['"])""")
ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#39|#x27|#34);", re.IGNORECASE)
ENTITY_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "#39": "'", "#x27": "'", "#34": '"'}
# Control characters, separators, zero-width and direction marks, surrogates, the byte-order mark.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\uffff\ud800-\udfff]"
)
# Tags around the headline itself: "[BREAKING]", "[South Africa]" at either end; the site's sections and name behind it.
TAG = re.compile(r"^\s*\[[^\]\[]{1,30}\]:?(?=\s)|(?<=\s)\[[^\]\[]{1,30}\]\s*$")
SITE = re.compile(r"(?:\s[|]\s[^|]{1,25}){1,3}$|\s[-–—|]\s*\S{2,30}\.(?:com|org|net|co\.uk)\s*$")
# What wires and forums put before the news: "UPDATE 2-", "BREAKING:", "TIL".
WIRE = re.compile(
    r"^\s*(?:(?:UPDATE|WRAPUP|RPT|REFILE|CORRECTED|EXCLUSIVE|BRIEF|BREAKING|INSIGHT|ANALYSIS|FOCUS|SPECIAL REPORT|FACTBOX|TIMELINE|POLL|PREVIEW|"
    r"US STOCKS|GLOBAL MARKETS|FOREX|PRECIOUS|MARKETS)(?: \d{1,2})?-)+(?=\S)"
)
ALERT = re.compile(r"^\s*(?:(?i:breaking(?: news)?|just in|urgent|exclusive|watch|video|live|updated?)(?::|\s[-–—])|TIL:?)(?=\s)")
# A sentence or list glued to the next: "year.A storm", "Sikh,Hindu", "report:31 dead". Not in "U.S.A", "e.g.", "10:30", "3.5".
GLUED = re.compile(r"(?<=[a-z]{2}[.,:;!?])(?=[A-Z][a-z ])|(?<=[a-z]{2}[,:;])(?=\d)")
SPACES = re.compile(r" {2,}|^ | $")
ESCAPES = re.compile(r"\\(x[0-9a-fA-F]{2}|[nrt])")


def clean(text: str) -> str:
    """The text to parse: same length up to MAX_CHARS, with a space (or the meant character) in place of what no parser should see."""
    text = text[:MAX_CHARS]
    text = UNSEEN.sub(" ", text)
    text = ESCAPES.sub(lambda m: " " * len(m.group()), text)
    text = ENTITY.sub(lambda m: ENTITY_CHARACTERS[m.group(1).lower()].ljust(len(m.group())), text)
    literal = BYTES_PREFIX.match(text)
    if literal:
        text = " " * literal.end() + text[literal.end() :]
        if text.rstrip().endswith(literal.group(1)):
            stripped = text.rstrip()
            text = stripped[:-1] + " " * (len(text) - len(stripped) + 1)
    for pattern in (SITE, TAG, WIRE, ALERT):
        text = pattern.sub(lambda m: " " * len(m.group()), text)
    return text


def prepare(text: str) -> tuple[str, list[int] | None]:
    """(text to parse, offset in the stored text of each of its characters); None for the offsets if nothing was moved.

    Taggers take a run of spaces for a word, and two sentences without a space between for one: runs become one space, glued ones get one.
    """
    cleaned = clean(text)
    if not SPACES.search(cleaned) and not GLUED.search(cleaned):
        return cleaned, None
    kept: list[str] = []
    offsets: list[int] = []
    glued = {m.start() for m in GLUED.finditer(cleaned)}
    for i, character in enumerate(cleaned):
        if i in glued:
            kept.append(" ")
            offsets.append(i)
        if character != " " or (kept and kept[-1] != " "):
            kept.append(character)
            offsets.append(i)
    if kept and kept[-1] == " ":
        kept.pop()
        offsets.pop()
    return "".join(kept), offsets
