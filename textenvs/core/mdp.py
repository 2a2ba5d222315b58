"""A text task as a pure decision process: the base classes of tasks, and nothing of Gymnasium."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from textenvs.core.acts import Acts
from textenvs.core.observation import Observation, Values
from textenvs.core.terms import NOTHING, Payoff, Terms
from textenvs.text.phrases import phrases_beside

if TYPE_CHECKING:
    from typing import Self

__all__ = ["SPLITS", "Event", "Features", "Outcome", "Payoff", "Process", "Split", "State", "Task", "Terms", "Written"]

Split = str
SPLITS: tuple[Split, ...] = ("train", "test")
State = Hashable
S = TypeVar("S", bound=Hashable)
Event = Any
Features = NDArray[np.float32]


class Outcome(NamedTuple):
    """One of the things that may happen next.

    Attributes:
        probability: In (0, 1]; the outcomes of an act sum to 1.
        state: The next state: what an agent can know now.
        event: What the other side said or did, as it was understood. Given state, action and next state it tells
            nothing more about what is hidden.
        payoff: What it earns, made by `Terms.earn`; nothing by default. That of a first state is ignored.
    """

    probability: float
    state: State
    event: Event
    payoff: Payoff = NOTHING


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


class Process(ABC, Generic[S]):
    """The dynamics of one scenario. States are hashable and hold what an agent can know, no more.

    Attributes:
        shown: What is shown at reset and tells the scenario from all others of its split: a question, a draft; the
            empty string where there is only one.
        state_types: The classes that states are made of, dataclasses and named tuples, so that compiled tables can be
            cached on disk; empty where they are plain tuples, strings and numbers.
        terms: The task's reward terms, for the default of `timeout`.
        acts: The task's acts, for the default of `sentence`.
        observation: The task's observation, for the defaults of `discrete` and `features`.
    """

    shown: str = ""
    state_types: tuple[type, ...] = ()
    terms: Terms
    acts: Acts
    observation: Observation

    @abstractmethod
    def initial(self) -> Sequence[Outcome]:
        """The distribution of the first state. Nothing is earned by it."""

    @abstractmethod
    def transitions(self, state: S, action: int) -> Sequence[Outcome]:
        """The exact distribution of what follows a legal action, given what is known."""

    @abstractmethod
    def legal(self, state: S) -> Sequence[bool]:
        """Which actions are possible, by the rules; at least one is, in an ended state too."""

    def timeout(self, state: S) -> Payoff:
        """What is earned on top when the last turn has passed and the episode has not ended by itself.

        By default nothing, and all metrics are 0.
        """
        return self.terms.earn(ends=True)

    def observe(self, state: S) -> Values:
        """What can be observed: the value of each field of `observation` by its name."""
        raise NotImplementedError(f"{type(self).__name__} has an observation and no method `observe`: define it")

    def discrete(self, state: S) -> int:
        """The state as a number in `[0, task.n_observations)`, for agents with a table."""
        return self.observation.discrete(self.observe(state))

    def features(self, state: S) -> Sequence[float]:
        """The state as `task.feature_names` numbers in [0, 1], for agents with a network."""
        return self.observation.features(self.observe(state))

    def sentence(self, state: S, action: int) -> str:
        """What the agent says when it takes a legal action; it is not asked for others. By default that of `acts`."""
        return self.acts.sentences[action]

    def choices(self, state: S) -> Sequence[str]:
        """The sentence of each action; the empty string where the action is impossible."""
        return [self.sentence(state, action) if legal else "" for action, legal in enumerate(self.legal(state))]

    @abstractmethod
    def note(self, state: S) -> str:
        """What was understood so far, in words. With the history of texts it determines the state."""

    @abstractmethod
    def say(self, event: Event, draw: int) -> str:
        """The event in words; `draw` is 64 random bits that choose among the wordings."""

    def written(self, state: S, action: int, outcome: Outcome) -> Written | None:
        """The text that an act has brought forth, for measures of texts; None if there is none."""
        return None

    def submit(self, state: S, text: str) -> tuple[Outcome, Written]:
        """The outcome of a whole text as the act, with that text; only where the task says `writes_text`."""
        raise NotImplementedError(f"{type(self).__name__} takes no whole texts: define `submit`")


class Task(ABC):
    """A family of scenarios that share actions, horizon and observation spaces. Tasks are told apart by identity.

    Attributes:
        acts: The acts; `action_names` and `cues` come from them.
        action_names: A short name for each action.
        cues: For each action, words that people use when they mean it (for `action_type="text"`).
        horizon: Number of turns; the last one terminates the episode.
        terms: Reward terms with their default weights, and the metrics; one term is called "invalid".
        rewards: Named weights of the terms, which can be given by their name as `reward`.
        observation: What can be observed; `n_observations` and `feature_names` come from it.
        n_observations: Size of the discrete observation.
        feature_names: Name of each feature.
        partner: Who speaks to the agent, for transcripts: "User".
        max_length: Upper bound on the length of a text observation, in characters.
        instructions: What a person or a language model must know to play: rules and aim.
        text_instructions: The same where the whole text is the act; None elsewhere.
        writes_text: Whether with `action_type="text"` the text itself is the act, and not one of the choices in other
            words: then `Process.submit` takes it.
        texts: What measures of texts find where acts bring forth a text (`Process.written`): "text", and perhaps
            "references" and the "source" that was rewritten.
        optimum: What the solver's optimum is: "exact" (an agent that sees the text can reach it) or "bound" (it takes
            an answer that is hidden from every agent; none can exceed it).
        tone: Phrases by which scripted judges know a reply that agrees with the other side ("agrees", wherever they
            stand), states something ("sure", at its beginning) or admits that something is not known ("unsure"). By
            default those of `[tone]` in the phrases beside the task; where there are none, every reply is neutral.
        compilable: Whether the states of a scenario are few enough for compiled tables.
    """

    acts: Acts
    horizon: int
    terms: Terms
    rewards: Mapping[str, Mapping[str, float]] = {}
    observation: Observation
    partner: str = "World"
    max_length: int = 1000
    instructions: str
    text_instructions: str | None = None
    writes_text: bool = False
    texts: tuple[str, ...] = ()
    optimum: str = "exact"
    compilable: bool = True

    @cached_property
    def action_names(self) -> tuple[str, ...]:
        """A short name for each action."""
        return self.acts.names

    @cached_property
    def cues(self) -> tuple[tuple[str, ...], ...]:
        """For each action, words that people use when they mean it."""
        return self.acts.cues

    @cached_property
    def n_observations(self) -> int:
        """Size of the discrete observation."""
        return self.observation.size

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each feature."""
        return self.observation.feature_names

    @cached_property
    def tone(self) -> Mapping[str, Sequence[str]]:
        """By which phrases scripted judges know how a reply sounds."""
        phrases = phrases_beside(type(self))
        return phrases.tone if phrases else {}

    @cached_property
    def n_actions(self) -> int:
        """Number of actions."""
        return len(self.action_names)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics of an episode, `success` among them."""
        return self.terms.metrics

    @cached_property
    def invalid(self) -> Payoff:
        """What an impossible act earns: it costs its turn and changes nothing. By default -1 in the term "invalid"."""
        if "invalid" not in self.terms:
            raise ValueError(
                f'the reward terms {", ".join(self.terms)} lack "invalid", the cost of an impossible act: add it'
            )
        return self.terms.earn(invalid=-1.0)

    def n_scenarios(self, split: Split) -> int:
        """How many scenarios the split has; one by default."""
        return 1

    @abstractmethod
    def scenario(self, split: Split, index: int) -> Process[Any]:
        """One scenario: what is shown at reset, with its dynamics."""

    def with_text(self) -> Self:
        """The same task with states that tell the text, where the others do not hold enough of it."""
        return self

    def compiled(self, split: Split, index: int) -> Any:
        """The `Tables` of a scenario, where the task has them already; None where they are to be compiled."""
        return None
