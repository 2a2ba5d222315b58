"""What stands at a place, as a number and as features."""

from __future__ import annotations

import math
from bisect import bisect
from typing import NamedTuple

from textenvs.tasks.writing.drafts import KINDS, Place, Suggestion

COMMON = (-0.5, 0.5, 1.5, 3.0, 6.0)
"""Bounds of the buckets of how much more common a suggestion is: log10."""
FITS = (-2.0, 0.0, 0.8, 1.6, 2.4, 3.2, 4.5)
"""Bounds of the buckets of how much better it fits: log10."""
FAR_MORE_COMMON = 4
"""The bucket from which on the discrete observation says so."""
MOST_PLACES = 16
MOST_CHANGES = 2
"""Changes are counted up to this."""
LETTERS = 3
"""Letters that differ are counted up to this."""

SIZES = (len(KINDS) + 1, len(FITS) + 1, 2, 2, 2, 2, MOST_CHANGES + 1)
"""Kind (or none told), how well the first suggestion fits, whether it is far more common, whether more than one letter
differs, whether another suggestion fits as well, whether what is written is capitalised; how many changes were made."""
N_OBSERVATIONS: int = math.prod(SIZES) + 2
ENDS = (N_OBSERVATIONS - 1, N_OBSERVATIONS - 2)
"""All is over; no place is left."""

FEATURE_NAMES = (
    *(f"kind_{kind}" for kind in KINDS),
    "capitalised",
    "begins_sentence",
    "length",
    *(f"{name}_{what}" for name in ("first", "second", "third") for what in ("exists", "common", "fits", "letters")),
    "decided",
    "changes",
    "can_take_back",
    "taken_back",
    "no_place_left",
    "over",
)
"""Each in [0, 1]. `length`: letters of what is written, of 15; `common` and `fits`: log10 of the ratios, from -3 to 9
and from -6 to 6; `letters`: how many differ, of 3; `decided`: share of the places; `changes`: how many, of 16."""


class Look(NamedTuple):
    """What does not change of a place's looks.

    Attributes:
        number: Its part of the discrete observation.
        features: Its part of the features.
    """

    number: int
    features: tuple[float, ...]


def common(suggestion: Suggestion) -> int:
    """Bucket of how much more common the suggestion is, from 0."""
    return bisect(COMMON, suggestion.common)


def fits(suggestion: Suggestion) -> int:
    """Bucket of how much better it fits, from 0."""
    return bisect(FITS, suggestion.fits)


def look(place: Place, reasons: bool) -> Look:
    """The looks of a place; without reasons its kind is not told."""
    first, *others = place.suggestions
    capitalised = place.written[0].isupper()
    parts = (
        KINDS.index(place.kind) if reasons else len(KINDS),
        fits(first),
        common(first) >= FAR_MORE_COMMON,
        first.letters > 1,
        any(fits(other) >= fits(first) for other in others),
        capitalised,
    )
    number = 0
    for part, size in zip(parts, SIZES, strict=False):
        number = number * size + part
    numbers = [float(reasons and place.kind == kind) for kind in KINDS]
    numbers += [float(capitalised), float(place.context[0] == "["), min(1.0, len(place.written) / 15)]
    for i in range(3):
        numbers += shape(place.suggestions[i]) if i < len(place.suggestions) else [0.0] * 4
    return Look(number, tuple(numbers))


def shape(suggestion: Suggestion) -> list[float]:
    """A suggestion as four features."""
    scaled = ((suggestion.common + 3.0) / 12.0, (suggestion.fits + 6.0) / 12.0)
    return [1.0, *(min(1.0, max(0.0, x)) for x in scaled), min(1.0, suggestion.letters / LETTERS)]


def discrete(look: Look, changes: int) -> int:
    """A place and the number of changes as a number."""
    return look.number * SIZES[-1] + min(changes, MOST_CHANGES)


def features(look: Look | None, decided: float, changes: int, back: bool, undone: bool, over: bool) -> list[float]:
    """The state as `FEATURE_NAMES`.

    Args:
        look: What the place looks like that is due; None if none is.
        decided: Share of the places that are decided.
        changes: Number of changes.
        back: Whether the last decision can be taken back.
        undone: Whether one was.
        over: Whether all is over.
    """
    place = look.features if look else (0.0,) * (len(FEATURE_NAMES) - 6)
    nothing_left = look is None and not over
    return [*place, decided, changes / MOST_PLACES, float(back), float(undone), float(nothing_left), float(over)]
