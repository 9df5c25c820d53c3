"""Words that tell what a name means: titles before persons, prepositions before places, the state behind a demonym."""

from kg.aliases import fold


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(word) for word in text.split())


# after a demonym these words make it the country that acts ("the Turkish government"), anything else does not ("a Turkish mother")
STATE = _words(
    """
    administration ambassador authorities cabinet embassy government govt leader leaders leadership minister ministers
    ministry official officials parliament pm premier president presidents regime republic state 
    """
)
# these stand between a demonym and the word for the state: "Turkish prime minister", "Israeli foreign ministry"
STATE_BRIDGE = _words(
    """
    armed central defence defense deputy federal finance foreign interior justice prime security special supreme vice
    """
)
# after a hyphen these turn a name into an adjective
ADJECTIVAL = _words(
    """
    administered affiliated aligned allied backed based born bound controlled dominated era funded held hosted inspired led linked made
    occupied owned ruled run sponsored style trained wide
    """
)
# before a name these make it a person
TITLES = _words(
    """
    activist ambassador archbishop ayatollah billionaire candidate cardinal ceo chairman chancellor chief colonel congressman dictator dr
    envoy ex former founder gen general gov governor imam journalist judge justice king lady leader lord mayor minister mr mrs ms pm pope
    premier president president-elect prince princess queen rep secretary sen senator sheikh sir whistleblower
    """
)
# before a name these favour a place
PLACE_BEFORE = _words(
    """
    across around at from in inside into near outside throughout via
    """
)
# anywhere in the headline these favour a company
COMPANY = _words(
    """
    antitrust app apps bailout bank bankrupt bankruptcy banks ceo companies company corp corporation customers employees executive
    executives factories factory fine fined firm giant inc investors lawsuit maker market merger oil patent phone phones products profit
    profits revenue sales share shareholders shares smartphone smartphones software stock stocks sued sues tablet takeover tax users workers
    """
)
# ordinary words that name their bearer even where every word has a capital
FAMOUS = _words("bush brown gates rice")
# a month or a weekday is a date unless a title or an office says otherwise
CALENDAR = _words(
    """
    april august december february friday january july june march may monday november october saturday september sunday thursday tuesday
    wednesday
    """
)
# before a month these make it a date
DATE_BEFORE = _words(
    """
    after and before between by during early from in last late mid next of on since this through till to until
    """
)
# after "may" these make it the verb, even with a capital
VERB_AFTER = _words(
    """
    already also be become come end face finally get give go have help hold know lead lose make mean need never no not now only pave prove pull put
    raise require result seek soon start still stop take try use well
    """
)

# what speaks for one of several bearers of a name, by label, and by label|type where several share one; few, because neighbours in the graph do most of it
WORDS: dict[str, frozenset[str]] = {
    "Amazon rainforest": _words("basin dam dams deforestation drought forest illegal-logging indigenous jungle logged loggers logging rainforest rainforests ranchers river soy species trees tribe tribes uncontacted"),
    "Amazon River": _words("river tributaries tributary"),
    "Amazon": _words("amazoncom aws bezos books cloud customers delivery drones ebooks kindle online retailer sales shopping warehouse warehouses web"),
    "Dow Chemical": _words("bhopal chemical dupont olympics pesticide sponsor"),
    "Georgia|country": _words("abkhazia caucasus invasion moscow nato ossetia ossetian pipeline russia russian saakashvili soviet tbilisi war"),
    "Georgia|subdivision": _words("alabama atlanta carolina execute executed execution florida gov governor inmate savannah senate tech tennessee us"),
    "Turkey": _words("ankara erdogan istanbul kurdish kurds pkk syria"),
    "Jordan": _words("abdullah amman israel king refugees syria"),
    "North Korea": _words("defector defectors dprk il jong juche kim missile missiles nuclear pyongyang rocket un"),
    "South Korea": _words("ferry geun hyundai kpop lee myung park samsung seoul"),
    "Washington|subdivision": _words("marijuana mudslide olympia oregon seattle spokane tacoma"),
    "Washington, D.C.": _words("ally beijing bush capital congress envoy house moscow obama sanctions talks white"),
    "Republic of the Congo": _words("brazzaville nguesso sassou"),
    "Democratic Republic of the Congo": _words("ebola goma kabila kinshasa kivu m23 militia rape rebels rwanda virunga"),
    "Fukushima Prefecture": _words("children evacuees farmers prefecture residents rice schools"),
    "Hillary Clinton": _words("benghazi emails hillary sanders secretary trump"),
    "Bill Clinton": _words("bill ex-president foundation impeachment"),
    "Jeb Bush": _words("florida jeb"),
    "Victoria (Australia)": _words("australia australian bushfire bushfires melbourne"),
}  # fmt: skip
