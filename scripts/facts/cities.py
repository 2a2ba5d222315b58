"""Cities with their country, first-level divisions with country and seat, airports with their city."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import airportsdata
from countries import Countries
from ledger import Ledger
from names import key, place_key, plain
from sources import GeoNames, WordNet, kgeography, old_airports
from store import Field, Store, values

LARGE = 100_000
PER_COUNTRY = 20
POINT = re.compile(r" (?:north|south|east|west|central|oriental)\b")
"""Words of a name that are written large in it."""
NAME = re.compile(r"[A-Za-z' .-]+")
REDRAWN = {"VN"}  # Vietnam merged its provinces in 2025


class Cities:
    """Collects the facts of cities, divisions and airports.

    Args:
        store: Where they are kept; countries are there.
        ledger: What decides which are.
        geonames: One source.
        countries: The names of countries.
        folder: Where the packages lie unpacked.
    """

    def __init__(self, store: Store, ledger: Ledger, geonames: GeoNames, countries: Countries, folder: Path) -> None:
        self.store, self.ledger, self.geonames, self.folder = store, ledger, geonames, folder
        self.names, self.codes = countries.names, countries.codes
        self.wordnet = WordNet(folder).places(self.codes)
        self.locate = countries.city
        self.seats: set[tuple[str, str]] = set()
        self.airports = airportsdata.load("IATA")
        self.served = {(row["country"], key(row["city"])) for row in self.airports.values()}
        self.by_name = defaultdict(list)
        for city in geonames.cities.values():
            self.by_name[key(city["name"])].append(city)
        for namesakes in self.by_name.values():
            namesakes.sort(key=lambda city: -city["population"])

    def collect(self) -> None:
        """Adds the families city, division and airport."""
        self.cities = self.store.family("city", country=Field(["GeoNames", "country_source"], "country"))
        for facts in self.store.entities["country"].values():
            for label in ("capital", "largest_city", "second_city"):
                for name in values(facts, label):
                    self.cities.setdefault(name, {})
        self._divisions()
        self._airports()
        large = sorted(self.geonames.cities.values(), key=lambda city: -city["population"])
        taken: dict[str, int] = defaultdict(int)
        for city in large:
            code, name = city["countrycode"], plain(city["name"])
            wanted = city["population"] >= LARGE and taken[code] < PER_COUNTRY
            if code in self.names and (wanted or name in self.cities) and self._country(city):
                taken[code] += 1
        self._namesakes()

    def _namesakes(self) -> None:
        """Leaves to one country each name that cities of several have: a capital's, else a large city's, or to none."""
        owners: dict[str, dict[str, int]] = defaultdict(dict)
        references = list(self._references())
        for _, _, city, country, weight in references:
            owners[city][country] = max(weight, owners[city].get(country, 0))
        for facts, label, city, country, weight in references:
            best = max(owners[city].values())
            rivals = [other for other, strength in owners[city].items() if strength == best]
            famous = self.by_name[key(city)][:1]
            elsewhere = weight < 3 and any(self.names.get(other["countrycode"]) != country for other in famous)
            if rivals != [country] or elsewhere:
                facts.pop(label, None)
                facts.pop(f"{label}_source", None)

    def _references(self) -> Iterator[tuple[dict[str, Any], str, str, str, int]]:
        """Facts that name a city: where they stand, the city, its country, and how strong its claim to the name is."""
        families = self.store.entities
        for country, facts in families["country"].items():
            for label in ("capital", "largest_city", "second_city"):
                if label in facts:
                    yield facts, label, facts[label], country, 3
        for city, facts in families["city"].items():
            if "country" in facts:
                yield facts, "country", city, facts["country"], 2
        for facts in families["division"].values():
            if "capital" in facts:
                yield facts, "capital", facts["capital"], facts["country"], 1
        for code, facts in families["airport"].items():
            country = self.names[self.airports[code]["country"]]
            yield facts, "city", facts["city"], country, 1

    def _country(self, city: dict[str, Any]) -> bool:
        """Adds the country of a city if its name means it alone and a second source has it there."""
        code, name = city["countrycode"], plain(city["name"])
        namesakes = self.by_name[key(name)]
        if namesakes[0] is not city or any(other["population"] * 10 > city["population"] for other in namesakes[1:]):
            return False
        if not NAME.fullmatch(name):
            return False
        said = {"GeoNames": code, "WordNet": ", ".join(sorted(self.wordnet.get(key(name), ()))) or None}
        for source, places in (("airportsdata", self.served), ("KGeography", self.seats)):
            if said.get("WordNet", code) is None and (code, key(name)) in places:
                said = {"GeoNames": code, source: code}
        if self.ledger.agree("city", name, "country", said, _among) is None:
            return False
        self.cities.setdefault(name, {})["country"] = self.names[code]
        self.cities[name]["country_source"] = next(source for source in said if source != "GeoNames")
        return True

    def _divisions(self) -> None:
        family = self.store.family(
            "division",
            country=Field(["GeoNames", "KGeography"], "country"),
            capital=Field(["GeoNames", "KGeography"], "city", unique=True),
        )
        rows = defaultdict(list)
        named: dict[str, set[str]] = defaultdict(set)
        divisions = {(code, place_key(name)): name for (code, _), name in self.geonames.divisions.items()}
        for code, name in divisions:
            named[name].add(code)
        for title, name, capital in kgeography(self.folder):
            code = self.codes.get(key(re.split(r"[(]| by ", title)[0].strip()))
            if code in self.names and code not in REDRAWN and (code, place_key(name)) in divisions:
                rows[code, place_key(name)].append((POINT.sub(lambda word: word[0].title(), plain(name)), capital))
        for (code, same), found in rows.items():
            name, capital = found[0]
            if len(named[same]) > 1 or name in family or key(name) in self.codes:
                continue
            if self.ledger.agree("division", name, "country", {"GeoNames": code, "KGeography": code}) is None:
                continue
            family[name] = {"country": self.names[code]}
            seat = self.geonames.seats.get((code, divisions[code, same]))
            said = {"GeoNames": self.locate(code, seat), "KGeography": self.locate(code, capital)}
            city = self.ledger.agree("division", name, "capital", said)
            if city and NAME.fullmatch(plain(city)):
                family[name]["capital"] = plain(city)
                self.cities.setdefault(plain(city), {})
                self.seats.add((code, key(city)))
        seats = [facts["capital"] for facts in family.values() if "capital" in facts]
        for facts in family.values():
            if seats.count(facts.get("capital")) > 1:
                del facts["capital"]

    def _airports(self) -> None:
        family = self.store.family("airport", city=Field(["airportsdata", "GNU miscfiles"], "city"))
        for code, (city, country) in old_airports(self.folder).items():
            row = self.airports.get(code)
            if not row or row["country"] != country or country not in self.names:
                continue
            first, second = (self.locate(country, re.split("[/,]", place)[0]) for place in (row["city"], city))
            name = self.ledger.agree("airport", code, "city", {"airportsdata": first, "GNU miscfiles": second})
            known = self.by_name.get(key(name or ""), [])
            if name and known and known[0]["countrycode"] == country and NAME.fullmatch(plain(name)):
                family[code] = {"city": plain(name)}
                self.cities.setdefault(plain(name), {})


def _among(code: str, codes: str) -> bool:
    """Whether a second source has a place of this name in the country, wherever else it has one too."""
    return code in codes.split(", ")
