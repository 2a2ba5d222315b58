"""The rules of proofreading: the places are decided one after the other, and what counts is the text at the end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from textenvs.core.acts import Act, Acts
from textenvs.core.mdp import Outcome, Payoff, Process, Terms, Written
from textenvs.core.observation import CaseView
from textenvs.rewards import edits, f_beta
from textenvs.tasks.writing import observations, words
from textenvs.tasks.writing.drafts import Draft, tokenise
from textenvs.tasks.writing.observations import RANKS

HORIZON = observations.MOST_PLACES + 4
"""Turns: one a place, and some to take back, decide again and finish."""
ACTS = Acts(
    Act("keep", "Keep what is written at the place."),
    Act("take", "Take one of the suggestions for the place.", suggestion=RANKS),
    Act("take_back", "Take the last decision back; this is possible once."),
    Act("finish", "Finish: what was not decided stays as it is."),
    words=words.PHRASES.words,
)
KEEP, TAKE = ACTS.number("keep"), ACTS.number("take", suggestion="first")
TAKE_BACK, FINISH = ACTS.number("take_back"), ACTS.number("finish")
TERMS = Terms({"f05": 1.0, "right": 0.0, "wrong": 0.0, "invalid": 1.0}, metrics=("success", "f05"))
NOTHING, KEPT, RIGHT, WRONG = range(4)
"""What the last decision was, as far as it can be taken back."""


class State(NamedTuple):
    """What has been decided.

    Whether a change was right is hidden from the agent: no observation tells it. A learner hears it by its rewards.

    Attributes:
        place: Number of the place that is due; -1 when all is over.
        right: How many right changes were made.
        wrong: How many wrong ones.
        last: What the last decision was.
        undone: Whether a decision was taken back.
        changes: Place and suggestion of each change, where the text is to be known; else empty.
    """

    place: int
    right: int = 0
    wrong: int = 0
    last: int = NOTHING
    undone: bool = False
    changes: tuple[tuple[int, int], ...] = ()


OVER = State(-1)
PLAIN = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014", "''\"\"--")
"""Typographic quotation marks and dashes, and how the texts have them."""


class WritingProcess(Process[State]):
    """The dynamics of one draft.

    Args:
        draft: The draft.
        test: Whether the writer speaks as in the test split.
        reasons: Whether the tool says why a place is suspicious.
        remember: Whether states hold the changes, so that the text is known.
    """

    state_types = (State,)
    terms, acts = TERMS, ACTS

    def __init__(self, draft: Draft, test: bool = False, reasons: bool = True, remember: bool = False) -> None:
        self.draft = draft
        self.shown = draft.text
        self._test = test
        self._remember = remember
        self._legal = [legal(len(place.suggestions)) for place in draft.places]
        self._right = [place.right for place in draft.places]
        self._looks = [observations.look(place, reasons) for place in draft.places]
        self._notes = words.notes(draft.places, reasons)
        self._choices = words.choices(draft.places)

    def initial(self) -> Sequence[Outcome]:
        """The writer hands over the draft."""
        return [Outcome(1.0, State(0), ("draft", self.draft.genre))]

    def transitions(self, state: State, action: int) -> Sequence[Outcome]:
        """What becomes of the draft: nothing is left to chance."""
        place, right, wrong, last, undone, changes = state
        n = self.draft.mistakes
        if action == FINISH:
            return finish(n, right, wrong)
        if action == TAKE_BACK:
            before = right - (last == RIGHT), wrong - (last == WRONG)
            if last in (RIGHT, WRONG):
                changes = changes[:-1]
            following = State(place - 1, *before, NOTHING, True, changes)
            return [Outcome(1.0, following, ("take_back",), payment(n, right, wrong, *before))]
        if action == KEEP:
            following = State(place + 1, right, wrong, NOTHING if undone else KEPT, undone, changes)
            return [Outcome(1.0, following, ("keep",), payment(n, right, wrong, right, wrong))]
        if self._remember:
            changes = (*changes, (place, action - TAKE))
        hit = action - TAKE == self._right[place]
        after = (right + 1, wrong) if hit else (right, wrong + 1)
        following = State(place + 1, *after, NOTHING if undone else RIGHT if hit else WRONG, undone, changes)
        return [Outcome(1.0, following, ("take",), payment(n, right, wrong, *after))]

    def legal(self, state: State) -> Sequence[bool]:
        """What the place offers; a decision can be taken back where there is one, and the agent can always finish."""
        due = self._legal[state.place] if 0 <= state.place < len(self._legal) else legal(0)
        return due[state.last != NOTHING]

    def timeout(self, state: State) -> Payoff:
        """The text stays as it is."""
        return end(self.draft.mistakes, state.right, state.wrong)

    def submit(self, state: State, text: str) -> tuple[Outcome, Written]:
        """A rewrite of the whole draft: it is compared with the right text by an alignment of the words.

        Raises:
            ImportError: Without the extra "text".
        """
        texts = (self.draft.text, text.translate(PLAIN), self.draft.right)
        draft, rewrite, right = (" ".join(tokenise(each)) for each in texts)
        made, wanted = set(edits(draft, rewrite)), set(edits(draft, right))
        hits = len(made & wanted)
        score = f_beta(hits, len(made) - hits, len(wanted) - hits)
        payoff = TERMS.earn(
            f05=score - f05(self.draft.mistakes, state.right, state.wrong),
            right=hits - state.right,
            wrong=state.wrong - (len(made) - hits),
            ends=True,
            metrics={"success": rewrite == right, "f05": score},
        )
        now = self.draft.revised(state.changes)
        return Outcome(1.0, OVER, ("finish",), payoff), Written(text, (self.draft.right,), self.draft.text, now)

    def written(self, state: State, action: int, outcome: Outcome) -> Written | None:
        """The text after a turn, against the right text; only where the changes are remembered."""
        if not self._remember:
            return None
        before = after = self.draft.revised(state.changes)
        if isinstance(outcome.state, State) and not outcome.payoff.terminated:
            after = self.draft.revised(outcome.state.changes)
        return Written(after, (self.draft.right,), self.draft.text, before)

    def discrete(self, state: State) -> int:
        """What stands at the place, and how many changes were made."""
        return self._look(state.place).discrete({"changes": state.right + state.wrong})

    def features(self, state: State) -> Sequence[float]:
        """What stands at the place, and what was done."""
        return self._look(state.place).features(
            {
                "decided": state.place / len(self._looks) if state.place >= 0 else 1.0,
                "changes": state.right + state.wrong,
                "can_take_back": state.last != NOTHING,
                "taken_back": state.undone,
            }
        )

    def _look(self, place: int) -> CaseView:
        """What stands at a place, if one is due."""
        if 0 <= place < len(self._looks):
            return self._looks[place]
        return observations.OVER if place < 0 else observations.NO_PLACE_LEFT

    def choices(self, state: State) -> Sequence[str]:
        """What the agent can say."""
        if not 0 <= state.place < len(self._choices):
            return words.CLOSING[state.last != NOTHING]
        return self._choices[state.place][state.last != NOTHING]

    def note(self, state: State) -> str:
        """What the tool says of the place, and what was done."""
        if state.place < 0:
            return "All is over"
        return self._notes[state.place] + words.done(state.right + state.wrong, state.last != NOTHING)

    def say(self, event: Any, draw: int) -> str:
        """The writer's words."""
        return words.say(event, draw, self._test)


