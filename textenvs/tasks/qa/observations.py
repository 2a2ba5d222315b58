"""What was found, as a number and as features."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence

from textenvs.tasks.qa.reading import CANDIDATES, LINKS, Candidate, Found, Link, View

TAGS = ("named", "likely", "other", "open")
"""What a result looks like: its title stands in the question; it is linked from such a page that is open, or its text
names what the question names; nothing of this; it is open already."""
SUPPORT = ((0.26, 0.4, 0.6), (0.13, 0.2, 0.3))
"""Bounds of the buckets of support, on pages of depth 0 and 1."""
QUERIES, RESULTS, MOST_OPENED = 3, 3, 4
NONE = len(SUPPORT[0]) + 1
"""The bucket of what there is not."""

BEFORE: int = len(TAGS) ** RESULTS
"""Looks of three results while nothing is open."""
SIZES = (RESULTS + 1, 3, 2, NONE + 1, NONE + 1, NONE + 1)
"""While something is open: which result of the last query is the first that is named; whether one, two or more pages
are open, and whether one of them is named in the question; how well the best candidate of depth 0, of depth 1, and the
best link are supported."""
PER_HOPS: int = 1 + QUERIES * BEFORE + math.prod(SIZES)
N_OBSERVATIONS: int = 2 * PER_HOPS + 1
OVER = N_OBSERVATIONS - 1

FEATURE_NAMES = (
    "two_hops",
    *(f"query_{query}" for query in range(QUERIES)),
    *(f"result_{k}_{tag}" for k in range(RESULTS) for tag in TAGS),
    *(f"candidate_{k}" for k in range(CANDIDATES)),
    *(f"linked_candidate_{k}" for k in range(CANDIDATES)),
    *(f"link_{k}" for k in range(LINKS)),
    "opened",
    "opened_named",
    "opened_linked",
    "over",
)
"""Each in [0, 1]. `query_`: which was the last; `candidate_`, `linked_candidate_` and `link_`: the support, 0 where
there is none; `opened`, and of these `_named` and `_linked`: number of pages, of 4."""
ONE_HOT = {tag: [float(tag == each) for each in TAGS] for tag in TAGS}
OVER_FEATURES = (*(0.0,) * (len(FEATURE_NAMES) - 1), 1.0)


def tag(view: View, linked: bool) -> str:
    """What a result that is not open looks like."""
    return "named" if view.named else "likely" if linked or view.told else "other"


def bucket(found: Sequence[Candidate] | Sequence[Link], depth: int = 0) -> int:
    """How well the first of them is supported."""
    return bisect(SUPPORT[depth], found[0].support) if found else NONE


def first(tags: Sequence[str], wanted: str) -> int:
    """Number of the first result that looks so, from 1; 0 where there is none."""
    return tags.index(wanted) + 1 if wanted in tags else 0


def discrete(hops: int, query: int, tags: Sequence[str], found: Found) -> int:
    """What was searched and found as a number.

    Args:
        hops: How many pages the question takes.
        query: Number of the last query; -1 if there is none.
        tags: The tag of each result of it.
        found: What there is on the opened pages.
    """
    base = (hops - 1) * PER_HOPS
    if query < 0 and not found.opened:
        return base
    number: int = 0
    if not found.opened:
        for each in [*tags, *("other",) * (RESULTS - len(tags))]:
            number = number * len(TAGS) + TAGS.index(each)
        return base + 1 + query * BEFORE + number
    parts = (
        first(tags, "named"),
        min(found.opened, 3) - 1,
        found.named > 0,
        bucket(found.candidates[0]),
        bucket(found.candidates[1], 1),
        bucket(found.links),
    )
    for part, size in zip(parts, SIZES, strict=True):
        number = number * size + part
    return base + 1 + QUERIES * BEFORE + number


def features(hops: int, query: int, tags: Sequence[str], found: Found) -> list[float]:
    """The state as `FEATURE_NAMES`, with the arguments of `discrete`."""
    numbers = [float(hops == 2), *(float(query == k) for k in range(QUERIES))]
    for each in tags:
        numbers += ONE_HOT[each]
    numbers += [0.0] * (len(TAGS) * (RESULTS - len(tags)))
    for names, most in ((found.candidates[0], CANDIDATES), (found.candidates[1], CANDIDATES), (found.links, LINKS)):
        numbers += [support for _, support in names]
        numbers += [0.0] * (most - len(names))
    return [*numbers, found.opened / MOST_OPENED, found.named / MOST_OPENED, found.deep / MOST_OPENED, 0.0]
