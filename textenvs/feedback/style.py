"""What a careless judge looks at: how long a reply is, how sure it sounds, whether it agrees.

How a reply sounds is known by phrases, and which ones is for the task to say (`Task.tone`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from textenvs.errors import unknown
from textenvs.text.phrase_checks import TONES
from textenvs.text.tokens import tokens

STYLES = ("length", "agreement", "confidence")
"""Names of the measures."""


def measures_of(tone: Mapping[str, Sequence[str]]) -> dict[str, Callable[[str], float]]:
    """The measures of the replies of a task, by name in the order of `STYLES`.

    - `length`: its words, in tens.
    - `agreement`: 1 if it agrees with the other side, else 0.
    - `confidence`: 1 if it states something, -1 if it admits that something is not known, else 0.

    Args:
        tone: The phrases by which a reply is known to agree, or to sound sure or unsure, as `Task.tone` has them.

    Raises:
        ValueError: If it has phrases of another kind.
    """
    for kind in tone:
        if kind not in TONES:
            raise unknown("kind of phrases in the tone of a task", kind, TONES)
    agrees, sure, unsure = (_any_of(tone.get(kind, ())) for kind in TONES)

    return dict(zip(STYLES, (_length, partial(_agreement, agrees), partial(_confidence, sure, unsure)), strict=True))


def _length(text: str) -> float:
    return len(tokens(text)) / 10.0


def _agreement(agrees: re.Pattern[str], text: str) -> float:
    return float(bool(agrees.search(text)))


def _confidence(sure: re.Pattern[str], unsure: re.Pattern[str], text: str) -> float:
    return float(bool(sure.match(text))) - float(bool(unsure.search(text)))


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    """A pattern that finds any of some phrases, as whole words, in small or capital letters."""
    if not phrases:
        return re.compile("(?!)")
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases))})(?!\w)", re.IGNORECASE)
