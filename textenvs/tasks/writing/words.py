"""The words of proofreading: what the tool says, what the agent can say, what the writer says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textenvs.tasks.writing.drafts import Place, Suggestion
from textenvs.tasks.writing.observations import common, fits
from textenvs.text.wordings import choose

REASONS = {
    "unknown": "This word is in no dictionary.",
    "rare": "This word is rare, and close to a common one.",
    "confusable": "This word is often confused with another.",
    "agreement": "This verb may have the wrong number.",
    "article": "This may be the wrong article.",
    "doubled": "This word stands twice.",
}
COMMON = (
    "rarer",
    "as common",
    "ten times as common",
    "a hundred times as common",
    "ten thousand times as common",
    "a million times as common",
)
FITS = (
    "fits far worse",
    "fits worse",
    "fits as well",
    "fits a little better",
    "fits better",
    "fits much better",
    "fits far better",
    "fits incomparably better",
)
LETTERS = ("the same letters", "one letter differs", "two letters differ", "more letters differ")
NOTHING_LEFT = "No place is left"

WRITER = {
    "draft": {
        "mail": ("This is my mail. Is it all right?", "Could you read this mail before I send it?", "I wrote this mail in a hurry. Would you look it over?"),
        "report": ("Here is the report. Please proofread it.", "The report is due today. Could you go through it?", "Would you check this report for me?"),
        "essay": ("This is the end of my essay. What needs mending?", "I would like to hand this in. Could you read it?", "Could you proofread a piece of my essay?"),
        "support": ("I am about to answer a customer. Is this fine?", "This is my reply to a customer. Please check it.", "Before this goes to the customer, would you read it?"),
        "instructions": ("These are the instructions. Do you find any mistakes?", "I wrote these steps down for others. Please proofread them.", "Could you go over these instructions?"),
        "article": ("This is a piece of an article. Please proofread it.", "Could you check this passage?", "Would you go through this article for me?"),
    },
    "take": ("Good, I have changed it.", "Changed.", "All right, I will write it like that."),
    "keep": ("Then it stays.", "I leave it as it is.", "Fine, no change."),
    "take_back": ("As before, then.", "I have undone that.", "All right, let us look at it again."),
    "finish": ("Thank you, I will send it like this.", "Thanks for reading it.", "Thank you, that is all."),
}  # fmt: skip
"""By what happens; the last of each is said in the test split only."""

INSTRUCTIONS = """You proofread a draft. A tool points at places that look suspicious; at most of them nothing is wrong. For each \
place it gives up to three suggestions, and says how common each is beside what is written, how well it fits into its \
sentence, and how many letters differ. Take a suggestion, or keep what is written; the places come one after the \
other. The last decision can be taken back, once in a draft. Finish when you are done; what was not decided stays as \
it is. You have {horizon} turns.

What counts is the text at the end: F0.5 of your changes, which is 1 if you mended every mistake and changed nothing \
else. A wrong change costs more than a mistake that is left. A draft may have no mistake; then it is best to leave it \
alone: any change costs 1. An impossible reply costs 0.05."""


def notes(places: Sequence[Place], reasons: bool) -> list[str]:
    """What the tool says of each place, and that none is left."""
    found = []
    for number, place in enumerate(places, start=1):
        reason = f" {REASONS[place.kind]}" if reasons else ""
        options = "; ".join(f'{i}. "{s.words}" ({evidence(s)})' for i, s in enumerate(place.suggestions, start=1))
        found.append(f"Place {number} of {len(places)}: {place.context}{reason} Suggestions: {options}")
    return [*found, NOTHING_LEFT]


def evidence(suggestion: Suggestion) -> str:
    """What speaks for a suggestion."""
    letters = LETTERS[min(suggestion.letters, len(LETTERS) - 1)]
    return f"{COMMON[common(suggestion)]}, {FITS[fits(suggestion)]}, {letters}"


def done(changes: int, back: bool) -> str:
    """What was done so far."""
    return f". Changes: {changes}" + ("; the last decision can be taken back" if back else "")


TEXT_INSTRUCTIONS = """You proofread a draft. A tool points at places that look suspicious, though at most of them \
nothing is wrong; you see the first alone. Reply with the whole draft as it should be, and nothing else; that ends the task.

What counts is F0.5 of your changes, which is 1 if you mended every mistake and changed nothing else. A wrong change \
costs more than a mistake that is left. A draft may have no mistake; then any change costs 1. Every word that you add counts as a change, \
so give no heading and no quotation marks."""

CLOSING = tuple(
    ("", "", "", "", "Take the last decision back." if back else "", "I am done.") for back in (False, True)
)
"""What can be said when no place is left."""


def choices(places: Sequence[Place]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What the agent can say at each place, without and with a decision to take back."""
    found = []
    for place in places:
        takes = [f"Write '{s.words}' instead of '{place.written}'." for s in place.suggestions]
        takes += [""] * (3 - len(takes))
        keep = f"Keep '{place.written}'."
        found.append(((keep, *takes, *CLOSING[0][4:]), (keep, *takes, *CLOSING[1][4:])))
    return found


def say(event: Any, draw: int, test: bool) -> str:
    """The writer's words."""
    kind, *genre = event
    wordings: Any = WRITER[kind]
    if genre:
        wordings = wordings[genre[0]]
    return choose(wordings, draw, test)
