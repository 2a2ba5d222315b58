"""What an agent can observe of a draft and its suspicious places."""

from __future__ import annotations

from bisect import bisect
from typing import Any

from textenvs.core.fields import Category, Field, Flag, Number
from textenvs.core.observation import Case, CaseView, Observation
from textenvs.tasks.writing.drafts import KINDS, Place, Suggestion

COMMON = (-0.5, 0.5, 1.5, 3.0, 6.0)
"""Bounds of the buckets of how much more common a suggestion is: log10."""
FAR_MORE_COMMON = COMMON[3]
"""The bound from which on the discrete observation says so."""
FITS = (-2.0, 0.0, 0.8, 1.6, 2.4, 3.2, 4.5)
"""Bounds of the buckets of how much better it fits: log10."""
MOST_PLACES = 16
RANKS = ("first", "second", "third")
DONE = ("decided", "changes", "can_take_back", "taken_back")


def suggestion_fields(rank: str) -> tuple[Field, ...]:
    """A suggestion beside what is written."""
    return (
        Flag(f"{rank}_exists", f"Whether there is a {rank} suggestion."),
        Number(f"{rank}_common", "How much more common it is: log10.", 9, -3, buckets=(FAR_MORE_COMMON,), clip=True),
        Number(f"{rank}_fits", "How much better it fits: log10.", 6, -6, buckets=FITS, clip=True),
        Number(f"{rank}_letters", "How many letters differ.", 3, buckets=(2,), clip=True),
    )


OBSERVATION = Observation(
    Category("kind", "What makes the place suspicious.", KINDS, absent="not told"),
    Flag("capitalised", "Whether what is written is capitalised."),
    Flag("begins_sentence", "Whether the place begins a sentence."),
    Number("length", "Letters of what is written.", 15, clip=True),
    *(field for rank in RANKS for field in suggestion_fields(rank)),
    Flag("another_fits", "Whether another suggestion fits as well as the first.", feature=False),
    Number("decided", "Share of the places that are decided."),
    Number("changes", "How many changes were made.", MOST_PLACES, buckets=(1, 2)),
    Flag("can_take_back", "Whether the last decision can be taken back."),
    Flag("taken_back", "Whether a decision was taken back."),
    Case(
        "place",
        "A place is due.",
        number=("kind", "first_fits", "first_common", "first_letters", "another_fits", "capitalised", "changes"),
    ),
    Case("no_place_left", "All places are decided.", also=DONE, feature="no_place_left"),
    Case("over", "All is over.", also=DONE, feature="over"),
)
NO_PLACE_LEFT, OVER = (OBSERVATION.given({"case": case}) for case in ("no_place_left", "over"))


def common(suggestion: Suggestion) -> int:
    """Bucket of how much more common the suggestion is, from 0."""
    return bisect(COMMON, suggestion.common)


def fits(suggestion: Suggestion) -> int:
    """Bucket of how much better it fits, from 0."""
    return bisect(FITS, suggestion.fits)


def look(place: Place, reasons: bool) -> CaseView:
    """The observation of a place, with all but what was done; without reasons its kind is not told."""
    first, *others = place.suggestions
    values: dict[str, Any] = {
        "case": "place",
        "kind": place.kind if reasons else None,
        "capitalised": place.written[0].isupper(),
        "begins_sentence": place.context[0] == "[",
        "length": len(place.written),
        "another_fits": any(fits(other) >= fits(first) for other in others),
    }
    for i, rank in enumerate(RANKS):
        _, common, better, letters = place.suggestions[i] if i < len(place.suggestions) else (None,) * 4
        values |= {
            f"{rank}_exists": i < len(place.suggestions),
            f"{rank}_common": common,
            f"{rank}_fits": better,
            f"{rank}_letters": letters,
        }
    return OBSERVATION.given(values)
