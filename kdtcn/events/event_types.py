"""Event types: a closed set of about twenty, after the root categories of CAMEO, extended by economy and disaster.

CAMEO: Schrodt, P. A. (2012), Conflict and Mediation Event Observations, Event and Actor Codebook. A type is looked up by the predicate's
lemma, with its particle first ("shut down"); the graph embedding uses it as the relation between subject and object.
"""

from __future__ import annotations

OTHER = "other"
TYPES: dict[str, str] = {
    "statement": "say tell state claim announce declare report comment explain describe note add speak address mention argue insist believe think "
                 "reveal show suggest write publish release unveil present predict forecast expect estimate find discover recall quote admit "
                 "confirm acknowledge apologize apologise tweet post testify signal hint cite express prove mean boast affirm reiterate stress caution "
                 "maintain contend concede assert disclose expose outline detail document broadcast film record deem label depict portray display answer "
                 "respond react reply refer issue mark sound blog",
    "appeal": "urge call ask request plead beg appeal seek want propose offer invite lobby hope wish petition recommend advise encourage convince persuade prompt aim attempt implore",
    "demand": "demand order insist require force compel press pressure push summon challenge",
    "agreement": "agree sign approve accept ratify pass back endorse settle ceasefire reconcile adopt join ally grant allow permit legalise legalize "
                 "restore reopen lift ease extend renew resume recognise recognize authorise authorize decriminalise decriminalize guarantee commit reunite "
                 "unite reach concede compromise team",
    "consult": "meet visit discuss negotiate mediate talk host hold consult attend arrive travel enter tour welcome debate gather celebrate interview",
    "cooperate": "help aid assist support cooperate provide supply donate fund rescue send deliver share protect save feed free pardon evacuate train give praise hail "
                 "applaud commend honor honour congratulate treat preserve serve contribute rebuild repatriate award promote defend shield teach educate heal "
                 "ensure enable mourn release liberate",
    "refuse": "refuse reject deny dismiss block veto oppose halt stop suspend cancel postpone delay boycott ban prohibit forbid bar censor withdraw "
              "quit exit leave resign abandon break scrap reverse exclude prevent avoid ignore resist remove eliminate outlaw restrict limit curb "
              "criminalize criminalise ditch shun quash overturn revoke thwart foil obstruct disrupt delete strip counter fail silence retire pull",
    "accuse": "accuse blame condemn criticise criticize denounce slam blast sue charge allege fault rebuke mock insult complain lambast ridicule decry defame shame scold deride",
    "threaten": "threaten warn vow brace prepare alert risk fear endanger menace intimidate bully undermine provoke",
    "protest": "protest march rally demonstrate strike riot revolt rise rebel occupy storm clash picket chant defy disobey shout",
    "military": "deploy mobilise mobilize arm patrol invade advance retreat launch test fire conduct retake recapture station surround intercept equip recruit conquer encircle",
    "conflict": "attack bomb kill shoot fight strike raid shell wound injure assassinate murder stab execute behead ambush destroy burn torch rape "
                "torture beat abuse assault hijack kidnap abduct capture seize besiege hit target slaughter massacre blow explode detonate "
                "hack loot rob damage hurt harm battle poison slay crush defeat topple wreck sabotage stone punch kick ruin demolish maim decapitate gas "
                "crucify molest trample chop choke steal plunder grab smuggle vandalise vandalize violate exploit hunt drag confront tackle combat wipe slit",
    "coerce": "arrest detain jail imprison sentence fine convict try raid expel deport extradite punish sanction freeze confiscate "
              "crack prosecute indict investigate probe search question impose evict whip flog cane hang subpoena interrogate handcuff seal enforce bust displace blacklist impound quarantine cheat",
    "disaster": "die drown crash collapse sink erupt flood quake shake spill derail leak melt infect spread burn sicken starve plague ravage perish "
                "contaminate pollute poach disappear vanish capsize suffer strand collide devastate hospitalise hospitalize "
                "emit waste dump sweep batter survive overwhelm",
    "economic rise": "rise gain grow surge jump soar climb increase rally rebound recover boost double triple expand profit advance strengthen raise "
                     "rocket improve exceed surpass accumulate fuel spike widen mount intensify outperform revive top enjoy",
    "economic fall": "fall drop plunge slump decline decrease lose shrink tumble sink slide cut slash weaken crash plummet default dip contract halve "
                     "reduce downgrade lay devalue bankrupt worsen slow erode drain narrow stall stagnate struggle lower deplete shed tank dive slip ease",
    "trade": "buy sell trade export import invest acquire purchase merge pay spend cost price list bid lend borrow owe finance subsidise subsidize "
             "tax earn fund hire open close shut produce build manufacture supply ship settle outsource trade auction",
    "govern": "elect vote appoint win lead name nominate rule govern inaugurate dissolve reform amend enact draft legislate reshuffle succeed impeach oust "
              "overthrow decide plan set introduce pledge promise launch create form abolish end begin start replace "
              "establish implement regulate restructure control register designate institute choose select manage handle operate stage perform enforce change",
    "science": "develop invent study test detect orbit land launch discover cure vaccinate measure observe map clone grow eradicate explore research achieve harvest calculate examine unearth design activate transform restart",
    "state": "be become remain have seem appear stay stand live lie exist get keep need know love hate own face contain include use receive wear belong represent involve cover cause continue emerge happen occur work deal bear prove affect link play",
    "perceive": "see hear watch look feel suspect consider identify view remember learn monitor spy track notice witness experience spot read forget uncover examine await",
    "move": "go come run flee escape return move walk fly drive turn carry bring take pull migrate cross follow board throw put catch head wander rush swim ride sit flock relocate transfer wait sleep dump slide gather",
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
    "carry out": "govern", "wipe out": "economic fall", "take off": "economic rise", "end": "refuse", "attack": "conflict", "lock up": "coerce",
    "rise up": "protest", "hand over": "agreement", "sign up": "agreement", "come under": "conflict", "rise": "economic rise", "cut off": "refuse",
    "charge": "coerce", "try": "govern", "lead": "govern", "land": "move", "address": "statement", "insist": "statement", "fund": "cooperate",
    "find": "statement", "discover": "science", "dead": "disaster", "injured": "conflict", "wounded": "conflict", "give up": "refuse", "phase out": "refuse", "cover up": "refuse",
    "bail out": "cooperate", "step up": "economic rise", "pick up": "economic rise", "heat up": "economic rise", "pull off": "govern", "walk out": "protest",
    "hand down": "coerce", "team up": "agreement", "draw up": "govern", "end up": "state", "run out": "economic fall", "turn down": "refuse",
    "back down": "refuse", "rule out": "refuse", "call off": "refuse", "put off": "refuse", "dump": "refuse", "settle": "agreement", "slide": "economic fall",
    "ease": "economic fall", "supply": "cooperate", "prove": "statement", "examine": "science", "release": "statement", "pull": "move", "gather": "consult",
    "fuel": "economic rise", "top": "economic rise",
}  # fmt: skip


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for kind in reversed(_PRECEDENCE):
        table.update(dict.fromkeys(TYPES[kind].split(), kind))
    return table | _OVERRIDES


_BY_LEMMA = _table()
NAMES: tuple[str, ...] = (*TYPES, OTHER)


def base_form(form: str) -> str:
    """The verb of the table whose inflected form this is ("raped": rape), or "": lemmatizers cut unknown headline forms too short."""
    if form in _BY_LEMMA:
        return form
    for ending in ("s", "es", "d", "ed", "ing"):
        stem = form.removesuffix(ending)
        if stem == form or len(stem) < 2:
            continue
        for verb in (stem, stem + "e", stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else stem):
            if verb in _BY_LEMMA and (ending not in ("d", "ed") or len(verb) > 2):
                return verb
    return ""


def event_type(lemma: str) -> str:
    """The type of a predicate's lemma ("shut down", "kill"); `other` if unknown. A phrasal verb falls back on its verb."""
    found = _BY_LEMMA.get(lemma)
    if found is None and " " in lemma:
        found = _BY_LEMMA.get(lemma.split(" ", 1)[0])
    return found or OTHER
