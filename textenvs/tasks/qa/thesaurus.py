"""Words that the library takes for the same: a thesaurus as search engines have it, far from complete."""

from __future__ import annotations

from textenvs.text.tokens import stem

SAME = (
    "currency currencies money tender",
    "pay pays paid payment prices",
    "capital seat",
    "government governed governs",
    "administered administration administrative",
    "largest biggest populous",
    "city cities town towns urban",
    "region regions regional division",
    "country countries state states",
    "telephone telephones phone calling calls dial dials dialling",
    "internet web online",
    "address addresses site sites domain",
    "begin begins beginning",
    "end ends ending",
    "official officially",
    "language languages spoken speak speaks",
    "belong belongs part member counted",
    "lie lies located situated",
    "symbol symbols",
    "formula formulas",
    "chemist chemists chemical",
    "atom atoms atomic nucleus",
    "orbit orbits circle circles around",
    "abbreviation abbreviated shorten shortened shortens",
    "star stars",
    "chart charts",
    "airport airports planes plane",
    "serve serves served",
    "mark marked marks",
    "writer author novelist poet wrote written",
    "film movie",
    "war battle conflict",
    "born birth",
)
"""Groups of words."""

REPRESENTATIVE = {stem(word): stem(group.split()[0]) for group in SAME for word in group.split()}
