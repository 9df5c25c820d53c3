"""Headline text as it is stored, and the identity it gives a headline."""

import hashlib
import re
import unicodedata
from datetime import date

LONGEST = 1000  # characters; longer is no headline but a page that slipped into the column

_SURROGATE = re.compile("[\ud800-\udfff]")
# control characters break lines and terminals, directional overrides show a text in another order than it is stored in
_UNSEEN = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " ") | dict.fromkeys(
    [0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], ""
)
# Python's repr of bytes, complete and with its own quote escaped: anything else that begins with b' is left alone
_BYTES = re.compile(r"""b(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""", re.DOTALL)
_ESCAPE = re.compile(rb"\\(\\|'|\"|n|r|t|x[0-9a-fA-F]{2})")
_ESCAPES = {b"\\": b"\\", b"'": b"'", b'"': b'"', b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def clean(text: str) -> str:
    """One line in Unicode NFC, single spaces, no control or direction characters; lone surrogates become U+FFFD."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", text))
    if not text.isprintable():
        text = text.translate(_UNSEEN)
    return " ".join(text.split())


def refuse(text: str) -> str:
    """Why a cleaned text is no headline; empty when it is one."""
    if not text:
        return "no text"
    if len(text) > LONGEST:
        return f"longer than {LONGEST:,} characters"
    if "\ufffd" in text:
        return "not valid UTF-8"
    if not any(character.isalnum() for character in text):
        return "no words"
    return ""


def headline_id(source: str, day: date, text: str) -> str:
    """The key of a headline: the same cleaned text from the same source on the same day is the same headline."""
    return hashlib.sha256(f"{source}\x1f{day.isoformat()}\x1f{text}".encode()).hexdigest()[:20]


def safe_url(url: str) -> str:
    """The address where it is http or https, else nothing: reports link to it."""
    return (
        url
        if url.lower().startswith(("http://", "https://")) and len(url) <= 2000 and url.isprintable() and " " not in url
        else ""
    )


def decode_bytes_repr(text: str) -> str:
    """Undo str(b"..."), a slip of Python 2 to 3 ports: escapes become bytes again, bytes UTF-8 (else Windows-1252)."""
    bare = text.strip()
    if not bare.startswith(("b'", 'b"')):
        return text
    match = _BYTES.fullmatch(bare)
    if match is None:
        return text
    body = (match[1] if match[1] is not None else match[2]).encode("utf-8", "replace")
    raw = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1]) or bytes.fromhex(found[1][1:].decode()), body)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
