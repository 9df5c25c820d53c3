"""Closed word lists that the grammar rules read: verbs of saying, light verbs, plans, doubt. Lemmas, lower case."""

from __future__ import annotations

from kdtcn.events.scheme import labels as _set

# With a clause as complement these report what another says or finds: the clause is the event, their subject its speaker.
SPEECH = _set(
    "say tell report claim warn announce admit insist argue believe think reveal show confirm declare suggest find fear note add state "
    "hope estimate predict forecast expect conclude indicate allege deny write tweet explain acknowledge know discover learn see "
    "feel understand remember read mean hear blog quote rule testify boast concede caution stress assert contend maintain signal hint"
)
# Nouns and tags that name no speaker of their own: "Report: ...", "[Video] ...".
SOURCE_NOUNS = _set("report study survey poll video breaking update source sources reports officials police")
# Of these, the verbs that a clause without "that" may follow in a headline.
CLAIMS = _set(
    "say claim deny show report fear believe think insist admit confirm allege reveal prove suggest warn find hear know"
)
WARNS = _set("say warn claim report argue insist fear")
QUANTIFIERS = _set("over around about under nearly almost")
# An aside with one of these verbs ("..., it seems") has no speaker.
DENIAL = _set("deny reject dispute refute dismiss")
# "take control of X": the noun carries the meaning; verb, noun and preposition are one predicate.
LIGHT_VERBS = _set(
    "take make have give put claim lead show play pay lay hold call launch win lose gain express face pose cast raise reach strike set"
)
LIGHT_NOUNS = _set(
    "action advantage aim attack ban blame care charge claim command contact control deal doubt end fire force front hand hold hope interest lead "
    "note notice office part pity place plea power pressure responsibility rise role shape share solidarity stance stand step steps stop support "
    "talks threat toll use view vote war way way credit access attention agreement"
)
# Heads of an infinitive that say the event lies ahead.
PLANS = _set(
    "plan want vow pledge promise intend aim agree prepare decide hope seek threaten expect schedule set due ready propose consider "
    "vote offer move go try push poise urge demand call ask order tell about commit swear"
)
POSSIBLE = _set(
    "may might could can should must ought would likely possible possibly seem appear reportedly allegedly perhaps maybe"
)
MODALS_KEPT = _set("can could must should may might ca")
FUTURE = _set("will 'll wo shall ’ll")
NEGATIONS = _set("not n't n’t never nt neither")
# "no longer", "no more".
NO_WORDS = _set("no nobody nothing none")
# Adverbs that make one predicate with their verb ("turn inward", "strike back", "run away").
PARTICLES = _set(
    "back away forward forwards inward inwards apart together ahead online off down up out over aside along around through abroad head-on home"
)
# Prepositions that parsers, led by the capitals of a headline, make part of a name.
PREPOSITIONS = _set("amid amidst despite against into near versus vs without within via")
# Verbs that "dead" completes.
DEADLY = _set("shoot stab beat knife club gun")
# "ends higher", "closes flat", "hits record high": what a price does is in these words.
DEGREES = _set("higher lower high low flat unchanged mixed weaker stronger steady firmer softer better worse")
# Adverbs before an adjective that say when, not how much.
NO_DEGREE = _set(
    "not n't n’t never no longer now still also already just then finally currently again reportedly allegedly where when why how perhaps maybe here there"
)
# "Ten places to see": a list, not a plan.
LISTED = _set("buy watch know see read try avoid consider visit own follow love")
FIRST_PERSON = _set("i we my our us me")
# "two years in jail for sharing a poem": with these prepositions before a gerund, the doer is the subject of the verb above.
DOER_ABOVE = _set("for after before while when by since in despite")
WH = _set("who what which whose whom where when how why")
CONDITIONS = _set("if unless")
# Prepositions whose phrase completes an object ("identifies X as Y", "take her boy to Syria").
COMPLETING = _set("as to")
AMOUNT_WORDS = _set("percent per cent % pct point points dollar dollars euro euros pound pounds million billion trillion")
# Short for million, billion, trillion, percent in wire copy: taggers read them as anything.
UNITS = _set("mn mln bn bln tn tln trn m pct hundred thousand million billion trillion")
# Verbs whose form in -s is rarely a plural noun at the head of a headline; "strikes", "talks", "protests" are left to the parser.
HEADLINE_VERBS = _set(
    "accept accuse acquire admit affirm agree aim announce apologise apologize appoint approve arrest ask assassinate ban beat become behead "
    "blame boost break bring buy call capture catch choose claim clear climb close collapse condemn confirm crush declare defend defy "
    " denounce deny destroy detain die dismiss dissolve drag elect end endorse enter erupt evacuate execute expand expel explode "
    "extend face fall flee freeze get give go grant grow halt have help hide hit hold impose "
    "inject invade invest jail join jump keep kidnap kill launch lead leave legalise legalize lift lose lower make meet miss mull nationalise near "
    " open oppose oust overtake plan play plead pledge plummet plunge prepare promise propose pull push qualify quit raise "
    "rattle reach rebound recall recapture recover refuse regain reject release remain reopen replace rescue resign restore resume retain return "
    "reveal rise rule save say scrap see seek seize sell send set settle shrink shut sign sink slam slash slip slow slump smash soar "
    " speak spend stand steal stumble sue suffer surge surrender suspend tackle take tell threaten top "
    "topple trim triple trounce tumble tweet unveil urge vow want warn weaken weigh win withdraw"
)
WEEKDAYS = _set(
    "monday tuesday wednesday thursday friday saturday sunday today yesterday tomorrow tonight week month year day night morning time "
    "january february march april may june july august september october november december"
)
# Adverbs that belong to a quantity.
APPROXIMATE = _set(
    "nearly almost about over around roughly approximately only just some more less at least up to even well under"
)
# "urges X to leave": the object is who leaves; with any other verb the infinitive says what for.
CONTROL = _set(
    "urge ask tell order force warn allow push call invite press pay help want persuade pressure require encourage enable get lead teach instruct permit "
    "convince command compel beg advise expect allow cause prompt challenge lobby train hire recruit remind forbid authorise authorize summon implore elect"
)
# "in a bid to buy": nouns whose infinitive is the event.
BIDS = _set("move bid attempt effort push plan drive race fight battle deal talks campaign vote step")
# "in support of", "in response to": with their prepositions these nouns are one preposition.
RELATIONAL = _set(
    "support favor favour protest response defiance violation exchange search pursuit front case charge need light wake honor honour face line"
)
