"""Rewards put together: the weights of a task's own terms, and measures of the texts that its acts bring forth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np

from textenvs.core.mdp import Outcome, Payoff, Process, State, Task, Terms, Written
from textenvs.core.terms import NOTHING
from textenvs.errors import unknown
from textenvs.rewards import MEASURES, find_measure

MOST_SCORES = 4096
"""Texts of a scenario whose scores are remembered."""
Reward = Mapping[str, float] | str | None
"""Weights by term, the name of weights that a task has, or None for its own."""


def compose(task: Task, reward: Reward) -> tuple[Task, dict[str, float]]:
    """A task under a reward, and the weight of each of its terms.

    Args:
        task: The task.
        reward: Weights that replace the task's own, or the name of such weights. A measure of `textenvs.rewards` is a
            further term, on tasks whose acts bring forth a text.

    Returns:
        The task, with the further terms if there are any, and the weights in the order of its terms.

    Raises:
        ValueError: For a term that the task cannot give; the message lists those that it can.
    """
    weights = check_weights(task, named(task, reward))
    measures = tuple(sorted(term for term in weights if term not in task.terms))
    composed = task if not measures else _scored(task, measures)
    return composed, {term: weights.get(term, default) for term, default in composed.terms.items()}


def counted(task: Task, reward: Reward) -> Reward:
    """A reward without the measures of weight 0: these stand in `info`, and are worth nothing."""
    weights = check_weights(task, named(task, reward))
    return {term: weight for term, weight in weights.items() if weight or term in task.terms}


def named(task: Task, reward: Reward) -> Mapping[str, float]:
    """The weights that a reward gives."""
    if isinstance(reward, str):
        known = task.rewards
        if not known:
            raise ValueError(
                f"this task has no reward named {reward!r}: give weights by term, such as {_example(task)}"
            )
        if reward not in known:
            raise unknown("reward", reward, known)
        return known[reward]
    if reward is not None and not isinstance(reward, Mapping):
        raise ValueError(f"reward must give weights by term, such as {_example(task)}, got {reward!r}")
    return reward or {}


def _example(task: Task) -> str:
    return f"{{{next(iter(task.terms))!r}: 0.5}}"


def check_weights(task: Task, weights: Mapping[str, float]) -> dict[str, float]:
    """The weights, if the task can give all the terms and all of them are numbers."""
    known = [*task.terms, *text_terms(task)]
    given: Mapping[str, Any] = weights
    for term, weight in given.items():
        if term in MEASURES and term not in known:
            raise ValueError(f"the measure {term!r} needs {_lacking(task, term)}: the terms are {', '.join(known)}")
        if term not in known:
            raise unknown("reward term", term, known)
        if not is_number(weight):
            raise ValueError(f"the weight of {term!r} must be a number, got {weight!r}")
    return {term: float(weight) for term, weight in weights.items()}


def is_number(weight: object) -> bool:
    """Whether something is a finite number, of Python or numpy."""
    return isinstance(weight, (int, float, np.number)) and type(weight) is not bool and math.isfinite(weight)


def text_terms(task: Task) -> list[str]:
    """The measures that can be terms of a task's reward."""
    return [name for name in MEASURES if not _lacking(task, name)]


def _lacking(task: Task, name: str) -> str:
    """What a measure needs that the task's texts do not have; empty if nothing."""
    measure, texts = MEASURES[name], task.texts
    if "text" not in texts:
        return "a text, which no act of this task brings forth"
    if measure.needs_references and "references" not in texts:
        return "references, which the texts of this task do not have"
    if measure.needs_source and "source" not in texts:
        return "the text that was rewritten, which this task does not have"
    return ""


@lru_cache(maxsize=64)
def _scored(task: Task, measures: tuple[str, ...]) -> Task:
    return cast(Task, Scored(task, measures))


class Scored:
    """A task with measures of its texts as further reward terms; in all else it is the task itself.

    It is no `Task`, whose defaults would hide what the task itself says.

    Args:
        task: The task.
        measures: Names of measures.

    Attributes:
        compilable: False where the states must hold the text: then they are too many.
    """

    def __init__(self, task: Task, measures: tuple[str, ...]) -> None:
        self._task = task.with_text()
        self._measures = measures
        self.compilable = task.compilable and self._task is task
        self.terms = task.terms.plus(measures)
        self.invalid = _extend(task.invalid, (0.0,) * len(measures))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_task":
            raise AttributeError(name)
        return getattr(self._task, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return _scored, (self._task, self._measures)

    def scenario(self, split: str, index: int) -> ScoredProcess:
        """The process of a scenario."""
        return ScoredProcess(self._task.scenario(split, index), self._task.terms, self._measures)


class ScoredProcess:
    """A process whose payoffs hold the scores of its texts; in all else it is the process itself.

    Args:
        process: The process.
        terms: The terms of its payoffs.
        measures: Names of measures.
    """

    def __init__(self, process: Process[Any], terms: Terms, measures: tuple[str, ...]) -> None:
        self._process = process
        self._zero = (0.0,) * len(terms)
        self._measures = measures
        self._none = (0.0,) * len(measures)
        self._scores = lru_cache(MOST_SCORES)(self._measure)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_process":
            raise AttributeError(name)
        return getattr(self._process, name)

    def initial(self) -> Sequence[Outcome]:
        """As the process; nothing has been written."""
        return [outcome._replace(payoff=NOTHING) for outcome in self._process.initial()]

    def transitions(self, state: State, action: int) -> Sequence[Outcome]:
        """As the process, with the scores of what was written."""
        written = self._process.written
        return [
            self._extended(outcome, self._scores(written(state, action, outcome)))
            for outcome in self._process.transitions(state, action)
        ]

    def timeout(self, state: State) -> Payoff:
        """As the process; nothing more is written."""
        return _extend(self._process.timeout(state), self._none)

    def submit(self, state: State, text: str) -> tuple[Outcome, Written]:
        """As the process, with the scores of the text."""
        outcome, written = self._process.submit(state, text)
        return self._extended(outcome, self._measure(written)), written

    def _extended(self, outcome: Outcome, scores: tuple[float, ...]) -> Outcome:
        payoff = outcome.payoff if outcome.payoff.terms else outcome.payoff._replace(terms=self._zero)
        return outcome._replace(payoff=_extend(payoff, scores))

    def _measure(self, written: Written | None) -> tuple[float, ...]:
        """The measures of a text, less those of the text before it."""
        return self._none if written is None else tuple(_score(name, written) for name in self._measures)


def _score(name: str, written: Written) -> float:
    measure = find_measure(name)
    value = measure.score(written.text, written.references, written.source)
    if written.before is not None:
        value -= measure.score(written.before, written.references, written.source)
    return value


def _extend(payoff: Payoff, amounts: tuple[float, ...]) -> Payoff:
    left = payoff.per_turn_left
    return payoff._replace(terms=payoff.terms + amounts, per_turn_left=left and left + (0.0,) * len(amounts))
