"""What feedback is given on: scenarios with their tables, and what is truly wanted in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textenvs.core.composition import Reward, compose, counted
from textenvs.core.loading import check_split, load_tables
from textenvs.core.mdp import State, Task
from textenvs.core.payoffs import price
from textenvs.core.solve import Backup, Rewards, solve_tables
from textenvs.core.tables import Tables
from textenvs.feedback.style import measures_of
from textenvs.reference import Solved
from textenvs.registration import task_of

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Amounts:
    """What acts amount to on average, in each of several terms; laid out as `Rewards`, with an axis more.

    Attributes:
        now: (states, actions, terms).
        each_left: (states, actions, terms).
        timeout: (states, terms).
    """

    now: Array
    each_left: Array
    timeout: Array

    def weighted(self, weights: Array) -> Rewards:
        """Their weighted sum."""
        return Rewards(self.now @ weights, self.each_left @ weights, self.timeout @ weights)


class Scene:
    """One scenario, solved under the gold reward.

    Args:
        task: The task.
        split: The split.
        number: Number of the scenario in the split.
        weights: The gold weight of each reward term.

    Attributes:
        tables: The compiled scenario.
        solved: Its exact solution.
        backup: One-step look-ahead on the tables.
        legal: (states, actions) bool.
        optimal: Expected gold return of the optimal policy.
        random: The same of the uniform policy over legal actions.
        process: The scenario's process.
        rows: (outcomes of acts,) the number of the act, `state * n_actions + action`, of each outcome.
        ends: (outcomes,) bool, whether the episode ends with each.
    """

    def __init__(self, task: Task, split: str, number: int, weights: Mapping[str, float]) -> None:
        self.task, self.number = task, number
        self.tables: Tables = load_tables(task, split, number)
        self.weights = dict(weights)
        self.legal = self.tables.mask.astype(bool)
        self.process = task.scenario(split, number)
        self.solved = Solved(task, self.tables, solve_tables(task, self.tables, weights), weights)
        self.backup = Backup(self.tables, task.horizon)
        self.optimal, self.random = self.solved.solution.optimal, self.solved.solution.random
        self._measures = measures_of(task.tone)
        self._styles: dict[str, Array] = {}
        tables = self.tables
        self._n_rows = tables.n_states * tables.n_actions
        self._end = int(tables.start[self._n_rows])
        rows = np.repeat(np.arange(self._n_rows), tables.count[: self._n_rows])
        self._row_state, self._row_action = rows // tables.n_actions, rows % tables.n_actions
        self.rows = rows
        self.ends = np.array([payoff.terminated for payoff in tables.payoffs])[tables.payoff]
        self._continue = tables.probability[: self._end] * ~self.ends[: self._end]

    @property
    def horizon(self) -> int:
        """Number of turns."""
        return self.task.horizon

    @cached_property
    def uniform(self) -> Array:
        """(states, actions) the policy that takes every legal action alike."""
        mask = self.legal.astype(np.float64)
        uniform: Array = mask / np.maximum(mask.sum(axis=1, keepdims=True), 1.0)
        return uniform

    @cached_property
    def optimum(self) -> Array:
        """(horizon, states, actions) an optimal policy."""
        return np.eye(self.tables.n_actions)[self.solved.solution.policy]

    @cached_property
    def depth(self) -> NDArray[np.int64]:
        """(states,) the earliest turn at which each state is met; the horizon where none is."""
        met = self.occupancy(self.uniform) > 0
        return np.where(met.any(axis=0), met.argmax(axis=0), self.horizon)

    @cached_property
    def reached(self) -> NDArray[np.bool_]:
        """(states,) whether each state can be met."""
        return self.depth < self.horizon

    @cached_property
    def amounts(self) -> Amounts:
        """What each act amounts to on average in the task's reward terms."""
        payoffs, tables = self.tables.payoffs, self.tables
        now = np.array([payoff.terms for payoff in payoffs])
        left = np.array([payoff.per_turn_left or (0.0,) * now.shape[1] for payoff in payoffs])
        return Amounts(self._means(now), self._means(left), now[tables.timeout])

    def _means(self, of_payoffs: Array) -> Array:
        """The means over the outcomes of each act, (states, actions, terms)."""
        return np.stack([self.backup.mean(column[self.tables.payoff]) for column in of_payoffs.T], axis=-1)

    @cached_property
    def gold(self) -> Rewards:
        """The gold reward."""
        return self.backup.rewards(list(self.weights.values()))

    def worth(self, turn: int, state: int) -> Array:
        """(actions,) the gold value of each act at a turn, if all that follows is optimal; NaN if it is impossible."""
        return self.solved.action_values(turn, state)

    def occupancy(self, policy: Array) -> Array:
        """(horizon, states) the probability with which each state is met at each turn.

        Args:
            policy: (states, actions) or (horizon, states, actions) probabilities.
        """
        met = np.zeros((self.horizon, self.tables.n_states))
        met[0] = self.start()
        for turn in range(self.horizon - 1):
            met[turn + 1] = self.follow(met[turn], at(policy, turn))
        return met

    def start(self) -> Array:
        """(states,) the probability of each state at the start."""
        first = slice(int(self.tables.start[-1]), None)
        met = np.bincount(self.tables.next[first], self.tables.probability[first], self.tables.n_states)
        return met.astype(np.float64)

    def follow(self, met: Array, policy: Array) -> Array:
        """(states,) the probability of each state after a turn, in an episode that goes on.

        Args:
            met: (states,) the same before it.
            policy: (states, actions) probabilities.
        """
        flow = met[self._row_state] * policy[self._row_state, self._row_action] * self._continue
        return np.bincount(self.tables.next[: self._end], flow, self.tables.n_states).astype(np.float64)

    def first(self, chances: Array) -> NDArray[np.int64]:
        """The outcomes at the start that uniform draws fall on."""
        return self._drawn(np.full(len(chances), self._n_rows), chances)

    def outcomes(self, states: NDArray[Any], actions: NDArray[Any], chances: Array) -> NDArray[np.int64]:
        """The outcomes of acts that uniform draws fall on."""
        return self._drawn(states * self.tables.n_actions + actions, chances)

    def _drawn(self, rows: NDArray[Any], chances: Array) -> NDArray[np.int64]:
        start, count = self.tables.start[rows], self.tables.count[rows]
        base = np.where(start > 0, self._sums[start - 1], 0.0)
        found = np.searchsorted(self._sums, base + chances, side="right")
        return np.clip(found, start, start + count - 1)

    @cached_property
    def _sums(self) -> Array:
        """The running sum of the probabilities of all outcomes."""
        return np.cumsum(self.tables.probability)

    def expected(self, policy: Array, rewards: Sequence[Rewards], met: Array | None = None) -> list[float]:
        """The exact expected return of a policy under each of several rewards.

        Args:
            policy: (states, actions) or (horizon, states, actions) probabilities.
            rewards: The rewards.
            met: The policy's occupancy, if it is known.
        """
        met = self.occupancy(policy) if met is None else met
        totals = [0.0] * len(rewards)
        for turn in range(self.horizon):
            acted = met[turn][:, None] * at(policy, turn)
            left = self.horizon - turn - 1
            for k, each in enumerate(rewards):
                totals[k] += float((acted * (each.now + left * each.each_left)).sum())
        late = self.follow(met[-1], at(policy, self.horizon - 1))
        return [total + float(late @ each.timeout) for total, each in zip(totals, rewards, strict=True)]

    def divergence(self, policy: Array, reference: Array, met: Array | None = None) -> float:
        """The Kullback-Leibler divergence of a policy's episodes from those of a reference, in nats.

        Args:
            policy: (states, actions) or (horizon, states, actions) probabilities.
            reference: (states, actions) probabilities, above 0 where an action is legal.
            met: The policy's occupancy, if it is known.
        """
        met = self.occupancy(policy) if met is None else met
        base = np.log(np.where(self.legal, reference, 1.0))
        total = 0.0
        for turn in range(self.horizon):
            here = at(policy, turn)
            ratio = np.log(np.where(here > 0, here, 1.0)) - np.where(here > 0, base, 0.0)
            total += float(met[turn] @ (here * ratio).sum(axis=1))
        return total

    def style(self, name: str) -> Array:
        """(states, actions) a measure of each reply; 0 where an action is impossible.

        Args:
            name: One of `textenvs.feedback.style.STYLES`.
        """
        if name not in self._styles:
            measure = cache(self._measures[name])
            texts = (self.replies(state) for state in range(len(self.legal)))
            self._styles[name] = np.array([[measure(text) if text else 0.0 for text in line] for line in texts])
        return self._styles[name]

    def context(self, state: int) -> str:
        """What is known in a state, in words: all that an agent may build on."""
        shown = self.process.shown
        note = self.process.note(self.tables.states[state])
        return f"{shown}\n{note}" if shown and shown not in note else str(note)

    def replies(self, state: int) -> Sequence[str]:
        """What can be said in a state; "" where an action is impossible."""
        return self.process.choices(self.tables.states[state])

    def say(self, event: Any, bits: int) -> str:
        """An event in words."""
        return str(self.process.say(event, bits))

    @property
    def numbers(self) -> Mapping[State, int]:
        """The number of each state in the tables."""
        return self.solved.numbers

    def ended(self, state: int, action: int, after: State) -> bool:
        """Whether an act that led to a state has ended the episode by itself; an impossible one never does."""
        row = state * self.tables.n_actions + action
        place = slice(self.tables.start[row], self.tables.start[row] + self.tables.count[row])
        led = self.tables.next[place] == self.numbers[after]
        return bool(self.ends[place][led].any())

    def goes_on(self, outcome: int) -> bool:
        """Whether an episode goes on after an outcome."""
        return not self.ends[outcome]

    def payoff_reward(self, payoff: int, turn: int) -> float:
        """The gold reward of a payoff at a turn."""
        now, left = price(self.tables.payoffs[payoff], tuple(self.weights.values()))
        return now + left * (self.horizon - turn - 1)


