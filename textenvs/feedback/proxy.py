"""A learned reward in place of the gold one: as a task that every learner plays, and as a wrapper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs

from textenvs.core.env import TextEnv
from textenvs.core.mdp import Outcome, Payoff, State, Task, Terms
from textenvs.core.solve import Rewards
from textenvs.core.tables import Tables
from textenvs.core.terms import NOTHING
from textenvs.feedback.scene import Array, Scene

TERM = "proxy"
"""The one reward term of a task under a proxy."""
TERMS = Terms({TERM: 1.0}, metrics=())
KEPT = 256
"""Scenes that a wrapper keeps."""


class ProxyTask:
    """A task whose reward is a proxy; in all else it is the task itself. Nothing in it tells the gold reward.

    Its scenarios, of either split, are the scenes. An impossible act earns the least that any act of them earns. It is
    no `Task`, whose defaults would hide what the task itself says.

    Args:
        scenes: The scenes, of one task.
        rewards: The proxy in each.
    """

    def __init__(self, scenes: Sequence[Scene], rewards: Sequence[Rewards]) -> None:
        self._scenes, self._rewards = scenes, rewards
        self._task: Task = scenes[0].task
        self.terms = TERMS
        least = min(float(each.now[scene.legal].min()) for scene, each in zip(scenes, rewards, strict=True))
        self.invalid = TERMS.earn(proxy=least)
        self.metrics = TERMS.metrics
        self.texts: tuple[str, ...] = ()  # so that no measure of a text is a term of it
        self.writes_text = False  # a whole text has no number for a proxy

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_task":
            raise AttributeError(name)
        return getattr(self._task, name)

    def n_scenarios(self, split: str) -> int:
        """How many scenes there are."""
        return len(self._scenes)

    def scenario(self, split: str, index: int) -> ProxyProcess:
        """The process of a scene."""
        return ProxyProcess(self._scenes[index], self._rewards[index])

    def compiled(self, split: str, index: int) -> Tables:
        """The tables of a scene, with the proxy as their payoffs."""
        scene, rewards = self._scenes[index], self._rewards[index]
        tables, rows = scene.tables, scene.rows
        told = np.zeros((len(scene.ends), 3))
        told[: len(rows), 0] = rewards.now.ravel()[rows]
        told[: len(rows), 1] = rewards.each_left.ravel()[rows]
        told[:, 2] = scene.ends
        late = np.stack([rewards.timeout, np.zeros_like(rewards.timeout), np.ones_like(rewards.timeout)], axis=1)
        distinct, numbers = np.unique(np.vstack([told, late]), axis=0, return_inverse=True)
        numbers = numbers.reshape(-1) + 1  # number 0 is that of an impossible act
        payoffs = [
            TERMS.earn(proxy=now, per_turn_left={TERM: left}, ends=bool(end)) for now, left, end in distinct.tolist()
        ]
        return replace(
            tables,
            payoffs=[self.invalid, *payoffs],
            payoff=numbers[: len(told)].astype(np.int32),
            timeout=numbers[len(told) :].astype(np.int32),
        )


class ProxyProcess:
    """A scene whose payoffs are those of a proxy.

    Args:
        scene: The scene.
        rewards: The proxy.
    """

    def __init__(self, scene: Scene, rewards: Rewards) -> None:
        self._process: Any = scene.process
        self._scene, self._rewards = scene, rewards

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_process":
            raise AttributeError(name)
        return getattr(self._process, name)

    def initial(self) -> Sequence[Outcome]:
        """As the process."""
        return [outcome._replace(payoff=NOTHING) for outcome in self._process.initial()]

    def transitions(self, state: State, action: int) -> Sequence[Outcome]:
        """As the process, with what the proxy makes of the act."""
        place = (self._scene.numbers[state], action)
        now, left = float(self._rewards.now[place]), float(self._rewards.each_left[place])
        return [
            outcome._replace(payoff=TERMS.earn(proxy=now, per_turn_left={TERM: left}, ends=outcome.payoff.terminated))
            for outcome in self._process.transitions(state, action)
        ]

    def timeout(self, state: State) -> Payoff:
        """What the proxy makes of a last turn."""
        return TERMS.earn(proxy=float(self._rewards.timeout[self._scene.numbers[state]]), ends=True)


class Proxy(Protocol):
    """What gives the reward of each act of a scene, such as a reward model."""

    def rewards(self, scene: Scene) -> Rewards:
        """The reward of each act."""


class ProxyReward(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Gives the reward of a proxy in place of the gold one, of which the agent learns nothing.

    An impossible act earns the least that any act of the scenario earns.

    Args:
        env: An environment of this suite, with `action_type="choice"`; other wrappers may lie between.
        proxy: Gives the reward, such as a `RewardModel`.

    Attributes:
        gold_returns: The gold return of each episode that has ended, for whoever watches.
        proxy_returns: The same of the proxy.

    Raises:
        ValueError: If it is another environment.
    """

    def __init__(self, env: gym.Env[Any, Any], proxy: Proxy) -> None:
        RecordConstructorArgs.__init__(self, proxy=proxy)
        super().__init__(env)
        core = env.unwrapped
        if not isinstance(core, TextEnv) or core.action_type != "choice":
            raise ValueError('a proxy judges choices: make an environment of this suite with action_type="choice"')
        self._core = core
        self._known = lru_cache(KEPT)(lambda scenario: self._load(proxy, scenario))
        self._turn, self._gold, self._earned = 0, 0.0, 0.0
        self.gold_returns: list[float] = []
        self.proxy_returns: list[float] = []

    def _load(self, proxy: Proxy, scenario: int) -> tuple[Scene, Rewards]:
        scene = Scene(self._core.task, self._core.split, scenario, self._core.reward_weights)
        return scene, proxy.rewards(scene)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._turn, self._gold, self._earned = 0, 0.0, 0.0
        return observation, _hidden(info)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Takes a turn; the reward is the proxy's."""
        scene, rewards = self._known(self._core.scenario)
        state = scene.numbers[self._core.state]
        left = scene.horizon - self._turn - 1
        observation, gold, terminated, truncated, info = self.env.step(action)
        self._turn += 1
        if scene.legal[state, action]:
            reward = float(rewards.now[state, action] + left * rewards.each_left[state, action])
        else:
            reward = float(rewards.now[scene.legal].min())
        if left == 0 and not scene.ended(state, action, self._core.state):
            reward += float(rewards.timeout[scene.numbers[self._core.state]])
        self._gold += float(gold)
        self._earned += reward
        if terminated or truncated:
            self.gold_returns.append(self._gold)
            self.proxy_returns.append(self._earned)
        return observation, reward, terminated, truncated, _hidden(info)


def _hidden(info: dict[str, Any]) -> dict[str, Any]:
    """What an agent may see of it."""
    return {name: value for name, value in info.items() if name not in ("reward_terms", "metrics", "episode")}


def penalised(rewards: Rewards, scene: Scene, reference: Array, penalty: float) -> Rewards:
    """A reward with a penalty on the divergence from a reference, as a learner is given it.

    Of a policy that always takes one action this is the whole divergence; one that draws gets its entropy on top, where
    the learner rewards that.

    Args:
        rewards: The reward.
        scene: The scene.
        reference: (states, actions) probabilities, above 0 where an action is legal.
        penalty: Of a nat.
    """
    if not penalty:
        return rewards
    return rewards.plus(penalty * np.log(np.where(scene.legal, np.maximum(reference, 1e-300), 1.0)))
