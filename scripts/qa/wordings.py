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
    "division": ("{s} is a region.", "{s} is an administrative region.", "{s} is a division at the first level."),
    "airport": ("{s} is an airport.", "{s} is the code of an airport.", "{s} stands on luggage tags for an airport."),
    "currency": ("The {s} is a currency.", "The {s} is a unit of money.", "The {s} is a means of payment."),
    "language": ("{s} is a language.", "{s} is a human language.", "{s} is a living language."),
    "element": ("{s} is a chemical element.", "{s} is an element.", "{s} is one of the chemical elements."),
    "constellation": ("{s} is a constellation.", "{s} is a constellation of the sky.", "{s} is a pattern of stars."),
    "star": ("{s} is a star.", "{s} is a star with a name.", "{s} is a star that has a name of its own."),
    "planet": ("{s} is a body that goes around the Sun.", "{s} orbits the Sun.", "{s} belongs to the solar system."),
    "moon": ("{s} is a moon.", "{s} is a natural satellite.", "{s} is a small world in orbit."),
}
"""How a page begins."""

ARTICLE = frozenset(
    "Bahamas|Central African Republic|Comoros|Czech Republic|Democratic Republic of the Congo|Dominican Republic|"
    "Gambia|Maldives|Marshall Islands|Netherlands|Philippines|Republic of the Congo|Seychelles|Solomon Islands|"
    "United Arab Emirates|United Kingdom|United States".split("|")
)
"""Countries that are named with an article."""

NOUNS = {
    "country": "{n}",
    "city": "the city of {n}",
    "division": "the region of {n}",
    "airport": "the airport {n}",
    "currency": "the {n}",
    "language": "the {n} language",
    "element": "{n}",
    "constellation": "the constellation {n}",
    "star": "the star {n}",
    "moon": "the moon {n}",
    "planet": "{n}",
}
"""How an entity is named in a question."""

