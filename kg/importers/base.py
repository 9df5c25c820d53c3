"""What every importer yields, one row at a time, and how a description tells what kind of thing an entity is."""

import bz2
import gzip
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from kdtcn.errors import InputError


class Thing(NamedTuple):
    """An entity as its source names it; `ids` are (scheme, external id) pairs, the first one names it in facts."""

    ids: tuple[tuple[str, str], ...]
    label: str
    aliases: tuple[str, ...]
    description: str
    types: str


class Statement(NamedTuple):
    """A fact between external ids; days are ISO or empty, `valid_to` the last one."""

    head: tuple[str, str]
    relation: str
    tail: tuple[str, str]
    valid_from: str = ""
    valid_to: str = ""


class Refused(NamedTuple):
    """An input row that is not taken, and why; `fact` is False for a row that names an entity."""

    raw: str
    reason: str
    fact: bool = True


Row = Thing | Statement | Refused


@dataclass
class Counts:
    """Rows read = taken + known already + refused, for facts of one source."""

    read: int = 0
    taken: int = 0
    known: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


# what an English Wikidata description says about the kind of thing, first match wins; the names are those of the linker's priors
KINDS: tuple[tuple[str, str], ...] = (
    ("work", r"\b(film|album|song|single|series|sitcom|novel|book|video game|episode|musical|play|soundtrack) (by|directed|written|from|produced|based|about|of|in|that|which)\b"
             r"|\b(19|20)\d\d .*\b(film|album|song|series)\b"),
    ("company", r"\b(producer|manufacturer|maker) of\b|\b(multinational|conglomerate|corporation|airline|record label)\b"),
    ("person", r"\b(actor|actress|singer|politician|player|footballer|writer|director|producer|composer|musician|president|author|poet|journalist|philosopher|scientist|physicist|chemist"
               r"|mathematician|economist|lawyer|businessman|businesswoman|businessperson|entrepreneur|general|officer|monarch|king of|queen of|emperor|artist|painter|rapper|comedian|model|screenwriter"
               r"|guitarist|drummer|bassist|songwriter|conductor|pianist|coach|athlete|swimmer|driver|boxer|wrestler|cyclist|historian|architect|astronaut|activist|novelist|presenter|host|prime minister"
               r"|statesman|leader|cinematographer|editor|designer|filmmaker|violinist|theologian|pope|saint|judge|personality|biologist|inventor|explorer|dramatist|playwright|critic|philologist|linguist"
               r"|sociologist|revolutionary|chairman|prophet|secretary of state|whistleblower|dictator|chancellor|founder|tycoon|magnate|executive|spy|hacker|preacher|terrorist|golfer|sprinter|dissident"
               r"|first lady|prince|princess|mayor|senator|governor|minister|diplomat|investor|broadcaster and|naturalist)\b"),
    ("work", r"\b(films?|movie|albums?|songs?|television|tv|series|sitcom|novel|book|video game|episode|musical|miniseries|soundtrack|documentary|magazine|comic|manga|anime)\b"),
    ("country", r"^(sovereign state|country|island country|federal republic|republic|islamic republic|kingdom|constitutional monarchy|federal constitutional monarchy|principality|island nation|island republic"
                r"|absolute monarchy|city-state) (in|on|with|located|spanning|covering)\b|\bcountry (in|of|on|spanning|located|primarily|comprising)\b|sovereign (state|archipelago)|^(unitary|federal|parliamentary).*(monarchy|republic)"),
    ("former country", r"\b(former|historical) (country|state|empire|kingdom)|\bempire\b"),
    ("city", r"\b(city|capital|town|village|municipality|commune|borough|census-designated place|suburb|metropolis|settlement|neighbourhood|neighborhood|county seat)\b"),
    ("subdivision", r"\b(state of|state in|indian state|u\.?s\.? state|federal subject|voivodeship|province|county|prefecture|region of|region in|department of|district|canton|oblast|territory)\b"),
    ("party", r"\bpolitical party\b"),
    ("company", r"\b(company|corporation|airline|bank|manufacturer|record label|studio|conglomerate|retailer|publisher|broadcaster|network|label|firm|multinational|newspaper|brand)\b"),
    ("team", r"\b(club|team|franchise)\b"),
    ("organisation", r"\b(university|college|school|organi[sz]ation|agency|institute|institution|league|association|union|society|conference|court|church|department|watchdog|parliament|house of|militia|militant group|branch of|foundation|academy|army|navy|air force|force|museum|theatre)\b"),
    ("conflict", r"\b(war|conflict|battle|genocide|revolution)\b"),
    ("region", r"\b(continent|subcontinent|region|island|islands|archipelago|peninsula|mountain|mountains|river|lake|ocean|sea|sea of|desert)\b"),
    ("people", r"\b(ethnic group|people|nation|ethnicity)\b"),
    ("language", r"\blanguages?\b"),
)  # fmt: skip


def kind(label: str, description: str) -> str:
    """The kind of thing, by its description; "other" where nothing tells."""
    text = description.casefold()
    if label.endswith(" language"):
        return "language"
    return next((name for name, pattern in KINDS if re.search(pattern, text)), "other")


PLACES = frozenset({"country", "city", "subdivision", "region", "former country"})


# labels of offices: whoever holds one is the person, and who acts is the state
OFFICE = re.compile(
    r"^((United States |US )?(Vice |Deputy )?(President|Prime Minister|Premier|Secretary|Minister|Governor|Chancellor|Speaker|Member|First Lady|Attorney General)\b(?! General's)"
    r"|Governor-General|speaker of|pope$|monarch)"
)


def types_of(label: str, description: str) -> str:
    """The types of a thing by its label and description, joined by a bar, the first one its kind."""
    name = "office" if OFFICE.match(label) else kind(label, description)
    return f"country|{name}|place" if name == "former country" else f"{name}|place" if name in PLACES else name


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file, also of a .gz or .bz2, without their end; bytes that are no UTF-8 as U+FFFD.

    InputError where the file is not there, or is cut off or damaged.
    """
    opens = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix, open)
    try:
        with opens(path, "rt", encoding="utf-8", errors="replace") as stream:  # type: ignore[operator]
            for line in stream:
                yield line.rstrip("\r\n")
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; graph.sources names files by path, graph.data the folder of fb15k237/ and codex_m/"
        ) from None
    except (EOFError, OSError) as error:
        raise InputError(f"{path}: cannot be read to its end ({error}); fetch the file again") from None
