"""How the report writes numbers, dates, hostile text and plain sentences."""

import math
import re
import unicodedata
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from kdtcn.report.page import SessionPage

MINUS, NARROW = "\u2212", "\u202f"  # a real minus sign; a narrow space that does not break
FOLD = 320
NOISE = 0.02  # closer to one half than this is told as what it is: a coin toss

_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")

# Characters that turn the direction of what follows, or that cannot be seen: shown by their number, not obeyed.
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)


def plain(text: str) -> str:
    """Text as it can be shown: control and direction characters visible as <U+202E>, lone surrogates replaced."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = unicodedata.normalize("NFC", text).replace("\r", " ").replace("\n", " ").replace("\t", " ")
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def folded(text: str) -> tuple[str, str]:
    """(what is shown at once, the whole text or "" where it is short enough)."""
    text = plain(text)
    if len(text) <= FOLD:
        return text, ""
    cut = text.rfind(" ", FOLD // 2, FOLD)
    return text[: cut if cut > 0 else FOLD].rstrip() + " …", text


def short(text: str, size: int = 160) -> str:
    """Text as it can be shown, cut to a size; the JSON beside the page holds the whole."""
    text = plain(text)
    return text if len(text) <= size else text[: size - 1] + "…"


def safe_url(url: str) -> str:
    """The address where it is an absolute http or https one, else nothing."""
    url = url.strip()
    if any(ord(char) <= 32 or ord(char) == 127 for char in url):
        return ""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises on a malformed port
    except ValueError:
        return ""
    return url if parts.scheme.lower() in {"http", "https"} and parts.hostname else ""


def effect(value: float | None) -> str:
    """A signed effect with two significant digits, never in powers of ten."""
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size < 0.00005:
        return "0"
    digits = max(0, 1 - math.floor(math.log10(size)))
    if round(size, digits) >= 10 ** (2 - digits):  # 0.0996 rounds up into the next decade
        digits = max(0, digits - 1)
    return f"{MINUS if value < 0 else '+'}{size:.{digits}f}"


def signed_percent(value: float | None, digits: int = 2) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{abs(value):.{digits}%}".replace("%", f"{NARROW}%")
    if not any(char in "123456789" for char in text):
        return text
    return f"{MINUS if value < 0 else '+'}{text}"


def percent(value: float | None, digits: int = 0) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}%}".replace("%", f"{NARROW}%").replace("-", MINUS)


def number(value: float | None, digits: int = 2) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    return (text if any(char in "123456789" for char in text) else text.lstrip("-")).replace("-", MINUS)


def count(value: float | None) -> str:
    """A whole number in groups of three."""
    return "–" if value is None or not math.isfinite(value) else f"{round(value):,}".replace(",", NARROW)


def dates(text: str) -> Markup:
    """Escaped text in which ISO dates are <time>, so that no line breaks inside one."""
    return Markup(_DATE.sub(r'<time datetime="\g<0>">\g<0></time>', str(escape(text))))


def _chance(p: float) -> str:
    """A probability in whole percent; near one half with a decimal, so that the side can be seen."""
    return percent(p, 1 if abs(p - 0.5) < NOISE else 0)


def statement(page: SessionPage) -> str:
    """What the model expects, in one sentence."""
    verb = "rise" if page.up else "fall"
    day = f"{page.session:%Y-%m-%d}"
    if page.alignment != "forecast":
        lead = f"Given the news of the same day, the model reads {day} as a session in which {page.symbol} would {verb}"
    else:
        lead = f"The model expects {page.symbol} to {verb} in the session of {day}"
    return f"{lead}: P(up) {_chance(page.p_up)}."


def chance(page: SessionPage) -> str:
    """What P(abrupt) says, beside how often abrupt sessions were."""
    lead = f"P(abrupt) {percent(page.p_abrupt)}: a change of the daily return of more than {percent(page.threshold, 1)}"
    if page.record is None or page.record.abrupt is None:
        return f"{lead}."
    return f"{lead}; {percent(page.record.abrupt)} of the last {count(page.record.n)} test sessions had one."


def steadiness(page: SessionPage) -> str:
    """How far models trained from other seeds agree on the order of the effects."""
    if page.stability is None:
        return ""
    tail = (
        "read the sum and the placebo bands rather than single bars."
        if not page.stability.stable
        else "what is said below does not hang on the seed."
    )
    return (
        f"{page.stability.seeds} models that differ only in their training seed order these events with a mean rank correlation of "
        f"{number(page.stability.correlation)} (1 is the same order): {tail}"
    )


def strength(page: SessionPage) -> str:
    """How far the probability is from a coin toss."""
    return "That is close to a coin toss." if abs(page.p_up - 0.5) < NOISE else ""


def outcome(page: SessionPage) -> str:
    """What happened, and whether the model was right."""
    if page.outcome is None:
        return "The session has not closed yet: no outcome is known."
    did = f"{page.symbol} closed {'higher' if page.outcome.d > 0 else 'lower' if page.outcome.d < 0 else 'unchanged'}"
    right = "right" if page.outcome.up == page.up else "wrong"
    tail = "" if page.outcome.abrupt is None else f" The change was{'' if page.outcome.abrupt else ' not'} abrupt."
    return f"{did} (D {signed_percent(page.outcome.d)}): the model was {right}.{tail}"


def record(page: SessionPage) -> str:
    """The model's record in one sentence, with what it allows to be said."""
    found = page.record
    if found is None or found.n == 0:
        return "No earlier test session has closed yet, so the model has no record."
    beats = (
        "better than" if found.low > found.always_up else "worse than" if found.high < found.always_up else "not told apart from"
    )
    return (
        f"Over {count(found.n)} test sessions ({found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}) the model was right in "
        f"{percent(found.accuracy, 1)} (95{NARROW}% interval {percent(found.low, 1)} to {percent(found.high, 1)}); "
        f"always saying up was right in {percent(found.always_up, 1)}. The model is {beats} always-up."
    )


def reading(page: SessionPage) -> str:
    """What the effects of the page say taken together."""
    if not page.events:
        return "No event of this session was extracted; what moves the forecast is prices and older news."
    banded = [event for event in page.events if event.low is not None]
    out = [event for event in banded if event.outside]
    parts = [
        f"Without any news of the window the raw logit would be {effect(page.base)}; "
        f"the {len(page.events)} event{'s' * (len(page.events) > 1)} of this session move it by {effect(page.own_total)}, "
        f"older sessions by {effect(page.older_total)}, to {effect(page.logit)}."
    ]
    if banded and not out:
        parts.append("No effect leaves its placebo band: other headlines in the same place would have done as much.")
    elif banded:
        parts.append(
            f"{len(out)} of {len(banded)} effects leave{'s' * (len(out) == 1)} the placebo band; "
            f"by chance alone about {0.05 * len(banded):.0f} would."
        )
    return " ".join(parts)
