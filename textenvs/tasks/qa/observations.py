"""What an agent can observe of a search for an answer."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from functools import cache
from typing import Any

from textenvs.core.fields import Category, Flag, Number
from textenvs.core.observation import Case, CaseView, Observation
from textenvs.tasks.qa.reader import CANDIDATES, LINKS, Candidate, Found, Link, View

TAGS = ("named", "likely", "other", "open")
"""What a result looks like: its title stands in the question; it is linked from such a page that is open, or its text
names what the question names; nothing of this; it is open already."""
SUPPORT = ((0.26, 0.4, 0.6), (0.13, 0.2, 0.3))
"""Bounds of the buckets of support, on pages of depth 0 and 1."""
RANKS = ("first", "second", "third")
"""So many queries, results, links and names are offered at a time."""
QUERIES = RESULTS = len(RANKS)
MOST_OPENED = 4
START, SEARCHED, READING = ((f"{case}, one hop", f"{case}, two hops") for case in ("start", "searched", "reading"))
"""Names of the cases, by hops."""


def supports(name: str, count: int, depth: int, doc: str) -> tuple[Number, ...]:
    """Fields for the support of so many things, the best supported first; None where there are fewer."""
    return tuple(Number(f"{name}_{k}", doc, buckets=SUPPORT[depth], absent="none") for k in range(count))


LOOKS = tuple(
    Category(f"result_{k}", "What this result of the last query looks like.", TAGS, absent="other")
    for k in range(RESULTS)
)
SUPPORTS = (
    *supports("candidate", CANDIDATES, 0, "Support of this name on the open pages."),
    *supports("linked_candidate", CANDIDATES, 1, "Support of this name on open pages that were linked to."),
    *supports("link", LINKS, 0, "Support of this link."),
)
OBSERVATION = Observation(
    Flag("two_hops", "Whether the answer takes two pages."),
    Category("query", "The last query.", range(QUERIES)),
    *LOOKS,
    Category("first_named", "The first result that is named, from 1; 0 if none is.", range(RESULTS + 1), told=()),
    *SUPPORTS,
    Number("opened", "How many pages are open.", MOST_OPENED, buckets=(2, 3)),
    Number("opened_named", "How many of them are named in the question.", MOST_OPENED, buckets=(1,)),
    Number("opened_linked", "How many of them were linked to by such a page.", MOST_OPENED),
    *(
        case
        for start, searched, reading in zip(START, SEARCHED, READING, strict=True)
        for case in (
            Case(start, "Nothing was searched yet."),
            Case(searched, "No page is open.", ("query", *(field.name for field in LOOKS))),
            Case(
                reading,
                "Pages are open.",
                ("first_named", "opened", "opened_named", "candidate_0", "linked_candidate_0", "link_0"),
            ),
        )
    ),
    Case("over", "All is over.", also=(), feature="over"),
)
OVER = OBSERVATION.given({"case": "over"})
RESULT_NAMES = tuple(field.name for field in LOOKS)
SUPPORT_NAMES = tuple(field.name for field in SUPPORTS)
NO_RESULTS = (None,) * RESULTS
NO_NAMES, NO_LINKS = ((None, None),) * CANDIDATES, ((None, None),) * LINKS
"""What fills up the results, names and links, where there are fewer."""


def tag(view: View, linked: bool) -> str:
    """What a result that is not open looks like."""
    return "named" if view.named else "likely" if linked or view.told else "other"


def bucket(found: Sequence[Candidate] | Sequence[Link], depth: int = 0) -> int:
    """How well the first of them is supported."""
    return bisect(SUPPORT[depth], found[0].support)


def first(tags: Sequence[str], wanted: str) -> int:
    """Number of the first result that looks so, from 1; 0 where there is none."""
    return tags.index(wanted) + 1 if wanted in tags else 0


def look(hops: int, searched: bool, found: Found) -> CaseView:
    """The observation with what is the same for all states with the same open pages.

    Args:
        hops: How many pages the question takes.
        searched: Whether there is a query, where no page is open.
        found: What there is on the opened pages.
    """
    near, far = found.candidates
    ranked = (near + NO_NAMES)[:CANDIDATES] + (far + NO_NAMES)[:CANDIDATES], (found.links + NO_LINKS)[:LINKS]
    supports = [support for group in ranked for _, support in group]
    case = READING if found.opened else SEARCHED if searched else START
    return OBSERVATION.given(
        {
            "case": case[hops - 1],
            "two_hops": hops == 2,
            **dict(zip(SUPPORT_NAMES, supports, strict=True)),
            "opened": found.opened,
            "opened_named": found.named,
            "opened_linked": found.deep,
        }
    )


@cache
def results(query: int, tags: tuple[str, ...]) -> dict[str, Any]:
    """The values of the other fields.

    Args:
        query: Number of the last query; -1 if there is none.
        tags: The tag of each result of it.
    """
    looks = dict(zip(RESULT_NAMES, (*tags, *NO_RESULTS), strict=False))
    return {"query": query if query >= 0 else None, "first_named": first(tags, "named"), **looks}
