"""Stars with their constellation, moons with the body that they orbit."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import spiceypy
from ledger import Ledger
from names import key, plain
from sources import stellarium_constellations, stellarium_moons, stellarium_stars
from store import Field, Store

PLANETS = {4: "Mars", 5: "Jupiter", 6: "Saturn", 7: "Uranus", 8: "Neptune", 9: "Pluto"}


def collect(store: Store, ledger: Ledger, folder: Path) -> None:
    """Adds the families constellation, star, planet and moon."""
    _constellations(store, ledger, folder)
    _stars(store, ledger, folder)
    _moons(store, ledger, folder)


def _constellations(store: Store, ledger: Ledger, folder: Path) -> None:
    both = ["Stellarium", "d3-celestial"]
    family = store.family("constellation", abbreviation=Field(both, unique=True))
    other = json.loads((folder / "d3-celestial" / "data" / "constellations.json").read_text(encoding="utf-8"))
    places = {row["id"]: row for row in other["features"]}
    for code, name in stellarium_constellations(folder).items():
        row = places.get(code)
        said = {"Stellarium": name, "d3-celestial": row["properties"]["name"] if row else None}
        if row and ledger.agree("constellation", name, "abbreviation", said):
            north = row["geometry"]["coordinates"][1] >= 0
            family[name] = {"abbreviation": code, "seed": "northern sky" if north else "southern sky"}


def _stars(store: Store, ledger: Ledger, folder: Path) -> None:
    family = store.family("star", constellation=Field(["Stellarium", "d3-celestial"], "constellation"))
    names = {str(facts["abbreviation"]): name for name, facts in store.entities["constellation"].items()}
    other = json.loads((folder / "d3-celestial" / "data" / "starnames.json").read_text(encoding="utf-8"))
    stars = defaultdict(list)
    for number, name, place in stellarium_stars(folder):
        row = other.get(str(number), {})
        if key(row.get("name", "")) == key(name):
            stars[plain(name)].append((place, row.get("c")))
    for name, places in stars.items():
        if len(set(places)) == 1:
            said = dict(zip(("Stellarium", "d3-celestial"), places[0], strict=True))
            place = ledger.agree("star", name, "constellation", said)
            if place in names:
                family[name] = {"constellation": names[place]}


def _moons(store: Store, ledger: Ledger, folder: Path) -> None:
    planets = store.family("planet")
    family = store.family("moon", planet=Field(["Stellarium", "SPICE"], "planet"))
    for name, parent in stellarium_moons(folder).items():
        try:
            number = spiceypy.bodn2c(name.upper())
        except spiceypy.utils.exceptions.NotFoundError:
            number = 0
        while number >= 1000:
            number //= 100
        said = {"Stellarium": parent, "SPICE": PLANETS.get(number // 100)}
        if planet := ledger.agree("moon", name, "planet", said):
            family[plain(name)] = {"planet": planet}
            planets.setdefault(planet, {"seed": planet})
