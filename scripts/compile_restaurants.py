"""Compiles textenvs/tasks/dialogue/restaurants.json from the source distribution of ConvLab-3.

Usage: `pip download --no-deps --no-binary :all: convlab==3.0.1`, then
`python scripts/compile_restaurants.py convlab-3.0.1.tar.gz`.

Only facts are taken: name, food, area, price range, address, postcode, phone. Slips of the source are mended here, in
the open: house numbers that a spreadsheet turned into day numbers, doubled district names, spelling of a few names.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from datetime import date, timedelta
from pathlib import Path

MEMBER = "convlab-3.0.1/convlab/human_eval/db/restaurant_db.json"
TARGET = Path(__file__).parents[1] / "textenvs" / "tasks" / "dialogue" / "restaurants.json"
SMALL_WORDS = {"and", "of", "du", "the", "in"}
NAMES = {
    "darrys cookhouse and wine shop": "Darry's Cookhouse and Wine Shop",
    "frankie and bennys": "Frankie and Benny's",
    "nandos": "Nando's",
    "nandos city centre": "Nando's City Centre",
    "saint johns chop house": "Saint John's Chop House",
    "travellers rest": "Travellers' Rest",
    "hk fusion": "HK Fusion",
    "ask restaurant": "ASK Restaurant",
}


def title(name: str) -> str:
    """A name as it is written over a door."""
    if name in NAMES:
        return NAMES[name]
    words = name.lower().split()
    return " ".join(w if i and w in SMALL_WORDS else w[0].upper() + w[1:] for i, w in enumerate(words))


def address(text: str) -> str:
    """An address whose house numbers are numbers again: day 40270 of a spreadsheet is 2 April 2010, so "2-4"."""

    def mend(found: re.Match[str]) -> str:
        day = date(1899, 12, 30) + timedelta(days=int(found[0]))
        first, second = sorted((day.day, day.month))
        return f"{first}-{second}"

    text = re.sub(r"\b4\d{4}\b", mend, text)
    text = re.sub(r"\s*-\s*", "-", text)
    return re.sub(r"\b(\w+) \1$", r"\1", text)


def main(archive: str) -> None:
    """Reads the archive and writes the table."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(MEMBER)
        assert member is not None
        rows = json.load(member)
    venues = [
        {
            "name": title(row["name"]),
            "food": row["food"],
            "area": row["area"],
            "price": row["pricerange"],
            "address": address(row["address"]),
            "postcode": f"{row['postcode'][:-3]} {row['postcode'][-3:]}".upper(),
            "phone": row.get("phone"),
        }
        for row in rows
    ]
    lines = ",\n".join("  " + json.dumps(venue, ensure_ascii=True) for venue in venues)
    TARGET.write_text(f"[\n{lines}\n]\n")
    print(f"{len(venues)} restaurants -> {TARGET.name}")


if __name__ == "__main__":
    main(sys.argv[1])
