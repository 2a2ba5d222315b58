"""A process unfolded on demand: each row is computed when it is first met, and remembered.

The single environment plays on a graph, so that `make` compiles nothing; a compiled table is a graph unfolded to
its end. Graphs are shared by all environments of a process.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from textenvs.core.chance import alias_of
from textenvs.core.mdp import Features, Outcome, State, Task, TextMDP
from textenvs.core.payoffs import Payoffs


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
        self.payoffs = [graph.payoffs.number(outcome.payoff) for outcome in outcomes]
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
        self.payoffs = Payoffs([task.invalid])
        self._nodes: dict[State, Node] = {}
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

    def timeout(self, node: Node) -> int:
        """The index of what a last turn in this state earns on top."""
        return self.payoffs.number(self.process.timeout(node.state))

    def unfold(self, node: Node, action: int) -> Row:
        """The row of an action."""
        if node.legal[action]:
            return Row(self, self.process.transitions(node.state, action), (action, node.state))
        return self.refusal(node)

    def refusal(self, node: Node) -> Row:
        """The row of an act that is not possible or not understood: it changes nothing and earns `task.invalid`."""
        return Row(self, (Outcome(1.0, node.state, None, self.task.invalid),), "a refusal")