@cache
def legal(suggestions: int) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """What is possible at a place with so many suggestions, without and with a decision to take back."""
    takes = tuple(suggestions > i for i in range(len(RANKS)))
    return (suggestions > 0, *takes, False, True), (suggestions > 0, *takes, True, True)


@cache
def finish(mistakes: int, right: int, wrong: int) -> tuple[Outcome]:
    """All is over."""
    return (Outcome(1.0, OVER, ("finish",), end(mistakes, right, wrong)),)


@cache
def f05(mistakes: int, right: int, wrong: int) -> float:
    """F0.5 of the changes made so far."""
    return f_beta(right, wrong, mistakes - right)


@cache
def payment(mistakes: int, right: int, wrong: int, right_after: int, wrong_after: int) -> Payoff:
    """What a decision earns: the change of F0.5, of the right and of the wrong changes."""
    change = f05(mistakes, right_after, wrong_after) - f05(mistakes, right, wrong)
    return TERMS.earn(f05=change, right=right_after - right, wrong=wrong - wrong_after)


@cache
def end(mistakes: int, right: int, wrong: int) -> Payoff:
    """What finishing earns: nothing; the metrics tell how it went."""
    score = f05(mistakes, right, wrong)
    return TERMS.earn(ends=True, metrics={"success": score == 1.0, "f05": score})
