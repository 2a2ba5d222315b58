"""Names of countries, currencies and languages: how they are shown, and by which others the sources know them."""

from __future__ import annotations

import re

import pycountry
from babel import Locale
from names import key, plain
from sources import GeoNames

ENGLISH = Locale("en")
DISPUTED = {"TW", "XK", "PS", "EH", "AQ"}  # states whose standing the sources do not agree on, and no state
NAMES = {
    "CD": "Democratic Republic of the Congo",
    "CG": "Republic of the Congo",
    "CV": "Cape Verde",
    "CZ": "Czech Republic",
    "MK": "North Macedonia",
    "MM": "Myanmar",
    "SZ": "Eswatini",
    "TL": "East Timor",
    "TR": "Turkey",
    "VC": "Saint Vincent and the Grenadines",
}
OTHER_NAMES = {
    "AE": ["UAE"],
    "BA": ["Bosnia-Herzegovina"],
    "BS": ["Bahamas The"],
    "BY": ["Byelorussia"],
    "CD": ["Congo Democratic Republic of the", "Zaire"],
    "CG": ["Congo Republic of the"],
    "CI": ["Ivory Coast"],
    "CV": ["Cabo Verde"],
    "CZ": ["Czechia"],
    "GB": ["UK", "Britain", "Great Britain"],
    "GM": ["Gambia The", "The Gambia"],
    "KP": ["Korea North"],
    "KR": ["Korea South", "Republic of Korea"],
    "MK": ["Macedonia"],
    "MM": ["Burma"],
    "NL": ["The Netherlands", "Netherlands"],
    "PS": ["Gaza Strip", "West Bank"],
    "RS": ["Serbia and Montenegro"],
    "SZ": ["Swaziland"],
    "TL": ["Timor-Leste"],
    "US": ["USA", "America"],
    "VA": ["Holy See"],
}
MONEY = {
    "GYD": "Guyanese Dollar",
    "KGS": "Kyrgyzstani Som",
    "STN": "Sao Tome and Principe Dobra",
    "TTD": "Trinidad and Tobago Dollar",
}
TONGUES = {
    "bangla": "Bengali",
    "bahasa indonesia": "Indonesian",
    "bahasa malaysia": "Malay",
    "bahasa melayu": "Malay",
    "castilian spanish": "Spanish",
    "dari": "Persian",
    "farsi": "Persian",
    "khalkha mongol": "Mongolian",
}


def country_names(geonames: GeoNames) -> dict[str, str]:
    """Name of each country of ISO 3166 by its code."""
    found = {}
    for code in geonames.countries:
        if code not in DISPUTED and pycountry.countries.get(alpha_2=code):
            name = NAMES.get(code) or ENGLISH.territories[code]
            found[code] = plain(re.sub(r"\bSt\.", "Saint", name).replace(" & ", " and "))
    return found


def country_keys(geonames: GeoNames, names: dict[str, str]) -> dict[str, str]:
    """Code of each country by the key of each of its names."""
    found = {key(row["name"]): code for code, row in geonames.countries.items()}
    found |= {key(ENGLISH.territories[code]): code for code in geonames.countries if code in ENGLISH.territories}
    found |= {key(name): code for code, name in names.items()}
    return found | {key(name): code for code, more in OTHER_NAMES.items() for name in more}


def tongue(name: str | None) -> str | None:
    """A language under the name by which it is shown."""
    return TONGUES.get(key(name), plain(name)) if name else None
