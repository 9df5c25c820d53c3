"""The words that fill sentence frames, and their forms: verbs by what they take, prepositions, participles. Written for this project."""

from __future__ import annotations


def _cells(text: str) -> list[tuple[str, ...]]:
    """Names of several words, parted by commas."""
    return [tuple(cell.split()) for cell in text.split(",")]


def _list(text: str) -> list[str]:
    return text.split()


# Verbs that take an object; many double as nouns in other places.
TRANSITIVE = _list(
    "accuse arrest attack back ban bar battle beat behead blame blast block bomb boost boycott break build bury buy call cancel capture catch "
    "charge chase claim clear close condemn confirm confront convict cost criticise crush cut damage debate defeat defend delay demand deny deploy "
    "destroy detain develop discover discuss dismiss drop ease elect end enter evacuate execute expel export face fear fight file find fine fire fly "
    "free fund gain give grab grant halt hack hail hand hang hire hit hold host hunt hurt impose increase injure invade investigate jail join keep "
    "kill launch lead leave legalise lift limit link list lose make mark mourn move name need oppose order oust outlaw overtake own pardon pass pay "
    "plan plant plot poison post probe produce protect protest prove publish pull push question quit raid raise ram ransom rape reach recall "
    "receive record reform refuse reject release remove rename reopen replace report rescue restore reveal rock rule sack save say scrap seal search "
    "seek seize sell send sentence set shake share shell shell shield ship shoot shut sign slam slash smuggle stab stage start steal stop storm "
    "strike study suffer summon support surround suspect suspend swap sweep target tax test threaten top torch torture trade train trigger try unveil "
    "urge use veto view visit vote warn watch welcome win wound"
)
INTRANSITIVE = _list(
    "agree arrive burn clash climb collapse continue crash decline demonstrate derail die drop drown emerge erupt escape explode fail fall flee "
    "flood gather grow increase jump land leak march meet merge move plummet plunge protest quit rally rebel resign rest return riot rise rule "
    "sink slide slow slump soar spread stall starve stir strike struggle surge surrender survive talk tumble vanish vote wane weaken win worsen"
)
# Verb and the preposition that completes it.
PREPOSITIONAL = _list(
    "agree:on apologise:for appeal:for back:from call:for call:on clash:with crash:into deal:with depend:on fight:against fight:for flee:to "
    "fall:to hit:by hope:for lobby:for look:for march:on march:against merge:with object:to plead:for point:at prepare:for press:for protest:against push:for "
    "rally:for respond:to return:to rise:to rule:on seek:for spy:on strike:at struggle:with succumb:to suffer:from talk:to turn:on turn:to vote:for "
    "vote:against vow:to warn:of warn:against withdraw:from work:on"
)
PHRASAL = _list(
    "shut:down break:up break:out call:off carry:out crack:down cut:off cut:down drop:out give:up gun:down hand:over hold:up lash:out lay:off let:down lock:up "
    "pass:away pull:out put:off roll:out round:up send:back set:off set:up shoot:down sign:up speak:out step:down step:up strike:down take:over take:off "
    "tear:down turn:away turn:down wipe:out win:over open:up wake:up run:away strike:back pay:out phase:out rule:out"
)
INFINITIVE = _list(
    "agree aim fail need offer plan pledge prepare promise refuse seek start threaten try vote vow want decide move continue begin race"
)
CONTROL = _list("urge ask tell order force warn allow push call invite press pay help want")
SAYING = _list("say warn claim report admit reveal announce find show deny fear insist think believe")
LOCATIVE = _list("in at near off on outside across over under")
NOUN_PREPOSITIONS = _list("of for on in against with from over to between")
AFTER = _list("after before for over amid following despite during since without")
ADVERBS = _list("finally reportedly accidentally again mistakenly still secretly now already officially almost quietly publicly")
ADJECTIVES = _list("ready likely set unable free eager due poised")
STATES = _list("dead injured missing safe illegal open ill homeless wounded guilty jobless")
# Names that world news repeats; the corpora's own names are mostly those of private lives.
PLACES = _cells(
    "Afghanistan,Argentina,Australia,Austria,Bahrain,Bangladesh,Belgium,Brazil,Britain,Canada,Chile,China,Colombia,Congo,Cuba,Denmark,Egypt,England,Ethiopia,"
    "Finland,France,Georgia,Germany,Greece,Haiti,Hungary,Iceland,India,Indonesia,Iran,Iraq,Ireland,Israel,Italy,Japan,Jordan,Kenya,Kuwait,Lebanon,Libya,"
    "Malaysia,Mali,Mexico,Myanmar,Nepal,Netherlands,New Zealand,Nigeria,North Korea,Norway,Pakistan,Palestine,Peru,Philippines,Poland,Portugal,Qatar,Romania,"
    "Russia,Rwanda,Saudi Arabia,Scotland,Singapore,Somalia,South Africa,South Korea,Spain,Sri Lanka,Sudan,Sweden,Switzerland,Syria,Taiwan,Thailand,Tunisia,"
    "Turkey,Uganda,Ukraine,UK,United Kingdom,United States,US,U.S.,USA,Venezuela,Vietnam,Yemen,Zimbabwe,Gaza,West Bank,Crimea,Kashmir,Tibet,Beijing,Moscow,"
    "London,Paris,Berlin,Tokyo,Delhi,Mumbai,Baghdad,Kabul,Cairo,Tehran,Damascus,Aleppo,Kiev,Istanbul,Athens,Brussels,Rome,Madrid,Hong Kong,New York,Africa,Europe"
)
ORGANISATIONS = _cells(
    "UN,EU,NATO,IMF,World Bank,WHO,OPEC,European Union,United Nations,ISIS,Islamic State,Taliban,Hamas,Hezbollah,Al Qaeda,Boko Haram,Red Cross,Amnesty,Interpol,"
    "BBC,Reuters,Google,Apple,Microsoft,Facebook,Samsung,Sony,Toyota,Boeing,Airbus,Shell,Gazprom,Volkswagen,HSBC,Goldman Sachs,Greenpeace,WikiLeaks,Vatican,"
    "Kremlin,White House,Pentagon,CIA,NSA,Mossad,European Central Bank,Federal Reserve,Bank of England,Supreme Court,Security Council,Parliament,Congress,Senate"
)
NUMBERS = _list("two three four five six seven ten 10 12 25 31 94 100 150 1,000 5,000 20")
QUANTIFIERS = _list("all both some many these most")
DEMONYMS = _list(
    "British French German Russian Chinese Indian Israeli Iranian Turkish Greek Mexican Nigerian Egyptian Japanese Swiss Dutch Polish Saudi Somali Kenyan"
)
# Verbs of quantities, and the units that they move by.
MOVEMENT = _list(
    "rise fall drop plunge climb soar jump sink slide slump grow shrink surge tumble plummet gain increase decline dip double"
)
UNITS = _list("percent points dollars euros")
LIGHT = _list(
    "take:control:of claim:responsibility:for put:end:to make:deal:with give:support:to lead:charge:for take:part:in pay:tribute:to lose:control:of take:aim:at "
    "show:support:for call:halt:to make:threats:against win:access:to express:concern:over declare:war:on"
)
GERUND_TAKERS = _list("begin start stop continue deny admit keep resume consider avoid")
MODALS = _list("will may could can must should would might")
BE_NOUNS = _list("threat disaster victim failure success country leader spy hero mistake crime")
VOWELS = "aeiou"
IRREGULAR = {
    "arise": "arisen", "beat": "beaten", "break": "broken", "build": "built", "buy": "bought", "catch": "caught", "cost": "cost", "cut": "cut",
    "fight": "fought", "find": "found", "fly": "flown", "give": "given", "hang": "hanged", "hit": "hit", "hold": "held", "hurt": "hurt", "keep": "kept",
    "lead": "led", "leave": "left", "let": "let", "lose": "lost", "make": "made", "overtake": "overtaken", "pay": "paid", "put": "put", "quit": "quit", "say": "said",
    "seek": "sought", "sell": "sold", "send": "sent", "set": "set", "shake": "shaken", "shoot": "shot", "shut": "shut", "steal": "stolen",
    "strike": "struck", "sweep": "swept", "fall": "fallen", "rise": "risen", "grow": "grown", "sink": "sunk", "flee": "fled", "become": "become", "shrink": "shrunk", "wake": "woken",
    "slide": "slid", "spread": "spread", "meet": "met", "speak": "spoken", "draw": "drawn", "take": "taken", "tear": "torn", "tell": "told", "think": "thought", "try": "tried", "win": "won", "find out": "found",
}  # fmt: skip


