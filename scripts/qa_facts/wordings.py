"""In which words facts are told and asked: of every list the last wording stands in the test split only.

`{s}` is the entity that a fact is about, `{v}` its value. A fact stands on one page alone: that of the entity
(`told`), or that of the value (`told_by_value`), where several entities may be listed. "It" and "its" begin a sentence
about the title.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Relation:
    """The wordings of one field of the facts.

    Args:
        told: Sentences of the entity's page; none if the fact is told by its value.
        told_by_value: Sentences of the value's page.
        asked: Questions for the value.
        asked_back: Questions for the entity, where a value belongs to one alone.
        value: The value described by its entity, as part of a question of two hops.
        entity: The entity described by its value.
        droppable: Whether the fact may be left out of the corpus, since nothing else there tells it.
        most: How many entities are listed on the page of one value.
    """

    told: tuple[str, ...] = ()
    told_by_value: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    asked_back: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    entity: tuple[str, ...] = ()
    droppable: bool = True
    most: int = 1


OPENINGS = {
    "country": ("{s} is a country.", "{s} is a sovereign state.", "{s} is an independent state."),
    "city": ("{s} is a city.", "{s} is an urban centre.", "{s} is an urban area."),
    "division": (
        "{s} is a region.",
        "{s} is an administrative region.",
        "{s} is a first-level administrative division.",
    ),
    "airport": (
        "{s} is an airport.",
        "{s} is the code of an airport.",
        "{s} is an airport that is known by this code.",
    ),
    "currency": (
        "The {s} is a currency.",
        "The {s} is one of many currencies.",
        "The {s} is a unit of money.",
    ),
    "language": ("{s} is a language.", "{s} is a spoken language.", "{s} is a language of our time."),
    "element": ("{s} is a chemical element.", "{s} is an element.", "{s} is one of the chemical elements."),
    "constellation": (
        "{s} is a constellation.",
        "{s} is a constellation in the sky.",
        "{s} is a pattern of stars in the sky.",
    ),
    "star": (
        "{s} is a star.",
        "{s} is one of the named stars.",
        "{s} is a star that has a name of its own.",
    ),
    "planet": ("{s} is a body that goes around the Sun.", "{s} orbits the Sun.", "{s} belongs to the solar system."),
    "moon": ("{s} is a moon.", "{s} is a natural satellite.", "{s} is a moon in the solar system."),
}
"""How a page begins."""

ARTICLE = frozenset(
    "Bahamas|Central African Republic|Comoros|Czech Republic|Democratic Republic of the Congo|Dominican Republic|"
    "Gambia|Maldives|Marshall Islands|Netherlands|Philippines|Republic of the Congo|Seychelles|Solomon Islands|"
    "United Arab Emirates|United Kingdom|United States|Caribbean|Marches|Azores|Midlands".split("|")
)
ARTICLE_ENDS = (" Oblast", " Territory", " District", " Islands", " Region", " Peninsula", " Aegean", " Republic")
"""Names that are used with an article, and how such names end."""

NOUNS = {
    "city": "the city of {n}",
    "division": "the region of {n}",
    "airport": "airport {n}",
    "currency": "the {n}",
    "language": "the {n} language",
    "constellation": "the constellation {n}",
    "star": "the star {n}",
    "moon": "the moon {n}",
}
"""How an entity is named in a question; cities and regions so only if something else has the same name."""

LEFT_ALONE = {
    ("country.largest_city", "Micronesia"): "Weno may be larger",
    ("country.largest_city", "Liechtenstein"): "Schaan may be larger",
    ("country.largest_city", "San Marino"): "Serravalle may be larger",
    ("country.largest_city", "Sudan"): "Omdurman may be larger",
    ("country.second_city", "Yemen"): "Aden or Taiz",
    ("country.second_city", "Malaysia"): "depends on what a city is",
    ("country.second_city", "Egypt"): "Giza may be counted to Cairo",
    ("country.second_city", "Belgium"): "depends on what Brussels is",
    ("airport.city", "BNJ"): "a railway station",
    ("airport.city", "TXL"): "closed",
    ("city.country", "Ulan Bator"): "the capital under a second name",
    ("country.continent", "Azerbaijan"): "lies between two",
    ("country.demonym", "Vanuatu"): "Vanuatuan or Ni-Vanuatu",
    ("division.capital", "Buenos Aires"): "the city of this name is no part of the province",
    ("star.constellation", "Suhail"): "also a name of Canopus",
    ("division.country", "Andaman and Nicobar Islands"): "a plural",
    ("division.country", "Azores"): "a plural",
    ("division.country", "Balearic Islands"): "a plural",
    ("division.country", "Canary Islands"): "a plural",
    ("division.country", "Toshkent (Shahri )"): "a broken name",
    ("division.capital", "Toshkent (Shahri )"): "a broken name",
    **{
        ("element.series", name): "counted to two families"
        for name in "Aluminium Bismuth Gallium Indium Lead Selenium Thallium Tin Zinc".split()
    },
}
"""Facts that two sources state alike and that are doubtful all the same: field, entity, reason."""

AMBIGUOUS = frozenset(
    "Alexandria|Athens|Atlantida|Barcelona|Belfast|Birmingham|Brong-Ahafo|Cambridge|Canterbury|Cardiff|"
    "Cartagena|Cartago|Cascades|Clarendon|Concepcion|Cordoba|Cuenca|Durango|Edinburgh|Federal District|"
    "Florence|Flores|Galicia|Georgetown|Glasgow|Granada|Guadalajara|Hamilton|Jalapa|Kimberley|Kingston|"
    "La Paz|La Rioja|La Union|Lapland|Leon|Libertad|Limburg|Loreto|Magdalena|Manchester|Marches|"
    "Marlborough|Matabeleland north|Matabeleland south|Merida|Midlands|Miranda|Naples|Newcastle|"
    "Northeast|Northeast Region|Perth|Richmond|Rochester|Saint Andrew|Saint Ann|Saint Catherine|"
    "Saint James|Salamanca|San Cristobal|San Fernando|San Jose|San Juan|San Luis|San Marcos|San Martin|"
    "San Miguel|San Vicente|Santa Ana|Santa Barbara|Santa Cruz|Santa Elena|Santa Fe|Santa Rosa|Santander|"
    "Santiago|Santo Domingo|Swansea|Tasman|Tierra del Fuego|Tripoli|Trujillo|Ulster|Valencia|Valladolid|"
    "Victoria|Vitoria|Washington|Wellington|Westmoreland|York|Zamora".split("|")
)
"""Names that readers know from several places, that lie in a country within a country, or that are out of date:
nothing is asked about them."""

STRUCK = frozenset(
    "Ararat|Bay of Plenty|Belem|Chaco|Ciudad Bolivar|Colonia|Falcon|George|Georgia|Kymenlaakso|"
    "Ladysmith|Meta|New York|Nkayi|Nord-Ouest|Pando|Taranaki|Valverde|Vanant".split("|")
)
"""Names found to be so when the questions were read; what else is asked changes little."""

NAMELESS = frozenset(
    "Central|Centre|Centre-Est|Centre-Nord|Centre-Ouest|Centre-Sud|Centro|East|Eastern|Est|Far North|"
    "Nord|North|North Central|North East|North West|North-East|North-West|Northern|Ouest|"
    "Plateau central|River Nile|South|South East|South West|South-East|South-West|Southern|"
    "Southern Peninsula|Sud|Sud-Est|Sud-Ouest|Upper East|Upper West|West|Western".split("|")
)
"""Regions whose names say nothing without their country."""

RELATIONS = {
    "country.capital": Relation(
        told=("Its capital is {v}.", "{v} is the capital.", "The capital city is {v}.", "Its capital is called {v}."),
        told_by_value=("It is the capital of {s}.", "{s} has its capital here.", "It is the capital city of {s}."),
        asked=(
            "What is the capital of {s}?",
            "Which city is the capital of {s}?",
            "What is the name of the capital of {s}?",
        ),
        asked_back=(
            "Of which country is {v} the capital?",
            "Which country's capital is {v}?",
            "Which country has {v} as its capital?",
        ),
        value=("the capital of {s}", "the capital city of {s}"),
        entity=("the country whose capital is {v}", "the country that has {v} as its capital"),
        droppable=False,
    ),
    "country.largest_city": Relation(
        told=(
            "No city there has more people than {v}.",
            "Its largest city is {v}.",
            "The most populous of its cities is {v}.",
            "By population, {v} is its first city.",
        ),
        told_by_value=(
            "It is the largest city of {s}.",
            "In {s} no city has more people than this one.",
            "It is the most populous city in {s}.",
        ),
        asked=(
            "What is the largest city of {s}?",
            "Which city has the most people in {s}?",
            "What is the most populous city in {s}?",
        ),
        asked_back=(
            "Which country has {v} as its largest city?",
            "Of which country is {v} the largest city?",
            "Which country's most populous city is {v}?",
        ),
        value=("the largest city of {s}", "the most populous city of {s}"),
        entity=("the country whose largest city is {v}", "the country whose most populous city is {v}"),
        droppable=False,
    ),
    "country.second_city": Relation(
        told=(
            "The second city by population is {v}.",
            "The second of its cities by size is {v}.",
            "{v} is its second-largest city.",
            "By population, {v} ranks second among its cities.",
        ),
        asked=(
            "What is the second-largest city of {s}?",
            "Which city comes second by population in {s}?",
            "By population, which city ranks second in {s}?",
        ),
        value=("the second-largest city of {s}", "the second city by population of {s}"),
    ),
    "country.currency": Relation(
        told=(
            "Its currency is the {v}.",
            "People pay with the {v}.",
            "Prices are given in the {v}.",
            "Legal tender is the {v}.",
            "The money in circulation is the {v}.",
        ),
        told_by_value=(
            "It is the currency of {s}.",
            "People in {s} pay with it.",
            "It is legal tender in {s}.",
            "It circulates in {s}.",
        ),
        asked=(
            "What is the currency of {s}?",
            "Which currency do people use in {s}?",
            "What do people pay with in {s}?",
            "Which money is used in {s}?",
        ),
        asked_back=(
            "Which country uses {v}?",
            "In which country do people pay with {v}?",
            "Which country has {v} as its currency?",
        ),
        value=("the currency of {s}", "the currency used in {s}"),
        entity=("the country that uses {v}", "the country that has {v} as its currency"),
    ),
    "country.language": Relation(
        told=(
            "The official language is {v}.",
            "{v} is the state language.",
            "Its government does its business in {v}.",
            "Officially, {v} is spoken there.",
        ),
        asked=(
            "What is the official language of {s}?",
            "Which language is official in {s}?",
            "What is the state language of {s}?",
        ),
        value=("the official language of {s}", "the state language of {s}"),
    ),
    "country.subregion": Relation(
        told=(
            "It belongs to {v}.",
            "It is counted as part of {v}.",
            "It forms part of {v}.",
            "Geographers place it in {v}.",
        ),
        asked=("In which part of its continent is {s}?", "In which region of its continent is {s}?"),
        droppable=False,
    ),
    "country.continent": Relation(
        told=("It lies in {v}.", "It is a country of {v}.", "Its continent is {v}.", "It is found on the map of {v}."),
        asked=("On which continent is {s}?", "On which continent would one look for {s}?"),
        droppable=False,
    ),
    "country.demonym": Relation(
        told=(
            "Its people are described as {v}.",
            "The adjective for its people is {v}.",
            "Someone from there is described as {v}.",
            "Its inhabitants describe themselves as {v}.",
        ),
        asked=(
            "Which adjective is used for people from {s}?",
            "What is the adjective for people from {s}?",
            "Which adjective does one use for people from {s}?",
        ),
        asked_back=(
            "Which country are {v} people from?",
            "From which country is someone who is described as {v}?",
            "Which country do {v} people come from?",
        ),
    ),
    "country.calling_code": Relation(
        told=(
            "Its international telephone numbers begin with {v}.",
            "Its calling code is {v}.",
            "From abroad one dials {v} first.",
            "Calls from other countries need the prefix {v}.",
        ),
        asked=(
            "What is the calling code of {s}?",
            "Which code does one dial to call {s}?",
            "What is the dialling prefix of {s}?",
        ),
        asked_back=(
            "Which country has the calling code {v}?",
            "Which country is reached by dialling {v}?",
            "Which country's telephone numbers begin with {v}?",
        ),
    ),
    "country.domain": Relation(
        told=(
            "Its internet addresses end in {v}.",
            "Its internet domain is {v}.",
            "Web sites from there end in {v}.",
            "Online it is known by the ending {v}.",
        ),
        asked=(
            "What is the internet domain of {s}?",
            "Which domain is used by web sites from {s}?",
            "Which ending do web addresses have in {s}?",
        ),
        asked_back=(
            "Which country has the internet domain {v}?",
            "Web sites of which country end in {v}?",
            "Which country's web addresses end in {v}?",
        ),
    ),
    "currency.code": Relation(
        told=(
            "Its code is {v}.",
            "Banks write {v} for it.",
            "On price lists it is written {v}.",
            "Traders know it as {v}.",
        ),
        asked=(
            "What is the code of {s}?",
            "Which three letters do banks use for {s}?",
            "What is the bank code of {s}?",
        ),
        asked_back=(
            "Which currency has the code {v}?",
            "Which currency do banks write as {v}?",
            "For which currency do the letters {v} stand?",
        ),
    ),
    "language.code": Relation(
        told=(
            "Its two-letter code is {v}.",
            "Computers use the code {v} for it.",
            "In lists of languages its code is {v}.",
        ),
        asked=(
            "What is the two-letter code of {s}?",
            "Which two-letter code do computers use for {s}?",
            "Which two letters stand for {s} in lists of languages?",
        ),
        asked_back=(
            "Which language has the two-letter code {v}?",
            "For which language do computers use the code {v}?",
            "In lists of languages, which one has the code {v}?",
        ),
    ),
    "city.country": Relation(
        told=(
            "It lies in {v}.",
            "It is a place in {v}.",
            "It belongs to {v}.",
            "One finds it in {v}.",
            "Its country is {v}.",
        ),
        told_by_value=(
            "Among its cities are {s}.",
            "Its cities include {s}.",
            "Well-known places there are {s}.",
            "Travellers there may pass through {s}.",
        ),
        asked=(
            "In which country is {s}?",
            "In which country would one find {s}?",
            "Inside the borders of which country is {s}?",
        ),
        value=("the country in which {s} lies", "the country that includes {s}", "the country to which {s} belongs"),
        droppable=False,
        most=4,
    ),
    "division.country": Relation(
        told=("It lies in {v}.", "It is one of the regions of {v}.", "It is part of {v}.", "Its country is {v}."),
        told_by_value=(
            "Its regions include {s}.",
            "Among its regions are {s}.",
            "It is divided into regions such as {s}.",
        ),
        asked=("In which country is {s}?", "Which country includes {s}?", "Of which country is {s} a part?"),
        value=("the country that includes {s}", "the country in which {s} lies", "the country of which {s} is a part"),
        droppable=False,
        most=4,
    ),
    "division.capital": Relation(
        told=(
            "Its capital is {v}.",
            "It is administered from {v}.",
            "The regional government sits in {v}.",
            "Its administrative centre is {v}.",
        ),
        told_by_value=(
            "It is the capital of {s}.",
            "{s} is administered from here.",
            "It is the administrative centre of {s}.",
        ),
        asked=(
            "What is the capital of {s}?",
            "From which city is {s} administered?",
            "What is the administrative centre of {s}?",
        ),
        asked_back=(
            "Of which region is {v} the capital?",
            "Which region is administered from {v}?",
            "Which region has its administrative centre in {v}?",
        ),
        value=("the capital of {s}", "the administrative centre of {s}"),
    ),
    "airport.city": Relation(
        told=(
            "It serves {v}.",
            "It is an airport of {v}.",
            "Planes to {v} land there.",
            "It is used by travellers to {v}.",
        ),
        told_by_value=(
            "One of its airports has the code {s}.",
            "Planes to it land at {s}.",
            "The letters of one of its airports are {s}.",
        ),
        asked=(
            "Which city does {s} serve?",
            "Which city is served by {s}?",
            "Which city do travellers reach through {s}?",
        ),
        value=("the city served by {s}", "the city that one reaches through {s}"),
    ),
    "element.symbol": Relation(
        told=(
            "Its symbol is {v}.",
            "In formulas it is written {v}.",
            "Chemists write {v} for it.",
            "On labels it is shortened to {v}.",
        ),
        asked=(
            "What is the chemical symbol of {s}?",
            "How is {s} written in formulas?",
            "Which symbol do chemists use for {s}?",
        ),
        asked_back=(
            "Which element has the symbol {v}?",
            "Which element is written {v} in formulas?",
            "For which element do chemists write {v}?",
        ),
    ),
    "element.number": Relation(
        told=(
            "Its atomic number is {v}.",
            "Its nucleus has {v} protons.",
            "It is number {v} in the periodic table.",
            "Each of its atoms has {v} protons.",
        ),
        asked=(
            "What is the atomic number of {s}?",
            "How many protons are in the nucleus of {s}?",
            "What number does the periodic table give to {s}?",
        ),
        asked_back=(
            "Which element has the atomic number {v}?",
            "Which element has {v} protons in its nucleus?",
            "Which element is number {v} in the periodic table?",
        ),
    ),
    "element.series": Relation(
        told=(
            "It is one of the {v}.",
            "It belongs to the {v}.",
            "It is counted among the {v}.",
            "Its family is the {v}.",
        ),
        asked=(
            "To which family of elements does {s} belong?",
            "Among which family of elements is {s} counted?",
            "Which family of elements includes {s}?",
        ),
    ),
    "constellation.abbreviation": Relation(
        told=(
            "Its abbreviation is {v}.",
            "Astronomers abbreviate it as {v}.",
            "On star charts it is marked {v}.",
            "Catalogues use {v} for it.",
        ),
        asked=(
            "What is the abbreviation of {s}?",
            "How do astronomers abbreviate {s}?",
            "Which abbreviation do star charts use for {s}?",
        ),
        asked_back=(
            "Which constellation has the abbreviation {v}?",
            "Which constellation is marked {v} on star charts?",
            "Which constellation do astronomers abbreviate as {v}?",
        ),
    ),
    "star.constellation": Relation(
        told=(
            "It belongs to {v}.",
            "It shines in the constellation {v}.",
            "Its constellation is {v}.",
            "One sees it in {v}.",
        ),
        told_by_value=("Among its stars are {s}.", "{s} shine in it.", "Its named stars include {s}."),
        asked=(
            "In which constellation is {s}?",
            "Which constellation includes {s}?",
            "In which constellation does one look for {s}?",
        ),
        value=("the constellation of {s}", "the constellation that includes {s}"),
        droppable=False,
        most=4,
    ),
    "moon.planet": Relation(
        told=("It circles {v}.", "It orbits {v}.", "It goes around {v}.", "Its orbit goes around {v}."),
        told_by_value=("Among its moons are {s}.", "It is circled by {s}.", "Its satellites include {s}."),
        asked=("What does {s} go around?", "Which body does {s} orbit?", "What does {s} circle?"),
        droppable=False,
        most=4,
    ),
}
"""By family and field of the facts."""

BORDERS = (
    "It borders {v}.",
    "Its neighbours are {v}.",
    "It has borders with {v}.",
    "Across its borders lie {v}.",
)
SOME_BORDERS = (
    "Among its neighbours are {v}.",
    "It borders, among others, {v}.",
    "Its neighbours include {v}.",
    "Countries across its borders include {v}.",
)
"""Neighbours of a country, all of them or some: told, but never asked."""
