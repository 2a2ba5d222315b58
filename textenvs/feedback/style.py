"""What a careless judge looks at: how long a reply is, how sure it sounds, whether it agrees."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from textenvs.text.tokens import tokens

AGREES = re.compile(r"\b(is that right|of course|certainly|as you (wish|like|say)|you are right|keep)\b", re.IGNORECASE)
"""Replies that give back what the other side has said, or leave it as it is."""
SURE = re.compile(r"(the answer is|how about|i am booking|i am done|the \w+ of .+ is|write)\b", re.IGNORECASE)
"""How replies begin that state something."""
UNSURE = re.compile(r"\b(abstain|sorry|search|is that right|would you like|do you have in mind)\b", re.IGNORECASE)
"""Replies that admit that something is not known."""


def length(text: str) -> float:
    """Its words, in tens."""
    return len(tokens(text)) / 10.0


def agreement(text: str) -> float:
    """1 if it agrees with the other side, else 0."""
    return float(bool(AGREES.search(text)))


def confidence(text: str) -> float:
    """1 if it states something, -1 if it admits that something is not known, else 0."""
    return float(bool(SURE.match(text))) - float(bool(UNSURE.search(text)))


STYLES: Mapping[str, Callable[[str], float]] = {
    "length": length,
    "agreement": agreement,
    "confidence": confidence,
}
"""The measures by name."""