IRREGULAR_PAST = {
    "beat": "beat", "begin": "began", "break": "broke", "fly": "flew", "give": "gave", "overtake": "overtook", "shake": "shook", "steal": "stole", "take": "took",
    "tear": "tore", "hang": "hung", "drink": "drank", "fall": "fell", "rise": "rose", "grow": "grew", "sink": "sank", "flee": "fled", "become": "became",
    "shrink": "shrank", "arise": "arose", "wake": "woke", "go": "went", "come": "came", "run": "ran", "draw": "drew", "speak": "spoke", "swear": "swore",
    "slide": "slid", "spread": "spread", "meet": "met", "stand": "stood", "get": "got",
}  # fmt: skip


def past(lemma: str) -> str:
    """The past tense."""
    return IRREGULAR_PAST.get(lemma) or participle(lemma)


def participle(lemma: str) -> str:
    """The past participle."""
    if lemma in IRREGULAR:
        return IRREGULAR[lemma]
    if lemma.endswith("e"):
        return lemma + "d"
    if lemma.endswith("y") and lemma[-2] not in VOWELS:
        return lemma[:-1] + "ied"
    if len(lemma) <= 4 and lemma[-1] not in "wxy" + VOWELS and lemma[-2] in VOWELS and lemma[-3:-2] not in VOWELS:
        return lemma + lemma[-1] + "ed"
    return lemma + "ed"


def gerund(lemma: str) -> str:
    """The present participle."""
    if lemma.endswith("ie"):
        return lemma[:-2] + "ying"
    if lemma.endswith("e") and not lemma.endswith("ee"):
        return lemma[:-1] + "ing"
    if len(lemma) <= 4 and lemma[-1] not in "wxy" + VOWELS and lemma[-2] in VOWELS and lemma[-3:-2] not in VOWELS:
        return lemma + lemma[-1] + "ing"
    return lemma + "ing"
