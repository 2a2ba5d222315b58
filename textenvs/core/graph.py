"""A process unfolded on demand: each row is computed when it is first met, and remembered.

The single environment plays on a graph, so that `make` compiles nothing; a compiled table is a graph unfolded to
its end. Graphs are shared by all environments of a process.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from sys import intern
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textenvs.core.chance import UNIT, alias_of
from textenvs.core.mdp import Event, Features, Outcome, Process, State, Task
from textenvs.core.payoffs import Payoffs, check_end
from textenvs.core.transcript import Transcript

Drawn = tuple["Node", int, Event]
"""An outcome: the next node, the index of its payoff in `Graph.payoffs`, and what was said."""


Priced = tuple[float, float, bool, dict[str, float] | None]
"""Reward, reward for each turn left, end, and the amounts of the terms if turns left do not count."""


class Row:
    """The outcomes of one action in one state, as an alias table.

    Attributes:
        count: Number of outcomes.
        outcomes: The outcomes; with the event None for an act that was not possible.
    """

    __slots__ = ("_alias", "_threshold", "count", "outcomes")

    def __init__(self, graph: Graph, outcomes: Sequence[Outcome], where: str | tuple[int, State]) -> None:
        self.count = len(outcomes)
        threshold, alias = alias_of([outcome.probability for outcome in outcomes], where)
        self._threshold, self._alias = tuple(threshold), tuple(alias)
        known, number = len(graph.payoffs), graph.payoffs.number
        self.outcomes: tuple[Drawn, ...] = tuple(
            (graph.node(outcome.state), number(outcome.payoff), graph.event(outcome.event)) for outcome in outcomes
        )
        graph.size.total += len(graph.payoffs) - known

    def draw(self, bits: int) -> Drawn:
        """The outcome that 64 random bits fall on."""
        x = (bits >> 11) * UNIT * self.count
        i = int(x)
        return self.outcomes[i if x - i < self._threshold[i] else self._alias[i]]


class Node:
    """A state and what is known of it, each computed when it is first asked for.

    Attributes:
        graph: The graph that it belongs to.
        state: The state.
        legal: Which actions are possible.
        mask: The same as an int8 array, to be copied.
        rows: The row of each action, None until it is unfolded.
        choices: The sentence of each action, "" where it is impossible.
        note: What was understood so far.
        discrete: The discrete observation.
        features: float32 array of the task's features and a last place for the turn, to be copied.
    """

    __slots__ = ("choices", "discrete", "features", "graph", "legal", "mask", "note", "rows", "state")

    legal: tuple[bool, ...]
    mask: NDArray[np.int8]
    rows: list[Row | None]
    choices: tuple[str, ...]
    note: str
    discrete: int
    features: Features

    def __init__(self, graph: Graph, state: State) -> None:
        self.graph = graph
        self.state = state

    def __getattr__(self, name: str) -> Any:
        """Computes what is asked for the first time."""
        if name not in Node.__annotations__:
            raise AttributeError(name)
        value = self._compute(name, self.graph.process)
        setattr(self, name, value)
        return value

    def _compute(self, name: str, process: Process[Any]) -> Any:
        match name:
            case "legal":
                return tuple(bool(legal) for legal in process.legal(self.state))
            case "mask":
                return _mask(self.legal)
            case "rows":
                return [None] * len(self.legal)
            case "choices":
                return tuple(map(intern, process.choices(self.state)))
            case "note":
                return process.note(self.state)
            case "discrete":
                return process.discrete(self.state)
            case _:
                return np.array([*process.features(self.state), 0.0], np.float32)

    def row(self, action: int) -> Row:
        """The row of an action, unfolded at first use."""
        row = self.rows[action]
        if row is None:
            row = self.rows[action] = self.graph.unfold(self, action)
        return row


@cache
def _mask(legal: tuple[bool, ...]) -> NDArray[np.int8]:
    """One array for all nodes that allow the same: it is at hand when it is to be copied."""
    return np.array(legal, np.int8)


class Size:
    """The number of states and payoffs that one or several graphs hold together.

    Attributes:
        total: The number, kept up to date by the graphs as they grow.
    """

    __slots__ = ("total",)

    def __init__(self) -> None:
        self.total = 0


class Graph:
    """All that has been met of one scenario.

    Attributes:
        task: The task.
        process: The scenario.
        size: Where the graph adds up what it meets. Several graphs may share one.
        transcript: Puts what happens into words.
        payoffs: The payoffs met.
    """

    def __init__(self, task: Task, process: Process[Any], size: Size | None = None) -> None:
        self.task = task
        self.process = process
        self.size = size or Size()
        self.transcript = Transcript(task, process)
        self.payoffs = Payoffs([task.invalid])
        self._weights: tuple[float, ...] | None = None
        self._priced: list[Priced] = []
        self._nodes: dict[State, Node] = {}
        self._events: dict[Event, Event] = {}
        self._initial: Row | None = None
        self.size.total += len(self)

    def __len__(self) -> int:
        """Number of states and payoffs met."""
        return len(self._nodes) + len(self.payoffs)

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
            self.size.total += 1
        return node

    def detach(self) -> None:
        """Takes the graph out of the size that it shares with others."""
        self.size.total -= len(self)
        self.size = Size()
        self.size.total = len(self)

    def priced(self, weights: tuple[float, ...]) -> list[Priced]:
        """What the payoffs come to under the weights of the reward terms; the caller appends new ones.

        One list is kept, of the weights that were last asked for.
        """
        if weights != self._weights:
            self._weights, self._priced = weights, []
        return self._priced

    def event(self, event: Event) -> Event:
        """One object for all events that are equal: it is at hand when it is to be put into words."""
        return self._events.setdefault(event, event)

    def timeout(self, node: Node) -> int:
        """The index of what a last turn in this state earns on top."""
        known = len(self.payoffs)
        number = self.payoffs.number(check_end(self.process.timeout(node.state), node.state))
        self.size.total += len(self.payoffs) - known
        return number

    def unfold(self, node: Node, action: int) -> Row:
        """The row of an action."""
        if node.legal[action]:
            return Row(self, self.process.transitions(node.state, action), (action, node.state))
        return self.refusal(node)

    def refusal(self, node: Node) -> Row:
        """The row of an act that is not possible or not understood: it changes nothing and earns `task.invalid`."""
        return Row(self, (Outcome(1.0, node.state, None, self.task.invalid),), "a refusal")
