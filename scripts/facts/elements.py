"""Chemical elements and the series that they belong to."""

from __future__ import annotations

from pathlib import Path

import periodictable
from ledger import Ledger
from mendeleev.fetch import fetch_table
from sources import blue_obelisk
from store import Field, Store

SERIES = {  # mendeleev's name of a series, and the Blue Obelisk's name of a family
    "Alkali metals": "Alkali_Earth", "Alkaline earth metals": "Alkaline_Earth", "Transition metals": "Transition",
    "Lanthanides": "Rare_Earth", "Actinides": "Rare_Earth", "Poor metals": "Other_Metal", "Metalloids": "Metalloids",
    "Nonmetals": "Non-Metal", "Noble gases": "Noblegas", "Halogens": "Halogen",
}  # fmt: skip
NAMES = {"Poor metals": "Post-transition metals"}
KNOWN = 108  # beyond hassium the series of an element is a prediction


def collect(store: Store, ledger: Ledger, folder: Path) -> None:
    """Adds the families element and series."""
    both = ["mendeleev", "periodictable"]
    elements = store.family(
        "element",
        symbol=Field(both, unique=True),
        number=Field(both, unique=True),
        series=Field(["mendeleev", "Blue Obelisk"], "series"),
    )
    obelisk = blue_obelisk(folder)
    groups = dict(fetch_table("series")[["id", "name"]].itertuples(index=False))
    for element in fetch_table("elements").itertuples():
        name = {"Aluminum": "Aluminium", "Cesium": "Caesium"}.get(element.name, element.name)
        series = groups[element.series_id]
        facts = elements[name] = {"seed": series}
        other = periodictable.elements[element.atomic_number]
        by_name = getattr(periodictable, other.name, None)
        pairs = {"symbol": (element.symbol, other.symbol), "number": (element.atomic_number, other.number)}
        for label, pair in pairs.items():
            if by_name is other and (value := ledger.agree("element", name, label, dict(zip(both, pair, strict=True)))):
                facts[label] = str(value)
        family = obelisk.get(element.symbol, {}).get("family")
        said = {"mendeleev": series, "Blue Obelisk": family}
        if element.atomic_number <= KNOWN and ledger.agree("element", name, "series", said, _same_series):
            facts["series"] = NAMES.get(series, series)
    store.family("series").update({facts["series"]: {} for facts in elements.values() if "series" in facts})


def _same_series(series: str, family: str) -> bool:
    return SERIES[series] == family
