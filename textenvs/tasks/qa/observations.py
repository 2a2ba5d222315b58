"""What an agent can observe of a search for an answer."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from textenvs.core.fields import Category, Flag, Number
from textenvs.core.observation import Case, Observation
from textenvs.tasks.qa.reading import CANDIDATES, LINKS, Candidate, Found, Link, View

TAGS = ("named", "likely", "other", "open")
"""What a result looks like: its title stands in the question; it is linked from such a page that is open, or its text
names what the question names; nothing of this; it is open already."""
SUPPORT = ((0.26, 0.4, 0.6), (0.13, 0.2, 0.3))
"""Bounds of the buckets of support, on pages of depth 0 and 1."""
QUERIES, RESULTS, MOST_OPENED = 3, 3, 4
HOPS = ("one hop", "two hops")
READING = ("first_named", "opened", "opened_named", "candidate_0", "linked_candidate_0", "link_0")
"""What the discrete observation tells of open pages."""


def supports(name: str, count: int, depth: int, doc: str) -> tuple[Number, ...]:
    """Fields for the support of so many things, the best supported first; None where there are fewer."""
    return tuple(Number(f"{name}_{k}", doc, buckets=SUPPORT[depth], absent="none") for k in range(count))


LOOKS = tuple(
    Category(f"result_{k}", "What this result of the last query looks like.", TAGS, absent="other")
    for k in range(RESULTS)
)
FOUND = (
    supports("candidate", CANDIDATES, 0, "Support of this name on the open pages."),
    supports("linked_candidate", CANDIDATES, 1, "Support of this name on open pages that were linked to."),
    supports("link", LINKS, 0, "Support of this link."),
)
RESULT_NAMES = tuple(field.name for field in LOOKS)
FOUND_NAMES = tuple(tuple(field.name for field in fields) for fields in FOUND)

OBSERVATION = Observation(
    Flag("two_hops", "Whether the answer takes two pages."),
    Category("query", "The last query.", range(QUERIES)),
    *LOOKS,
    Category("first_named", "The first result that is named, from 1; 0 if none is.", range(RESULTS + 1), told=()),
    *(field for fields in FOUND for field in fields),
    Number("opened", "How many pages are open.", MOST_OPENED, buckets=(2, 3)),
    Number("opened_named", "How many of them are named in the question.", MOST_OPENED, buckets=(1,)),
    Number("opened_linked", "How many of them were linked to by such a page.", MOST_OPENED),
    *(
        Case(f"{case}, {hops}", doc, number)
        for hops in HOPS
        for case, doc, number in (
            ("start", "Nothing was searched yet.", ()),
            ("searched", "No page is open.", ("query", *RESULT_NAMES)),
            ("reading", "Pages are open.", READING),
        )
    ),
    Case("over", "All is over.", also=(), feature="over"),
)
OVER = {"case": "over"}


def tag(view: View, linked: bool) -> str:
    """What a result that is not open looks like."""
    return "named" if view.named else "likely" if linked or view.told else "other"


def bucket(found: Sequence[Candidate] | Sequence[Link], depth: int = 0) -> int:
    """How well the first of them is supported."""
    return bisect(SUPPORT[depth], found[0].support)


def first(tags: Sequence[str], wanted: str) -> int:
    """Number of the first result that looks so, from 1; 0 where there is none."""
    return tags.index(wanted) + 1 if wanted in tags else 0


def observe(hops: int, query: int, tags: Sequence[str], found: Found) -> dict[str, Any]:
    """The values of the fields before the end.

    Args:
        hops: How many pages the question takes.
        query: Number of the last query; -1 if there is none.
        tags: The tag of each result of it.
        found: What there is on the opened pages.
    """
    case = "reading" if found.opened else "searched" if query >= 0 else "start"
    values = {
        "case": f"{case}, {HOPS[hops - 1]}",
        "two_hops": hops == 2,
        "query": query if query >= 0 else None,
        "first_named": first(tags, "named"),
        "opened": found.opened,
        "opened_named": found.named,
        "opened_linked": found.deep,
    }
    values.update(zip_longest(RESULT_NAMES, tags))
    for names, group in zip(FOUND_NAMES, (*found.candidates, found.links), strict=True):
        values.update(zip_longest(names, [support for _, support in group]))
    return values
