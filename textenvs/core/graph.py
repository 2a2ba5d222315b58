"""A process unfolded on demand: each row is computed when it is first met, and remembered.

The single environment plays on a graph, so that `make` compiles nothing; a compiled table is a graph unfolded to
its end. Graphs are shared by all environments of a process.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from textenvs.core import chance
from textenvs.core.mdp import Event, Features, Outcome, Payoff, State, Task, TextMDP


class Row:
    """The outcomes of one action in one state, as an alias table.

    Attributes:
        count: Number of outcomes.
        threshold: Alias thresholds, `count` floats.
        alias: Aliases, `count` ints.
        nodes: The next node of each outcome.
        payoffs: Index of each outcome's payoff in `Graph.payoffs`.
        events: What was said, by outcome; None is an act that was not possible.
        probability: The exact probabilities.
    """

    __slots__ = ("alias", "count", "events", "nodes", "payoffs", "probability", "threshold")

    def __init__(self, graph: Graph, outcomes: Sequence[Outcome], where: str | tuple[int, State]) -> None:
        self.count = len(outcomes)
        self.probability = [outcome.probability for outcome in outcomes]
        self.threshold, self.alias = alias_of(self.probability, where)
        self.nodes = [graph.node(outcome.state) for outcome in outcomes]
        self.payoffs = [graph.payoff(outcome.payoff) for outcome in outcomes]
        self.events = [outcome.event for outcome in outcomes]

    def draw(self, u: float) -> int:
        """The outcome that `u` in [0, 1) falls on."""
        x = u * self.count
        i = int(x)
        return i if x - i < self.threshold[i] else self.alias[i]


class Node:
    """A state and what is known of it: legal actions, rows, and how it looks.

    Attributes:
        state: The state.
        mask: int8 array, 1 where an action is legal; to be copied. None until `look`.
        rows: The row of each action, None until it is unfolded.
        discrete: The discrete observation.
    """

    __slots__ = ("_choices", "_features", "_note", "discrete", "graph", "legal", "mask", "rows", "state")

    def __init__(self, graph: Graph, state: State) -> None:
        self.graph = graph
        self.state = state
        self.mask: NDArray[np.int8] | None = None
        self._choices: tuple[str, ...] | None = None
        self._note: str | None = None
        self._features: Features | None = None

    def look(self) -> NDArray[np.int8]:
        """Computes what `mask`, `rows` and `discrete` hold, when the node is first come to; returns the mask."""
        process = self.graph.process
        self.legal = tuple(bool(legal) for legal in process.legal(self.state))
        self.rows: list[Row | None] = [None] * len(self.legal)
        self.discrete = process.discrete(self.state)
        self.mask = np.array(self.legal, dtype=np.int8)
        return self.mask

    def row(self, action: int) -> Row:
        """The row of an action, unfolded at first use."""
        row = self.rows[action]
        if row is None:
            row = self.rows[action] = self.graph.unfold(self, action)
        return row

    @property
    def choices(self) -> tuple[str, ...]:
        """The sentence of each action, "" where it is impossible."""
        if self._choices is None:
            self._choices = tuple(self.graph.process.choices(self.state))
        return self._choices

    @property
    def note(self) -> str:
        """What was understood so far."""
        if self._note is None:
            self._note = self.graph.process.note(self.state)
        return self._note

    @property
    def features(self) -> Features:
        """float32 array of the task's features and a last place for the turn, to be copied."""
        if self._features is None:
            self._features = np.array([*self.graph.process.features(self.state), 0.0], dtype=np.float32)
        return self._features


