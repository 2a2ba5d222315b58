"""A text task as a pure decision process: what a task must say, and nothing of Gymnasium."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Split = str
SPLITS: tuple[Split, ...] = ("train", "test")
State = Hashable
Event = Any
Features = NDArray[np.float32]


class Payoff(NamedTuple):
    """What an outcome earns.

    The amount of term *j* is `terms[j] + per_turn_left[j] * turns_left`, where `turns_left` counts the turns
    that remain after this one. An empty `per_turn_left` means zeros.

    Attributes:
        terms: Amounts, one for each of the task's reward terms, in the task's order.
        per_turn_left: Amounts for each turn that is left when the outcome happens.
        terminated: Whether the episode ends.
        metrics: Values of the task's metrics, in the task's order; empty unless the episode ends.
    """

    terms: tuple[float, ...]
    per_turn_left: tuple[float, ...] = ()
    terminated: bool = False
    metrics: tuple[float, ...] = ()


class Outcome(NamedTuple):
    """One of the things that may happen next.

    Attributes:
        probability: In (0, 1]; the outcomes of an act sum to 1.
        state: The next state: what an agent can know now.
        event: What the other side said or did, as it was understood. Given state, action and next state it tells
            nothing more about what is hidden.
        payoff: What it earns.
    """

    probability: float
    state: State
    event: Event
    payoff: Payoff


class Written(NamedTuple):
    """A text that an act has brought forth, to be scored by measures of texts.

    Attributes:
        text: The text.
        references: What it might say at best; empty where that is not known.
        source: The text that was rewritten; None where there was none.
        before: The text as it stood before the act, whose score is taken off; None where the act wrote all of it.
    """

    text: str
    references: tuple[str, ...] = ()
    source: str | None = None
    before: str | None = None


class TextMDP(Protocol):
    """The dynamics of one scenario. States are hashable and hold what an agent can know, no more.

    A process may name the classes that its states are made of, dataclasses and named tuples, in an attribute
    `state_types`; then its compiled tables can be cached on disk.

    Attributes:
        shown: What is shown at reset and tells the scenario from all others of its split: a question, a draft; the
            empty string where there is only one.
    """

    shown: str

    def initial(self) -> Sequence[Outcome]:
        """The distribution of the first state. Its payoffs are ignored."""

    def transitions(self, state: State, action: int) -> Sequence[Outcome]:
        """The exact distribution of what follows a legal action, given what is known."""

    def legal(self, state: State) -> Sequence[bool]:
        """Which actions are physically possible; at least one is, in an ended state too."""

    def timeout(self, state: State) -> Payoff:
        """What is earned on top when the last turn has passed and the episode has not ended by itself."""

    def discrete(self, state: State) -> int:
        """The state as a number in `[0, task.n_observations)`, for agents with a table."""

    def features(self, state: State) -> Sequence[float]:
        """The state as `task.feature_names` numbers in [0, 1], for agents with a network."""

    def choices(self, state: State) -> Sequence[str]:
        """The sentence of each action; the empty string where the action is impossible."""

    def note(self, state: State) -> str:
        """What was understood so far, in words. With the history of texts it determines the state."""

    def say(self, event: Event, draw: int) -> str:
        """The event in words; `draw` is 64 random bits that choose among the wordings."""


@runtime_checkable
class Task(Protocol):
    """A family of scenarios that share actions, horizon and observation spaces.

    Attributes:
        n_actions: Number of actions.
        horizon: Number of turns; the last one terminates the episode.
        terms: Reward terms and their default weights, in the order of a payoff's amounts.
        metrics: Names of the metrics of an episode, `success` among them.
        invalid: What an illegal action earns: it costs its turn and changes nothing.
        action_names: A short name for each action.
        cues: For each action, words that people use when they mean it (for `action_type="text"`).
        n_observations: Size of the discrete observation.
        feature_names: Name of each feature.
        partner: Who speaks to the agent, for transcripts: "User".
        max_length: Upper bound on the length of a text observation, in characters.
        instructions: What a person or a language model must know to play: rules and aim.
        optimum: What the solver's optimum is: "exact" (an agent that sees the text can reach it) or "bound" (it takes
            an answer that is hidden from every agent; none can exceed it).

    A task of this package names the files of `textenvs.data` that it reads in an attribute `data_files`. A task may
    have `rewards`: named weights of its terms, which can be given by their name as `reward`.

    For measures of texts as reward terms it names what there is of the texts that its acts bring forth in `texts`:
    "text", and perhaps "references" and the "source" that was rewritten. Its processes then have a method
    `written(state, action, outcome)`, which gives the text as `Written`, or None if there is none. Where states do not
    hold enough to tell the text, a method `with_text()` of the task gives the same task with states that do.

    Where with `action_type="text"` the text itself is the act, and not one of the choices in other words, processes
    have a method `submit(state, text)`, which gives the outcome, and the text as `Written`; the task's
    `text_instructions` say what is asked.
    """

    n_actions: int
    horizon: int
    terms: Mapping[str, float]
    metrics: tuple[str, ...]
    invalid: Payoff
    action_names: tuple[str, ...]
    cues: tuple[tuple[str, ...], ...]
    n_observations: int
    feature_names: tuple[str, ...]
    partner: str
    max_length: int
    instructions: str
    optimum: str

    def __hash__(self) -> int:
        """Tasks are told apart by identity."""

    def n_scenarios(self, split: Split) -> int:
        """How many scenarios the split has."""

    def scenario(self, split: Split, index: int) -> TextMDP:
        """One scenario: what is shown at reset, with its dynamics."""