def at(policy: Array, turn: int) -> Array:
    """(states, actions) a policy at a turn; one that is the same at all turns has no axis for it."""
    return policy[turn] if policy.ndim == 3 else policy


def load_scenes(
    env_id: str, split: str = "train", scenarios: int | Iterable[int] = 32, reward: Reward = None, **parameters: Any
) -> tuple[Scene, ...]:
    """The scenes of an id.

    Args:
        env_id: A registered id.
        split: "train" or "test".
        scenarios: The numbers of the scenarios, or how many: they are taken from the first on.
        reward: The gold reward, if it is not the task's own.
        **parameters: Parameters that replace those of the id.
    """
    if isinstance(scenarios, int) and scenarios < 1:
        raise ValueError(f"scenarios must be a number from 1 on, or the numbers of some, got {scenarios}")
    task = task_of(env_id, **parameters)
    task, weights = compose(task, counted(task, reward))
    n = task.n_scenarios(check_split(split))
    numbers = range(min(scenarios, n)) if isinstance(scenarios, int) else scenarios
    return tuple(Scene(task, split, number, weights) for number in numbers)


def score_of(scenes: Sequence[Scene], gold: float) -> float:
    """A mean gold return on the scale on which 0 is random and 100 optimal.

    Raises:
        ValueError: If both are worth the same in all of these scenes.
    """
    return 100.0 * (gold - float(np.mean([scene.random for scene in scenes]))) / spread_of(scenes)


def spread_of(scenes: Sequence[Scene]) -> float:
    """By how much optimal play is worth more than random play, on average over scenes.

    Raises:
        ValueError: If it is worth no more in any of them.
    """
    spread = float(np.mean([scene.optimal - scene.random for scene in scenes]))
    if not spread > 0.0:
        raise ValueError("optimal and random play are worth the same in these scenes: take others, or another reward")
    return spread
