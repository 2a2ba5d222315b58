"""A process compiled to packed arrays, and the arena in which the arrays of many scenarios lie side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textenvs.core.chance import alias_of
from textenvs.core.graph import Node
from textenvs.core.mdp import Event, Outcome, Payoff, Process, State, Task
from textenvs.core.payoffs import Payoffs, check_end

MEMORY_BUDGET = 200 * 2**20
"""Bytes of tables that an arena holds at a time."""


@dataclass(frozen=True, eq=False)
class Tables:
    """One scenario as compressed rows.

    Row `state * n_actions + action` has the outcomes `start[row] : start[row] + count[row]`; `count` is 0 where the
    action is illegal, and in states in which nobody acts. The last row, number `n_states * n_actions`, holds the first
    states.

    Attributes:
        n_states: Number of states.
        n_actions: Number of actions.
        states: The states, in the order in which a breadth-first search meets them.
        events: The distinct events.
        payoffs: The distinct payoffs; number 0 is `task.invalid`.
        start: (rows,) int32, first outcome.
        count: (rows,) int32, number of outcomes.
        probability: (outcomes,) float64.
        threshold: (outcomes,) float64, alias thresholds.
        alias: (outcomes,) int32, aliases, relative to the row.
        next: (outcomes,) int32, next state.
        payoff: (outcomes,) int32, index into `payoffs`.
        event: (outcomes,) int32, index into `events`.
        discrete: (states,) int64, the discrete observation.
        features: (states, features + 1) float32; the last column is the turn's place.
        mask: (states, actions) int8, 1 where legal.
        timeout: (states,) int32, index of the payoff of a last turn.
    """

    n_states: int
    n_actions: int
    states: list[State]
    events: list[Event]
    payoffs: list[Payoff]
    start: NDArray[np.int32]
    count: NDArray[np.int32]
    probability: NDArray[np.float64]
    threshold: NDArray[np.float64]
    alias: NDArray[np.int32]
    next: NDArray[np.int32]
    payoff: NDArray[np.int32]
    event: NDArray[np.int32]
    discrete: NDArray[np.int64]
    features: NDArray[np.float32]
    mask: NDArray[np.int8]
    timeout: NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """Size of the arrays in bytes."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    @property
    def n_outcomes(self) -> int:
        """Number of stored outcomes."""
        return len(self.next)


class _Packer:
    """Unfolds a process breadth first, and packs its rows as they are met.

    Probabilities, thresholds and aliases are kept of the outcomes that are left to chance alone, whose numbers are
    `drawn`.
    """

    def __init__(self, task: Task, process: Process[Any]) -> None:
        self.process = process
        self.n_actions = task.n_actions
        self.states: list[State] = []
        self.masks: list[Sequence[bool]] = []
        self.events: dict[Event, int] = {}
        self.payoffs = Payoffs([task.invalid])
        self.rows: list[int] = []
        self.count: list[int] = []
        self.drawn: list[int] = []
        self.probability: list[float] = []
        self.threshold: list[float] = []
        self.alias: list[int] = []
        self.next: list[int] = []
        self.payoff: list[int] = []
        self.event: list[int] = []
        self._index: dict[State, int] = {}
        self._unfold(task.horizon)

    def _unfold(self, horizon: int) -> None:
        """All states that can be acted in get rows; ended ones, and those first met when the time is up, get none."""
        first = self.process.initial()
        self._pack(-1, first, "the start", {})
        alive = dict.fromkeys(sorted(self._index[outcome.state] for outcome in first))
        acted: set[int] = set()
        for _ in range(horizon):
            following: dict[int, None] = {}
            for position in alive:
                acted.add(position)
                state, legal = self.states[position], self.masks[position]
                if not any(legal):
                    raise ValueError(f"no action is legal in state {state!r}; allow at least one")
                row = position * self.n_actions
                for action, possible in enumerate(legal):
                    if possible:
                        outcomes = self.process.transitions(state, action)
                        self._pack(row + action, outcomes, (action, state), following)
            alive = {position: None for position in following if position not in acted}

    def _legal(self, state: State) -> Sequence[bool]:
        legal = tuple(map(bool, self.process.legal(state)))
        if len(legal) != self.n_actions:
            raise ValueError(
                f"`legal` of the state {state!r} has {len(legal)} entries, and there are {self.n_actions} actions"
            )
        return legal

    def _pack(
        self, row: int, outcomes: Sequence[Outcome], where: str | tuple[int, State], following: dict[int, None]
    ) -> None:
        """Packs a row, and notes the states in which the game goes on."""
        self.rows.append(row)
        self.count.append(len(outcomes))
        if len(outcomes) != 1 or outcomes[0].probability != 1.0:
            probability = [outcome.probability for outcome in outcomes]
            threshold, alias = alias_of(probability, where)
            self.drawn += range(len(self.next), len(self.next) + len(outcomes))
            self.probability += probability
            self.threshold += threshold
            self.alias += alias
        for _, state, event, payoff in outcomes:
            position = self._index.get(state)
            if position is None:
                position = self._index[state] = len(self.states)
                self.states.append(state)
                self.masks.append(self._legal(state))
            self.next.append(position)
            self.payoff.append(self.payoffs.number(payoff))
            self.event.append(self.events.setdefault(event, len(self.events)))
            if not payoff.terminated:
                following[position] = None


