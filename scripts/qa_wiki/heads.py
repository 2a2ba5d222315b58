"""Which kind of thing a short description describes, by its topic and head noun."""

from __future__ import annotations

import re

HEADS = {
    "person": (
        "activist actor actress admiral adventurer animator anthropologist archaeologist archbishop architect "
        "aristocrat artist astronaut astronomer astrophysicist athlete author aviator bacteriologist baker "
        "ballerina biochemist biologist bishop botanist boxer bureaucrat businessman businesswoman caliph "
        "cardinal cartoonist chancellor chemist chieftain choreographer cinematographer comedian commander "
        "composer conductor conqueror conquistador cosmonaut courtier cricketer critic cyclist dancer designer "
        "dictator diplomat director dramatist drummer duke economist educator emperor empress engineer "
        "entertainer entrepreneur essayist ethnographer explorer fabulist feminist filmmaker financier footballer "
        "friar general geneticist geographer geologist geometer golfer governor grammarian guitarist gymnast "
        "historian humanist humorist illustrator imam industrialist inventor journalist judge jurist khan king "
        "lawyer leader lexicographer librarian librettist linguist logician lyricist magician magnate manager "
        "mathematician merchant meteorologist microbiologist militant minister missionary mogul monarch monk "
        "musician musicologist mystic mythologist naturalist navigator neurologist neuroscientist nobleman "
        "noblewoman novelist nun nurse officer orator ornithologist painter palaeontologist paleontologist "
        "pathologist patriarch performer pharaoh philanthropist philologist philosopher photographer physician "
        "physicist physiologist pianist pilot pioneer pirate playwright poet politician polymath pope preacher "
        "premier president priest priestess prince princess printer producer professor psychiatrist psychoanalyst "
        "psychologist publisher queen rabbi racer rapper reformer regent revolutionary ruler sailor saint "
        "satirist saxophonist scholar scientist screenwriter sculptor shogun singer singer-songwriter socialite "
        "sociologist soldier songwriter sovereign sprinter spy statesman statistician strategist suffragette "
        "sultan surgeon swimmer taxonomist teacher theologian theoretician theorist thinker traveler traveller "
        "trumpeter tsar viceroy violinist virologist virtuoso warlord warrior writer zoologist"
    ),
    "place": (
        "archipelago area atoll bay borough caliphate canal capital channel city city-state continent country "
        "country-state county cove creek department desert district emirate empire estuary fjord forest geyser "
        "glacier gulf harbor hill hills island islands isthmus khanate kingdom lagoon lake lakes land lowland "
        "massif megacity metropolis microstate mount mountain mountains municipality nation oasis ocean peak "
        "peninsula plain plains plateau polity port prefecture principality province range reef region republic "
        "river rivers ruins sea settlement sheikhdom site state states strait straits subcontinent subregion "
        "suburb sultanate territory town tributary valley village volcano waterfall watershed waterway"
    ),
    "work": (
        "album anthology ballet book books comedy concerto drama encyclopedia epic essay fantasy film franchise "
        "fresco magazine manga manuscript mausoleum mural musical newspaper novel novella opera oratorio painting "
        "play poem portrait romance sculpture series sitcom song statue symphony telenovela tragedy treatise "
        "trilogy"
    ),
    "event": (
        "assassination attack attacks battle bombing campaign campaigns catastrophe competition conference "
        "conflict conflicts conquest coup crisis crusade disaster earthquake epidemic eruption explosion famine "
        "flood genocide invasion massacre mission mutiny offensive pandemic plague protests raid rebellion revolt "
        "revolution riots siege tournament treaty tsunami uprising war war-time wars"
    ),
}
"""Head nouns by kind; the descriptions of the articles hold hardly a person, place, work or event with another."""
_KINDS = {head: kind for kind, heads in HEADS.items() for head in heads.split()}
_TAIL = re.compile(
    r"[(,;/&]|\b(?:of|in|from|by|for|that|which|who|whose|with|on|at|to|and|or|between|during|based|used|set|as|known|"
    r"located|composed|directed|written|fought|near|under|against|within|about|attributed|containing|comprising|"
    r"created|made|performed|built|held|published|recorded|ruling|serving|since|until|between|\d{3,4}s?|ending)\b"
)


_GROUP = re.compile(
    r"\b(?:band|group|duo|trio|brothers|sisters|twins|family|couple|people|inventors|team|theologians)\b"
)
_DEITY = re.compile(r"\b(?:deity|deities|god|goddess|gods|spirit|demon|figure|name)\b")
_VAGUE = frozenset("area channel land range region series site state".split())
_PLACES = frozenset({"Geography", "History", "Uncategorized", "Arts", "Philosophy and religion"})


def kind_of(description: str, topic: str) -> str:
    """One of the kinds, or "" where neither topic nor head noun tells."""
    if topic == "People":
        return "" if _GROUP.search(description) or not description else "person"
    if _DEITY.search(description):
        return ""
    before = _TAIL.split(re.sub(r"^\d{3,4}\S*\s|^(?:The|the|[Aa]n?) ", "", description), maxsplit=1)[0].split()
    head = before[-1].lower() if before else ""
    kind = _KINDS.get(head, "")
    if (kind == "place" and topic not in _PLACES) or (head in _VAGUE and topic not in ("Geography", "Arts")):
        return ""
    return "work" if head == "series" else kind
