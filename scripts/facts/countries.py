"""Countries with what is asked of them, and the currencies, languages and subregions that they name."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import pycountry
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies
from country_names import ENGLISH, MONEY, country_keys, country_names, tongue
from countryinfo import CountryInfo, CountryNotFoundError
from ledger import Ledger
from names import key, plain
from sources import Factbook, GeoNames
from store import Field, Store

CONTINENTS = {"AF": "Africa", "AS": "Asia", "EU": "Europe", "NA": "North America"}
CONTINENTS |= {"OC": "Oceania", "SA": "South America"}


class Countries:
    """Collects the facts of countries.

    Args:
        store: Where they are kept.
        ledger: What decides which are.
        geonames: One source.
        factbook: Another.
        subregions: Name of the UN subregion by country code.
    """

    def __init__(
        self, store: Store, ledger: Ledger, geonames: GeoNames, factbook: Factbook, subregions: dict[str, str]
    ) -> None:
        self.store, self.ledger, self.geonames, self.factbook, self.subregions = (
            store, ledger, geonames, factbook, subregions)  # fmt: skip
        names = country_names(geonames)
        self.codes = country_keys(geonames, names)
        self.names = {
            code: name
            for code, name in names.items()
            if code in factbook.countries and not self._text(code, "Government", "Dependency status")
            and self._text(code, "Government", "Capital", "name")
        }  # fmt: skip
        self.local = defaultdict(list)
        for city in geonames.cities.values():
            self.local[city["countrycode"]].append(city)
        self.info = {code: _info(code) for code in self.names}

    def _text(self, code: str, *path: str) -> str | None:
        return self.factbook.text(code, *path)

    def collect(self) -> None:
        """Adds the families country, currency, language, subregion and continent."""
        both = ["GeoNames", "World Factbook"]
        countries = self.store.family(
            "country",
            capital=Field(both, "city", unique=True),
            largest_city=Field(both, "city", unique=True),
            second_city=Field(both, "city", unique=True),
            currency=Field(["CLDR", "GeoNames"], "currency"),
            language=Field(["CLDR", "World Factbook"], "language"),
            neighbours=Field(both, "country"),
            subregion=Field(["World Factbook", "Stellarium"], "subregion"),
            continent=Field(both, "continent"),
            demonym=Field(["World Factbook", "countryinfo"], unique=True),
            calling_code=Field(both, unique=True),
            domain=Field(both, unique=True),
        )
        for code, name in self.names.items():
            said = self._said(code)
            facts = countries[name] = {}
            for label, pair in said.items():
                sources = self.store.fields["country"][label].sources
                if value := self.ledger.agree("country", name, label, dict(zip(sources, pair, strict=True))):
                    facts[label] = plain(value)
            countries[name]["seed"] = CONTINENTS[self.geonames.countries[code]["continentcode"]]
            if "largest_city" not in facts:
                countries[name].pop("second_city", None)
        self._neighbours(countries)
        self._unique(countries)
        for family in ("subregion", "continent"):
            self.store.family(family).update({row[family]: {} for row in countries.values() if family in row})
        self._currencies(countries)
        self._languages(countries)

    def _said(self, code: str) -> dict[str, tuple[Any, Any]]:
        row, info = self.geonames.countries[code], self.info.get(code, {})
        official = get_official_languages(code, de_facto=True)
        cities, urban = self._large(code), self._urban(code)
        capital = self._text(code, "Government", "Capital", "name") or ""
        demonym = self._text(code, "People and Society", "Nationality", "adjective") or ""
        domain = self._text(code, "Communications", "Internet country code") or ""
        calling = self._text(code, "Communications", "Telephone system", "international") or ""
        region = self.subregions.get(code, "").replace("Southern America", "South America")
        return {
            "capital": (row["capital"] or None, re.split(r"[(;,]", capital)[0].strip() or None),
            "largest_city": (cities[0], urban[0]),
            "second_city": (cities[1], urban[1]),
            "currency": (_currency(code), row["currencycode"] or None),
            "language": (
                tongue(ENGLISH.languages.get(official[0])) if len(official) == 1 else None,
                self._official(code),
            ),
            "subregion": (self._subregion(code), region or None),
            "continent": (CONTINENTS.get(row["continentcode"]), self._continent(code)),
            "demonym": (re.split(r"[;,(]| or ", demonym)[0].strip() or None, info.get("demonym") or None),
            "calling_code": ("+" + row["phone"].strip("+"), _first(r"country code - (\d+)\b(?!-)", calling, "+")),
            "domain": (row["tld"] or None, _first(r"(\.\w\w)", domain)),
        }

    def _large(self, code: str) -> list[str | None]:
        cities = sorted(self.local[code], key=lambda city: -city["population"])
        return [*(self.city(code, city["name"]) for city in cities[:2]), None, None][:2]

    def _urban(self, code: str) -> list[str | None]:
        text = self._text(code, "People and Society", "Major urban areas - population") or ""
        found = [re.match(r"\s*([^\d(]+?)\s*(?:\(.*?\))?\s*[\d.]", part) for part in text.split(";")]
        names = [plain(name[1].title() if name[1].isupper() else name[1]) for name in found if name]
        return [*(self.city(code, name) for name in names[:2]), None, None][:2]

    def _official(self, code: str) -> str | None:
        text = re.sub(r"^.*?official languages?: ", "", self._text(code, "People and Society", "Languages") or "")
        names = re.findall(r"(?:^|[,;(:] ?|and )([A-Z][A-Za-z' -]*?)(?: \d[\d.]*%)? \((?:[a-z ]*, )?official", text)
        return tongue(names[0]) if len(names) == 1 == text.count("official") else None

    def _continent(self, code: str) -> str | None:
        text = self._text(code, "Geography", "Map references") or ""
        moved = {"Middle East": "Asia", "Southeast Asia": "Asia", "Central America and the Caribbean": "North America"}
        return moved.get(text, text if text in CONTINENTS.values() else None)

    def _subregion(self, code: str) -> str | None:
        text = (self._text(code, "Geography", "Location") or "").split(",")[0]
        found = re.search(r"Caribbean|South America|(\w+ern|Central) (Africa|Asia|Europe|America)", text)
        return found[0].replace("Southeastern", "South-eastern") if found else None

    def city(self, code: str, name: str | None) -> str | None:
        """The name by which GeoNames knows a city of a country, or the name that is asked for."""
        name = re.sub(r" *\(.*\)", "", name or "").strip()
        if not name:
            return None
        known = [city for city in self.local[code] if key(name) in _keys(city)]
        if not known:
            return name
        city = min(known, key=lambda city: (key(city["name"]) != key(name), -city["population"]))
        capital = str(self.geonames.countries[code]["capital"])
        return capital if key(capital) in _keys(city) else str(city["name"])

    def _neighbours(self, countries: dict[str, dict[str, Any]]) -> None:
        first, second = {}, {}
        for code in self.names:
            first[code] = {other for other in self.geonames.countries[code]["neighbours"].split(",") if other}
            text = re.sub(r"\(.*?\)", "", self._text(code, "Geography", "Land boundaries", "border countries") or "")
            parts = [re.match(r"\s*([A-Za-z' -]+?)\s*[\d.]", part) for part in re.split(r"(?<=km)\s*,|;", text)]
            second[code] = {self.codes.get(key(part[1]), part[1]) for part in parts if part}
        for code in self.names:  # a border stands in the World Factbook if it is told of either side
            second[code] |= {other for other in self.names if code in second[other]}
        whole = {}
        for code, name in self.names.items():
            said = {"GeoNames": ", ".join(sorted(first[code])), "World Factbook": ", ".join(sorted(second[code]))}
            whole[code] = self.ledger.agree("country", name, "neighbours", said)
        for code, name in self.names.items():
            sure = [o for o in first[code] & second[code] & set(self.names) if code in first[o] & second[o]]
            if sure:
                countries[name]["neighbours"] = sorted(self.names[other] for other in sure)
                if whole[code] == ", ".join(sorted(sure)):
                    countries[name]["all_neighbours"] = True

    def _unique(self, countries: dict[str, dict[str, Any]]) -> None:
        for label in (label for label, kind in self.store.fields["country"].items() if kind.unique):
            times = Counter(facts.get(label) for facts in countries.values())
            for facts in countries.values():
                if label in facts and times[facts[label]] > 1:
                    del facts[label]

    def _currencies(self, countries: dict[str, dict[str, Any]]) -> None:
        family = self.store.family(
            "currency",
            code=Field(["CLDR", "ISO 4217"], unique=True),
            country=Field(["CLDR", "GeoNames"], "country", unique=True),
        )
        users = defaultdict(set)
        for code in self.geonames.countries:
            users[self.geonames.countries[code]["currencycode"]].add(code)
            for money in get_territory_currencies(code):
                users[money].add(code)
        for country, facts in countries.items():
            if "currency" not in facts:
                continue
            code = facts["currency"]
            name = facts["currency"] = MONEY.get(code) or plain(ENGLISH.currencies[code])
            if name in family:
                continue
            row = family[name] = {}
            listed = pycountry.currencies.get(alpha_3=code)
            said = {"CLDR": name, "ISO 4217": listed.name if listed else None}
            if self.ledger.agree("currency", name, "code", said, _same_unit):
                row["code"] = code
            if len(users[code]) == 1:
                row["country"] = country

    def _languages(self, countries: dict[str, dict[str, Any]]) -> None:
        family = self.store.family("language", code=Field(["CLDR", "ISO 639"], unique=True))
        listed = {tongue(name): code for code, name in ENGLISH.languages.items() if len(code) == 2}
        for name in sorted({facts["language"] for facts in countries.values() if "language" in facts}):
            code = listed.get(name)
            language = pycountry.languages.get(alpha_2=code) if code else None
            said = {"CLDR": name, "ISO 639": re.split(r"[(;]", language.name)[0].strip() if language else None}
            family[name] = {"code": code} if self.ledger.agree("language", name, "code", said) else {}


def _info(code: str) -> dict[str, Any]:
    try:
        return dict(CountryInfo(code).info())
    except (ValueError, KeyError, CountryNotFoundError):
        return {}


def _keys(city: dict[str, Any]) -> set[str]:
    return {key(name) for name in (city["name"], *city["alternatenames"])}


def _first(pattern: str, text: str, before: str = "") -> str | None:
    found = re.match(pattern, text)
    return before + found[1] if found else None


def _currency(code: str) -> str | None:
    tender = get_territory_currencies(code)
    return tender[0] if len(tender) == 1 else None


def _same_unit(name: str, listed: str) -> bool:
    """Whether ISO's name has the unit of CLDR's, its last word: "Lek" and "Albanian Lek"."""
    return key(name).split()[-1] in key(listed).split()