RELATIONS = {
    "country.capital": Relation(
        told=(
            "Its capital is {v}.",
            "Its government sits in {v}.",
            "{v} is the capital.",
            "The seat of government is {v}.",
            "The capital city bears the name {v}.",
        ),
        told_by_value=(
            "It is the capital of {s}.",
            "The government of {s} sits here.",
            "It is the seat of government of {s}.",
            "{s} is governed from here.",
        ),
        asked=(
            "What is the capital of {s}?",
            "Which city is the capital of {s}?",
            "Where is the government of {s}?",
            "What is the capital city of {s} called?",
        ),
        asked_back=(
            "Of which country is {v} the capital?",
            "Which country has its capital in {v}?",
            "Which country is governed from {v}?",
        ),
        value=("the capital of {s}", "the city from which {s} is governed"),
        entity=("the country whose capital is {v}", "the country that is governed from {v}"),
        droppable=False,
    ),
    "country.largest_city": Relation(
        told=(
            "No city there has more people than {v}.",
            "Its largest city is {v}.",
            "Most people live in {v}, the biggest of its cities.",
            "{v} is the most populous city.",
        ),
        told_by_value=(
            "It is the largest city of {s}.",
            "In {s} no city has more people.",
            "It is the most populous place of {s}.",
        ),
        asked=(
            "What is the largest city of {s}?",
            "Which city of {s} has the most people?",
            "What is the most populous city in {s}?",
        ),
        asked_back=(
            "Which country has {v} as its largest city?",
            "Of which country is {v} the most populous city?",
            "In which country is no city larger than {v}?",
        ),
        value=("the largest city of {s}", "the most populous city of {s}"),
        entity=("the country whose largest city is {v}", "the country in which no city is larger than {v}"),
        droppable=False,
    ),
    "country.second_city": Relation(
        told=(
            "The second city by population is {v}.",
            "Next in size among the cities comes {v}.",
            "{v} is its second largest city.",
            "Among its cities {v} ranks second.",
        ),
        asked=(
            "What is the second largest city of {s}?",
            "Which city of {s} comes second by population?",
            "Which city ranks second in {s}?",
        ),
        value=("the second largest city of {s}", "the city that ranks second in {s}"),
    ),
    "country.currency": Relation(
        told=(
            "Its currency is the {v}.",
            "People pay with the {v}.",
            "Prices are given in {v}.",
            "The legal tender is the {v}.",
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
            "In what money does one pay in {s}?",
        ),
        asked_back=(
            "Which country uses {v}?",
            "In which country do people pay with {v}?",
            "Where is {v} the currency?",
        ),
        value=("the currency of {s}", "the money of {s}"),
        entity=("the country that uses {v}", "the country where one pays with {v}"),
    ),
    "country.language": Relation(
        told=(
            "The official language is {v}.",
            "{v} is the language of the state.",
            "In its offices {v} is spoken.",
            "Laws are written in {v}.",
        ),
        asked=(
            "What is the official language of {s}?",
            "Which language is official in {s}?",
            "What language does the state use in {s}?",
        ),
        value=("the official language of {s}", "the language of the state in {s}"),
    ),
    "country.subregion": Relation(
        told=(
            "It belongs to {v}.",
            "It is counted as a part of {v}.",
            "It forms part of {v}.",
            "Geographers place it in {v}.",
        ),
        asked=(
            "To which part of the world does {s} belong?",
            "In which part of its continent is {s}?",
            "Among the countries of which part of the world is {s} counted?",
        ),
        droppable=False,
    ),
    "country.continent": Relation(
        told=("It lies in {v}.", "It is a country of {v}.", "Its continent is {v}.", "It is found on the map of {v}."),
        asked=("On which continent is {s}?", "In which continent does {s} lie?", "To which continent does {s} belong?"),
        droppable=False,
    ),
    "country.demonym": Relation(
        told=(
            "Someone from there is called {v}.",
            "Whatever comes from there is called {v}.",
            "The adjective for its people is {v}.",
            "Its inhabitants describe themselves as {v}.",
        ),
        asked=(
            "What are people from {s} called?",
            "What is the demonym for {s}?",
            "Which adjective describes the people of {s}?",
        ),
        asked_back=(
            "From which country are people who are called {v}?",
            "Which country do {v} people come from?",
            "Which country has {v} people?",
        ),
    ),
    "country.calling_code": Relation(
        told=(
            "Its telephone numbers begin with {v}.",
            "Its calling code is {v}.",
            "From abroad one dials {v} first.",
            "Calls from other countries need the prefix {v}.",
        ),
        asked=(
            "What is the calling code of {s}?",
            "Which code does one dial for {s}?",
            "With what do telephone numbers of {s} begin?",
            "Which prefix leads to telephones in {s}?",
        ),
        asked_back=(
            "Which country has the calling code {v}?",
            "Which country is reached by dialling {v}?",
            "The telephone numbers of which country begin with {v}?",
        ),
    ),
    "country.domain": Relation(
        told=(
            "Addresses on the internet end in {v}.",
            "Its internet domain is {v}.",
            "Web sites from there end in {v}.",
            "Online it is known by the ending {v}.",
        ),
        asked=(
            "What is the internet domain of {s}?",
            "In what do web addresses from {s} end?",
            "Which domain do sites from {s} have?",
            "Which ending do web sites from {s} use?",
        ),
        asked_back=(
            "Which country has the internet domain {v}?",
            "Web sites of which country end in {v}?",
            "Whose web addresses end in {v}?",
        ),
    ),
    "currency.code": Relation(
        told=(
            "Its code is {v}.",
            "Banks write {v} for it.",
            "On price lists it is shortened to {v}.",
            "Traders know it as {v}.",
        ),
        asked=(
            "What is the code of {s}?",
            "By which three letters do banks know {s}?",
            "How is {s} shortened in banking?",
        ),
        asked_back=(
            "Which currency has the code {v}?",
            "Which currency do banks write as {v}?",
            "For which currency do the letters {v} stand?",
        ),
    ),
    "language.code": Relation(
        told=("Its code of two letters is {v}.", "Computers know it as {v}.", "In lists it is marked {v}."),
        asked=(
            "What is the two-letter code of {s}?",
            "By which two letters do computers know {s}?",
            "How is {s} marked in lists?",
        ),
        asked_back=(
            "Which language has the code {v}?",
            "Which language do computers know as {v}?",
            "For which language does {v} stand?",
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
            "Its towns include {s}.",
            "Well-known places there are {s}.",
            "Travellers may come through {s}.",
        ),
        asked=(
            "In which country does {s} lie?",
            "In which country is {s}?",
            "Which country does {s} belong to?",
            "On the territory of which country is {s}?",
        ),
        value=("the country in which {s} lies", "the country to which {s} belongs"),
        droppable=False,
        most=4,
    ),
    "division.country": Relation(
        told=(
            "It lies in {v}.",
            "It is one of the regions of {v}.",
            "It is part of {v}.",
            "Its country is {v}.",
        ),
        told_by_value=(
            "Its regions include {s}.",
            "Among its regions are {s}.",
            "It is divided into regions such as {s}.",
        ),
        asked=(
            "In which country is {s}?",
            "Which country does {s} belong to?",
            "Of which country is {s} a part?",
        ),
        value=("the country to which {s} belongs", "the country of which {s} is a part"),
        droppable=False,
        most=4,
    ),
    "division.capital": Relation(
        told=(
            "Its capital is {v}.",
            "It is administered from {v}.",
            "The regional government sits in {v}.",
            "Its main town is {v}.",
        ),
        told_by_value=(
            "It is the capital of the region of {s}.",
            "The region of {s} is administered from here.",
            "It is the seat of the region of {s}.",
        ),
        asked=(
            "What is the capital of {s}?",
            "From which city is {s} administered?",
            "Where is the regional government of {s}?",
        ),
        asked_back=(
            "Of which region is {v} the capital?",
            "Which region is administered from {v}?",
            "Which region has its government in {v}?",
        ),
        value=("the capital of {s}", "the city from which {s} is administered"),
    ),
    "airport.city": Relation(
        told=(
            "It serves {v}.",
            "It is the airport of {v}.",
            "Planes to {v} land there.",
            "It is used by travellers to {v}.",
        ),
        told_by_value=("Its airport has the code {s}.", "Planes land at {s}.", "The letters of its airport are {s}."),
        asked=(
            "Which city does {s} serve?",
            "Of which city is {s} the airport?",
            "In which city does one arrive at {s}?",
        ),
        value=("the city that {s} serves", "the city at which one arrives through {s}"),
    ),
    "element.symbol": Relation(
        told=("Its symbol is {v}.", "In formulas it is written {v}.", "Chemists write {v}.", "It is shortened to {v}."),
        asked=(
            "What is the chemical symbol of {s}?",
            "How is {s} written in formulas?",
            "What do chemists write for {s}?",
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
            "It has place {v} in the periodic table.",
            "Each of its atoms holds {v} protons.",
        ),
        asked=(
            "What is the atomic number of {s}?",
            "How many protons does {s} have?",
            "Which place does {s} have in the periodic table?",
        ),
        asked_back=(
            "Which element has the atomic number {v}?",
            "Which element has {v} protons?",
            "Which element takes place {v} in the periodic table?",
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
            "To which series of elements does {s} belong?",
            "Which group of elements is {s} counted among?",
            "To which family of elements does {s} belong?",
        ),
    ),
    "constellation.abbreviation": Relation(
        told=(
            "Its abbreviation is {v}.",
            "Astronomers shorten it to {v}.",
            "On star charts it is marked {v}.",
            "Catalogues use {v} for it.",
        ),
        asked=(
            "What is the abbreviation of {s}?",
            "How do astronomers shorten {s}?",
            "How is {s} marked on star charts?",
        ),
        asked_back=(
            "Which constellation has the abbreviation {v}?",
            "Which constellation is marked {v} on star charts?",
            "Which constellation do astronomers shorten to {v}?",
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
            "Which constellation does {s} belong to?",
            "In which constellation does one look for {s}?",
        ),
        value=("the constellation to which {s} belongs", "the constellation in which {s} shines"),
        droppable=False,
        most=4,
    ),
    "moon.planet": Relation(
        told=("It circles {v}.", "It orbits {v}.", "It goes around {v}.", "Its path leads around {v}."),
        told_by_value=("Among its moons are {s}.", "It is circled by {s}.", "Its satellites include {s}."),
        asked=(
            "Around what does {s} go?",
            "Which body does {s} orbit?",
            "What does {s} circle?",
        ),
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
    "Countries across its borders are, among others, {v}.",
)
"""Neighbours of a country, all of them or some: told, but never asked."""