class Graph:
    """All that has been met of one scenario."""

    def __init__(self, task: Task, process: TextMDP) -> None:
        self.task = task
        self.process = process
        self.payoffs: list[Payoff] = []
        self._payoff_ids: dict[Payoff, int] = {}
        self._nodes: dict[State, Node] = {}
        self.invalid = self.payoff(task.invalid)
        self._initial: Row | None = None

    def __len__(self) -> int:
        """Number of states met."""
        return len(self._nodes)

    @property
    def initial(self) -> Row:
        """The row of first states."""
        if self._initial is None:
            self._initial = Row(self, self.process.initial(), "the start")
        return self._initial

    def node(self, state: State) -> Node:
        """The node of a state, made at first use."""
        node = self._nodes.get(state)
        if node is None:
            node = self._nodes[state] = Node(self, state)
        return node

    def payoff(self, payoff: Payoff) -> int:
        """The index of a payoff in `payoffs`."""
        index = self._payoff_ids.get(payoff)
        if index is None:
            index = self._payoff_ids[payoff] = len(self.payoffs)
            self.payoffs.append(payoff)
        return index

    def timeout(self, node: Node) -> int:
        """The index of what a last turn in this state earns on top."""
        return self.payoff(self.process.timeout(node.state))

    def unfold(self, node: Node, action: int) -> Row:
        """The row of an action."""
        if node.legal[action]:
            return Row(self, self.process.transitions(node.state, action), (action, node.state))
        return self.refusal(node)

    def refusal(self, node: Node) -> Row:
        """The row of an act that is not possible or not understood: it changes nothing and earns `task.invalid`."""
        return Row(self, (Outcome(1.0, node.state, None, self.task.invalid),), "a refusal")


def alias_of(probability: list[float], where: str | tuple[int, State]) -> tuple[list[float], list[int]]:
    """The alias table of the outcomes of a row, whose probabilities are checked.

    Args:
        probability: Of each outcome.
        where: For the message: "the start", or action and state.

    Raises:
        ValueError: If the probabilities are not positive, or do not sum to 1.
    """
    if probability == [1.0]:
        return probability, [0]
    if not (probability and min(probability) > 0.0 and abs(math.fsum(probability) - 1.0) <= 1e-9):
        place = where if isinstance(where, str) else f"action {where[0]} in {where[1]!r}"
        raise ValueError(
            f"probabilities must be positive and sum to 1: {place} has {len(probability)} outcomes that sum to "
            f"{math.fsum(probability)!r}"
        )
    return chance.alias_table(probability)


def amounts(payoff: Payoff, n_terms: int, turns_left: int) -> tuple[float, ...]:
    """The amount of each reward term."""
    left = payoff.per_turn_left
    if not left:
        return payoff.terms
    return tuple(payoff.terms[j] + left[j] * turns_left for j in range(n_terms))


def price(payoff: Payoff, weights: tuple[float, ...]) -> tuple[float, float]:
    """The reward of a payoff and its reward for each turn left, under the weights of the terms."""
    left = payoff.per_turn_left or (0.0,) * len(weights)
    return (
        math.fsum(w * t for w, t in zip(weights, payoff.terms, strict=True)),
        math.fsum(w * t for w, t in zip(weights, left, strict=True)),
    )


def opening(partner: str, words: str, shown: str, note: str, horizon: int) -> str:
    """The text observation of a reset: what the partner says, what is shown, what is understood, and the turn.

    Args:
        partner: Who speaks to the agent.
        words: What they say.
        shown: What tells the scenario from others, if there is more than one.
        note: What was understood.
        horizon: Number of turns there are.
    """
    task = f"{shown}\n" if shown else ""
    return f"{partner}: {words}\n{task}[{note}]\n[Turn 0 of {horizon}]"


def exchange(partner: str, said: str, event: Event, words: str, note: str, turn: int, horizon: int) -> str:
    """A text observation: the latest exchange, what was understood so far, and the turn.

    Args:
        partner: Who speaks to the agent.
        said: The agent's sentence.
        event: What the partner did; None where the agent's act was not possible.
        words: The event in words.
        note: What was understood so far.
        turn: Number of turns taken.
        horizon: Number of turns there are.
    """
    tail = f"\n[{note}]\n[Turn {turn} of {horizon}]"
    if event is None:
        return f"You: {said or '...'}\n(That was not possible.){tail}"
    return f"You: {said}\n{partner}: {words}{tail}"