def compile_tables(task: Task, process: Process[Any]) -> Tables:
    """Unfolds a process from its first states to its end and packs it.

    Raises:
        ValueError: If the probabilities of a row do not sum to 1, a state has no legal action, or features have
            another number than names.
    """
    packed = _Packer(task, process)
    states, payoffs = packed.states, packed.payoffs
    timeout = [payoffs.number(check_end(process.timeout(state), state)) for state in states]
    n_rows = len(states) * task.n_actions + 1
    rows = np.array(packed.rows) % n_rows
    count = np.zeros(n_rows, np.int32)
    count[rows] = packed.count
    order = np.argsort(np.repeat(rows, packed.count), kind="stable")
    probability = np.ones(len(order))
    threshold = np.ones(len(order))
    alias = np.zeros(len(order), np.int32)
    probability[packed.drawn], threshold[packed.drawn] = packed.probability, packed.threshold
    alias[packed.drawn] = packed.alias
    return Tables(
        n_states=len(states),
        n_actions=task.n_actions,
        states=states,
        events=list(packed.events),
        payoffs=list(payoffs),
        start=(np.cumsum(count) - count).astype(np.int32),
        count=count,
        probability=probability[order],
        threshold=threshold[order],
        alias=alias[order],
        next=np.array(packed.next, np.int32)[order],
        payoff=np.array(packed.payoff, np.int32)[order],
        event=np.array(packed.event, np.int32)[order],
        discrete=np.array([process.discrete(state) for state in states], np.int64),
        features=_features(task, process, states),
        mask=np.array(packed.masks, np.int8),
        timeout=np.array(timeout, np.int32),
    )


def _features(task: Task, process: Process[Any], states: list[State]) -> NDArray[np.float32]:
    """The features of all states, with a last column for the turn."""
    features = np.zeros((len(states), len(task.feature_names) + 1), np.float32)
    rows = [process.features(state) for state in states]
    for state, row in zip(states, rows, strict=True):
        if len(row) != len(task.feature_names):
            raise ValueError(
                f"features of state {state!r} are {len(row)} long, feature_names names {len(task.feature_names)}: "
                "make them agree"
            )
    features[:, :-1] = rows
    return features


@dataclass
class Block:
    """Where the tables of one scenario lie in an arena, and the nodes of its states that were put into words."""

    tables: Tables
    row: int
    outcome: int
    state: int
    used: int
    nodes: dict[int, Node] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        """All but the nodes, which are found again."""
        return {**self.__dict__, "nodes": {}}


