"""What a judge compares: replies in the same situation, or whole episodes, drawn from rollouts of policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textenvs.core.solve import Rewards
from textenvs.feedback.scene import Amounts, Array, Scene, at, spread_of

UNITS = ("episodes", "replies")
"""What is compared."""
SPREAD = 10.0
"""Gold returns are told to judges in units of which random and optimal play lie so many apart."""


@dataclass(frozen=True)
class Step:
    """An act of an episode.

    Attributes:
        turn: Number of turns taken before it.
        state: Number of the state.
        action: The action.
        outcome: Number of what came of it in the tables; -1 where that is left open.
    """

    turn: int
    state: int
    action: int
    outcome: int = -1


@dataclass(frozen=True)
class Candidate:
    """A reply in a situation, or a whole episode.

    Attributes:
        scene: Place of its scene among the scenes.
        steps: Its acts: one, or all of the episode.
        rewards: What is truly earned, as `SPREAD` has it: of an episode by each step; of a reply by all that follows
            (if it is optimal), and by the reply itself.
        added: A text that was put behind what the agent says last, to see what a judge makes of it.
    """

    scene: int
    steps: tuple[Step, ...]
    rewards: tuple[float, ...]
    added: str = ""

    @property
    def worth(self) -> float:
        """What it truly is worth."""
        return float(sum(self.rewards))

    def earned(self, scene: Scene, rewards: Rewards | Amounts) -> Any:
        """What its acts earn under a reward in its scene, a number; or what they amount to in each term, (terms,)."""
        total: Any = 0.0
        for step in self.steps:
            left = scene.horizon - step.turn - 1
            total += rewards.now[step.state, step.action] + left * rewards.each_left[step.state, step.action]
            if left == 0 and step.outcome >= 0 and scene.goes_on(step.outcome):
                total += rewards.timeout[scene.tables.next[step.outcome]]
        return total


Pair = tuple[Candidate, Candidate]


def unit_of(scenes: Sequence[Scene]) -> float:
    """The gold return that counts as 1: random and optimal play lie `SPREAD` of it apart, on average over scenes."""
    return spread_of(scenes) / SPREAD


def reply(scene: Scene, place: int, step: Step, unit: float) -> Candidate:
    """A reply in a situation.

    Args:
        scene: The scene.
        place: Its place among the scenes.
        step: The reply.
        unit: Gold returns are divided by it.
    """
    at_once, left = (step.state, step.action), scene.horizon - step.turn - 1
    now = float(scene.gold.now[at_once] + left * scene.gold.each_left[at_once])
    worth = float(scene.worth(step.turn, step.state)[step.action])
    return Candidate(place, (step,), ((worth - now) / unit, now / unit))


class Collector:
    """Draws candidates from rollouts.

    Args:
        scenes: The scenes.
        behaviours: Policies, each (states, actions) probabilities for each scene; an episode follows one of them, all
            alike.
        seed: Seeds all that is random; a number from 0 on, or several.
    """

    def __init__(
        self, scenes: Sequence[Scene], behaviours: Sequence[Sequence[Array]], seed: int | Sequence[int]
    ) -> None:
        self._scenes, self._behaviours = scenes, behaviours
        self._rng = np.random.default_rng(seed)
        self.unit = unit_of(scenes)
        self._met = [np.zeros(scene.tables.n_states, dtype=bool) for scene in scenes]

    def episodes(self, number: int) -> list[Candidate]:
        """Episodes, the first and second of one scene, the third and fourth, and so on."""
        places = np.repeat(self._rng.integers(len(self._scenes), size=(number + 1) // 2), 2)[:number]
        behaviours = self._rng.integers(len(self._behaviours), size=number)
        found: list[Candidate | None] = [None] * number
        for place, scene in enumerate(self._scenes):
            for k, behaviour in enumerate(self._behaviours):
                rows = np.flatnonzero((places == place) & (behaviours == k))
                played = self._play(scene, behaviour[place], len(rows))
                for row, steps in zip(rows, played, strict=True):
                    self._met[place][[step.state for step in steps]] = True
                    earned = tuple(self._earned(scene, step) for step in steps)
                    found[row] = Candidate(place, tuple(steps), earned)
        return [each for each in found if each is not None]

    def pairs(self, number: int, unit: str) -> list[Pair]:
        """Pairs of candidates that can be compared.

        Args:
            number: How many.
            unit: "episodes", or "replies": two different ones in a situation that was met.

        Raises:
            ValueError: If no situation has two possible replies.
        """
        if unit == "episodes":
            drawn = self.episodes(2 * number)
            return list(zip(drawn[::2], drawn[1::2], strict=True))
        if not any((scene.legal.sum(axis=1) > 1)[scene.reached].any() for scene in self._scenes):
            raise ValueError("no situation has two possible replies: compare episodes")
        pairs: list[Pair] = []
        while len(pairs) < number:
            for episode in self.episodes(number):
                open_steps = [s for s in episode.steps if self._scenes[episode.scene].legal[s.state].sum() > 1]
                if open_steps and len(pairs) < number:
                    step = open_steps[self._rng.integers(len(open_steps))]
                    legal = np.flatnonzero(self._scenes[episode.scene].legal[step.state])
                    first, second = self._rng.choice(legal, 2, replace=False)
                    pairs.append((self._reply(episode.scene, step, first), self._reply(episode.scene, step, second)))
        return pairs

    def coverage(self) -> tuple[float, float]:
        """The share of the states that were met, and how much of an optimal episode is spent in such states."""
        shares = []
        for scene, met in zip(self._scenes, self._met, strict=True):
            spent = scene.occupancy(scene.optimum)
            shares.append((met.sum() / scene.reached.sum(), spent[:, met].sum() / spent.sum()))
        known, needed = np.mean(shares, axis=0).tolist()
        return known, needed

    def _reply(self, place: int, step: Step, action: int) -> Candidate:
        return reply(self._scenes[place], place, Step(step.turn, step.state, int(action)), self.unit)

    def _earned(self, scene: Scene, step: Step) -> float:
        tables = scene.tables
        earned = scene.payoff_reward(int(tables.payoff[step.outcome]), step.turn)
        if step.turn == scene.horizon - 1 and scene.goes_on(step.outcome):
            earned += float(scene.gold.timeout[tables.next[step.outcome]])
        return earned / self.unit

    def _play(self, scene: Scene, policy: Array, number: int) -> list[list[Step]]:
        """Episodes of one policy in one scene, side by side."""
        tables = scene.tables
        steps: list[list[Step]] = [[] for _ in range(number)]
        rows = np.arange(number)
        states = tables.next[scene.first(self._rng.random(number))]
        for turn in range(scene.horizon):
            cumulative = np.cumsum(at(policy, turn)[states], axis=1)
            drawn = self._rng.random(len(rows))[:, None] * cumulative[:, -1:]
            actions = (cumulative <= drawn).sum(axis=1)
            outcomes = scene.outcomes(states, actions, self._rng.random(len(rows)))
            for row, *step in zip(rows.tolist(), states.tolist(), actions.tolist(), outcomes.tolist(), strict=True):
                steps[row].append(Step(turn, *step))
            going = ~scene.ends[outcomes]
            rows, states = rows[going], tables.next[outcomes][going]
        return steps
