"""The hand-written policy for the booking dialogue."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textenvs.core.policy import Policy

SLOTS = ("food", "area", "price")


class DialogueRule(Policy):
    """Asks for what it does not know, confirms what it only heard (or not), offers, answers, books, says goodbye.

    A variant is whether what was only heard is confirmed before it is acted on.
    """

    variants = (False, True)

    def act(self, observation: str, possible: Sequence[str]) -> str:
        """What the note of what was understood asks for."""
        note = observation.split("\n")[-2]
        if "The user wants a table" in note:
            return self._book(note)
        if "The user asks for the" in note:
            return "tell_" + note.rstrip("]").rsplit(" ", 1)[1]
        if "asks for another" in note:
            return "alternative" if "alternative" in possible else "none"
        if "no more wishes" in note:
            return "goodbye"
        for slot in SLOTS:
            if f"{slot}: not known" in note:
                return f"request_{slot}"
        for slot in SLOTS:
            if self.variant and re.search(rf"{slot}: [a-z ]+ \(heard\)", note):
                return f"confirm_{slot}"
        return "offer" if "offer" in possible else "none"

    def _book(self, note: str) -> str:
        if "not known" in note:
            return "request_booking"
        return "confirm_booking" if self.variant and "(heard)" in note else "book"