class Arena:
    """Tables of many scenarios in one set of arrays, compiled at first use and evicted under a memory budget.

    A row of a batch knows its scenario's offsets; all numbers inside a block are relative to it, so that a block can
    be moved. Payoffs are shared by all blocks.

    Its arrays have the names of those of `Tables`.

    Args:
        task: The task.
        compile_scenario: Gives the tables of a scenario.
        memory_budget: Bytes of tables held at a time. What live episodes need is kept even above it.
    """

    ROW = ("start", "count")
    OUTCOME = ("threshold", "alias", "next", "payoff", "event")
    STATE = ("discrete", "features", "mask", "timeout")
    NOTHING, INVALID = range(2)
    """Numbers of the payoff of a reset and of an impossible act."""

    start: NDArray[np.int32]
    count: NDArray[np.int32]
    threshold: NDArray[np.float64]
    alias: NDArray[np.int32]
    next: NDArray[np.int32]
    payoff: NDArray[np.int32]
    event: NDArray[np.int32]
    discrete: NDArray[np.int64]
    features: NDArray[np.float32]
    mask: NDArray[np.int8]
    timeout: NDArray[np.int32]

    def __init__(
        self, task: Task, compile_scenario: Callable[[int], Tables], memory_budget: int = MEMORY_BUDGET
    ) -> None:
        self._compile = compile_scenario
        self._budget = memory_budget
        self._clock = 0
        self.blocks: dict[int, Block] = {}
        self.payoffs = Payoffs([task.terms.earn(), task.invalid])
        self.compilations = 0
        self._fill: dict[str, int] = {}

    @property
    def nbytes(self) -> int:
        """Bytes held: each scenario's own tables and their copy in the arena."""
        return sum(2 * block.tables.nbytes for block in self.blocks.values())

    def acquire(self, scenario: int, live: set[int]) -> tuple[Block, bool]:
        """The block of a scenario, compiled if it is not held.

        Args:
            scenario: Its number.
            live: Scenarios that must stay.

        Returns:
            The block, and whether other blocks have moved (their offsets must then be read again).
        """
        self._clock += 1
        block = self.blocks.get(scenario)
        moved = False
        if block is None:
            tables = self._compile(scenario)
            self.compilations += 1
            moved = self._make_room(2 * tables.nbytes, live)
            block = self.blocks[scenario] = self._append(tables)
        block.used = self._clock
        return block, moved

    def _make_room(self, nbytes: int, live: set[int]) -> bool:
        """Evicts the blocks that were used longest ago, down to half of the budget, when the new one does not fit."""
        held = self.nbytes
        if held + nbytes <= self._budget:
            return False
        idle = sorted((k for k in self.blocks if k not in live), key=lambda k: self.blocks[k].used)
        evicted = False
        for k in idle:
            if held + nbytes <= self._budget // 2:
                break
            held -= 2 * self.blocks.pop(k).tables.nbytes
            evicted = True
        if evicted:
            kept = self.blocks
            self.blocks, self._fill = {}, {}
            for k, block in kept.items():
                self.blocks[k] = self._append(block.tables)
                self.blocks[k].used, self.blocks[k].nodes = block.used, block.nodes
        return evicted

    def _append(self, tables: Tables) -> Block:
        """Copies tables to the end of the arrays."""
        remap = np.array([self.payoffs.number(payoff) for payoff in tables.payoffs], dtype=np.int32)
        offsets = {}
        for group in (self.ROW, self.OUTCOME, self.STATE):
            for name in group:
                values = getattr(tables, name)
                if name in ("payoff", "timeout"):
                    values = remap[values]
                offsets[group] = self._extend(name, values)
        return Block(tables, offsets[self.ROW], offsets[self.OUTCOME], offsets[self.STATE], self._clock)

    def _extend(self, name: str, values: NDArray[Any]) -> int:
        """Appends to an array that grows by doubling; returns where the values begin."""
        begin = self._fill.get(name, 0)
        end = begin + len(values)
        store = values.copy() if begin == 0 else getattr(self, name)
        if end > len(store):
            grown = np.empty((max(end, 2 * len(store)), *store.shape[1:]), store.dtype)
            grown[:begin] = store[:begin]
            store = grown
        store[begin:end] = values
        setattr(self, name, store)
        self._fill[name] = end
        return begin
