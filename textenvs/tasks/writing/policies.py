"""Hand-written policies for proofreading."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textenvs.core.policy import Policy, Prefers

FITS = tuple(f"fits {how}" for how in ("far worse", "worse", "as well", "a little better", "better", "much better"))
FITS += ("fits far better", "fits incomparably better")
"""What the tool says of how well a suggestion fits."""
FIRST = re.compile(r'Suggestions: 1\. "[^"]*" \([^,]*, (fits [a-z ]+),')


class WritingRule(Policy):
    """Takes the first suggestion of a place if it fits well enough, else keeps what is written.

    A variant is the least fit with which it takes one, as a number of `FITS`.
    """

    variants = tuple(range(1, len(FITS)))

    def act(self, observation: str, possible: Sequence[str]) -> str:
        """Keeps, takes the first suggestion, or finishes."""
        note = observation.split("\n")[-2]
        if "No place is left" in note:
            return "finish"
        found = FIRST.search(note)
        if found is None:
            raise ValueError(f"a rule for proofreading cannot read {note!r}")
        return "take_first" if FITS.index(found[1]) >= self.variant else "keep"


class KeepAll(Prefers):
    """Changes nothing in a draft, and finishes."""

    action = "keep"


class AcceptAll(Prefers):
    """Takes every first suggestion, and finishes."""

    action = "take_first"
