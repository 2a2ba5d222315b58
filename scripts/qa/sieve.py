"""Filters one after the other, with a count after each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator


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
