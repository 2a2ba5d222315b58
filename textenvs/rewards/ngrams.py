"""Runs of n tokens, counted with repetitions."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence


def ngrams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """The runs of `n` neighbouring tokens, in order; none if there are fewer tokens than `n`."""
    return list(zip(*(tokens[start:] for start in range(n)), strict=False))


def n_common(first: Iterable[Hashable], second: Iterable[Hashable]) -> int:
    """Size of the intersection of two multisets: what stands twice in both counts twice."""
    left: dict[Hashable, int] = {}
    for item in second:
        left[item] = left.get(item, 0) + 1
    common = 0
    for item in first:
        if left.get(item, 0):
            left[item] -= 1
            common += 1
    return common
