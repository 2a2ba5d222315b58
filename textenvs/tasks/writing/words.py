"""The words of proofreading: what the tool says, what the agent can say, what the writer says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from textenvs.tasks.writing.drafts import KINDS, Place, Suggestion
from textenvs.tasks.writing.observations import RANKS, common, fits
from textenvs.text.phrases import load_phrases

PHRASES = load_phrases(__package__)
INSTRUCTIONS = PHRASES.text("instructions", "horizon")
TEXT_INSTRUCTIONS = PHRASES["text_instructions"]
SPLITS = ("train", "test")

KEEP = PHRASES.sentence("keep", "written")
TAKE = tuple(PHRASES.sentence(f"take_{rank}", "words", "written") for rank in RANKS)
CLOSING = tuple(
    ("", "", "", "", PHRASES.sentence("take_back") if back else "", PHRASES.sentence("finish"))
    for back in (False, True)
)
"""What can be said when no place is left, without and with a decision to take back."""

PLACE = PHRASES.text("note.place", "number", "count", "context", "reason", "suggestions")
PLACE_WITHOUT_REASON = PHRASES.text("note.place_without_reason", "number", "count", "context", "suggestions")
SUGGESTION = PHRASES.text("note.suggestion", "rank", "words", "evidence")
EVIDENCE = PHRASES.text("note.evidence", "common", "fits", "letters")
NOTHING_LEFT = PHRASES["note.none_left"]
CHANGES = tuple(PHRASES.text(f"note.{key}", "count") for key in ("changes", "changes_back"))
"""What was done, by whether the last decision can be taken back."""
REASONS = {kind: PHRASES[f"reason.{kind}"] for kind in KINDS}
COMMON, FITS, LETTERS = map(PHRASES.entries, ("common", "fits", "letters"))


def notes(places: Sequence[Place], reasons: bool) -> list[str]:
    """What the tool says of each place, and that none is left."""
    sentence = PLACE if reasons else PLACE_WITHOUT_REASON
    found = [
        sentence.format(
            number=number,
            count=len(places),
            context=place.context,
            reason=REASONS[place.kind],
            suggestions="; ".join(
                SUGGESTION.format(rank=rank, words=each.words, evidence=evidence(each))
                for rank, each in enumerate(place.suggestions, start=1)
            ),
        )
        for number, place in enumerate(places, start=1)
    ]
    return [*found, NOTHING_LEFT]


def evidence(suggestion: Suggestion) -> str:
    """What speaks for a suggestion."""
    return _evidence(common(suggestion), fits(suggestion), min(suggestion.letters, len(LETTERS) - 1))


@cache
def _evidence(common: int, fits: int, letters: int) -> str:
    return EVIDENCE.format(common=COMMON[common], fits=FITS[fits], letters=LETTERS[letters])


@cache
def done(changes: int, back: bool) -> str:
    """What was done so far."""
    return CHANGES[back].format(count=changes)


def choices(places: Sequence[Place]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What the agent can say at each place, without and with a decision to take back."""
    found = []
    for place in places:
        takes = [
            sentence.format(words=suggestion.words, written=place.written)
            for sentence, suggestion in zip(TAKE, place.suggestions, strict=False)
        ]
        takes += [""] * (len(TAKE) - len(takes))
        keep = KEEP.format(written=place.written)
        found.append(((keep, *takes, *CLOSING[0][4:]), (keep, *takes, *CLOSING[1][4:])))
    return found


def say(event: Any, draw: int, test: bool) -> str:
    """The writer's words."""
    return PHRASES.choose(" ".join(event), draw, SPLITS[test])
