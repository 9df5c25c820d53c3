"""Event types: a closed set of about twenty, after the root categories of CAMEO, extended by economy and disaster.

CAMEO: Schrodt, P. A. (2012), Conflict and Mediation Event Observations, Event and Actor Codebook. A type is looked up by the predicate's
lemma, with its particle first ("shut down"); the graph embedding uses it as the relation between subject and object.
"""

from __future__ import annotations

OTHER = "other"
TYPES: dict[str, str] = {
    "statement": "say tell state claim announce declare report comment explain describe note add speak address mention argue insist believe think "
                 "reveal show suggest write publish release unveil present predict forecast expect estimate find discover recall quote admit "
                 "confirm acknowledge apologize apologise",
    "appeal": "urge call ask request plead beg appeal seek want propose offer invite lobby hope wish petition recommend advise",
    "demand": "demand order insist require force compel press pressure push summon",
    "agreement": "agree sign approve accept ratify pass back endorse settle ceasefire reconcile adopt join ally grant allow permit legalise legalize "
                 "restore reopen lift ease",
    "consult": "meet visit discuss negotiate mediate talk host hold consult attend arrive travel enter tour welcome",
    "cooperate": "help aid assist support cooperate provide supply donate fund rescue send deliver share protect save feed free pardon evacuate train",
    "refuse": "refuse reject deny dismiss block veto oppose halt stop suspend cancel postpone delay boycott ban prohibit forbid bar censor withdraw "
              "quit exit leave resign abandon break scrap reverse exclude",
    "accuse": "accuse blame condemn criticise criticize denounce slam blast attack-verbally sue charge allege fault rebuke mock insult complain",
    "threaten": "threaten warn vow brace prepare alert risk fear",
    "protest": "protest march rally demonstrate strike riot revolt rise rebel occupy storm clash picket",
    "military": "deploy mobilise mobilize arm patrol invade advance retreat launch test fire conduct",
    "conflict": "attack bomb kill shoot fight strike raid shell wound injure assassinate murder stab execute behead ambush destroy burn torch rape "
                "torture beat abuse assault hijack kidnap abduct capture seize besiege hit target slaughter massacre gun blow explode detonate "
                "hack loot rob shoot-down",
    "coerce": "arrest detain jail imprison sentence fine convict try raid expel deport extradite punish sanction freeze confiscate charge-with "
              "crack prosecute indict investigate probe search question impose evict whip flog cane hang",
    "disaster": "die drown crash collapse sink erupt flood quake shake spill derail leak melt infect spread burn sicken starve plague ravage perish "
                "contaminate pollute poach disappear vanish capsize",
    "economic rise": "rise gain grow surge jump soar climb increase rally rebound recover boost double triple expand profit advance strengthen raise "
                     "rocket improve",
    "economic fall": "fall drop plunge slump decline decrease lose shrink tumble sink slide cut slash weaken crash plummet default dip contract halve "
                     "reduce downgrade lay devalue bankrupt worsen slow",
    "trade": "buy sell trade export import invest acquire purchase merge pay spend cost price list bid lend borrow owe finance subsidise subsidize "
             "tax earn fund hire open close shut produce build",
    "govern": "elect vote appoint win lead name nominate rule govern inaugurate dissolve reform amend enact draft legislate reshuffle succeed impeach oust "
              "overthrow decide plan set introduce pledge promise launch create form abolish end begin start",
    "science": "develop invent study test detect orbit land launch discover cure vaccinate measure observe map clone grow eradicate explore research achieve",
    "state": "be become remain have seem appear stay stand live lie exist get keep need know love hate own face contain include",
    "perceive": "see hear watch look feel suspect consider identify view remember learn monitor spy track",
    "move": "go come run flee escape return move walk fly drive turn carry bring take pull migrate cross follow pass-through board",
}  # fmt: skip
# A lemma listed twice takes the first of these: the more particular type wins over the more general one.
_PRECEDENCE = ("economic fall", "economic rise", "conflict", "coerce", "disaster", "protest", "accuse", "threaten", "refuse", "trade", "govern",
               "agreement", "demand", "appeal", "consult", "cooperate", "military", "science", "perceive", "move", "state", "statement")  # fmt: skip
# Readings that the order above would get wrong.
_OVERRIDES = {
    "strike": "conflict", "fire": "conflict", "raise": "economic rise", "lose": "economic fall", "test": "military", "launch": "military",
    "burn": "disaster", "sink": "disaster", "crash": "disaster", "raid": "coerce", "rally": "protest", "advance": "military", "call for": "appeal",
    "call on": "appeal", "shoot down": "conflict", "gun down": "conflict", "break up": "coerce", "break out": "conflict", "crack down": "coerce",
    "shut down": "refuse", "set up": "govern", "set off": "conflict", "blow up": "conflict", "strike back": "conflict", "pass away": "disaster",
    "break down": "economic fall", "lay off": "economic fall", "take over": "govern", "step down": "refuse", "pull out": "refuse", "hold": "consult",
    "carry out": "conflict", "wipe out": "economic fall", "take off": "economic rise", "end": "refuse", "attack": "conflict", "lock up": "coerce",
    "rise up": "protest", "hand over": "agreement", "sign up": "agreement", "come under": "conflict", "rise": "economic rise", "cut off": "refuse",
    "charge": "coerce", "try": "govern", "lead": "govern", "land": "move", "address": "statement", "insist": "statement", "fund": "cooperate",
    "find": "statement", "discover": "science", "dead": "disaster", "injured": "conflict",
}  # fmt: skip


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for kind in reversed(_PRECEDENCE):
        table.update(dict.fromkeys(TYPES[kind].split(), kind))
    return table | _OVERRIDES


_BY_LEMMA = _table()
NAMES: tuple[str, ...] = (*TYPES, OTHER)


def event_type(lemma: str) -> str:
    """The type of a predicate's lemma ("shut down", "kill"); `other` if unknown. A phrasal verb falls back on its verb."""
    found = _BY_LEMMA.get(lemma)
    if found is None and " " in lemma:
        found = _BY_LEMMA.get(lemma.split(" ", 1)[0])
    return found or OTHER
