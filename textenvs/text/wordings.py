"""Sentences that say the same in several wordings, of which the last is kept for the test split."""

from __future__ import annotations

from collections.abc import Sequence


def choose(wordings: Sequence[str], draw: int, test: bool) -> str:
    """The wording that a draw falls on.

    Args:
        wordings: At least two; the last is said in the test split only.
        draw: Random bits.
        test: Whether the test split speaks.
    """
    return wordings[draw % (len(wordings) - (not test))]
