"""Filters one after the other, with a count after each; an order that no filter changes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

SEED = 20


def survives(filters: Iterator[tuple[str, bool]], counts: Counter[str]) -> bool:
    """Whether something passes all filters; those after the first that it fails are not even tried.

    Args:
        filters: The name of each, and whether it is passed.
        counts: How many have passed each; counted on.
    """
    for name, passed in filters:
        if not passed:
            return False
        counts[name] += 1
    return True


def lot(*what: object) -> float:
    """A number that is drawn for something, from 0 to 1; whatever else is drawn, it stays the same."""
    return random.Random(" ".join(map(str, (SEED, *what)))).random()
