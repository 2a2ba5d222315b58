"""Playing episodes and recording them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from textenvs.core.mdp import SPLITS
from textenvs.evaluation.agent import Agent
from textenvs.evaluation.record import EpisodeRecord, Header

TOLD = ("action_mask", "choices")
"""What an agent is told of `info`; what it earns is for the record, and the hidden answer may be read off it."""
AGENT_STREAM = len(SPLITS)
"""Marks the seeds of agents, apart from those of the splits."""


def episode_seed(seed: int, stream: int, index: int) -> int:
    """The seed of one episode: 53 bits, so that any reader of JSON keeps it.

    Args:
        seed: Seed of the evaluation, or of the agent.
        stream: Number of the split, or `AGENT_STREAM`.
        index: Number of the episode.
    """
    high, low = np.random.SeedSequence([seed, stream, index]).generate_state(2).tolist()
    return int((high << 32 | low) >> 11)


def evaluate(
    agent: Agent,
    env_id: str,
    *,
    split: str = "test",
    episodes: int = 100,
    seed: int = 0,
    agent_seed: int = 0,
    env_kwargs: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[EpisodeRecord]:
    """Plays episodes with an agent.

    Args:
        agent: Who plays.
        env_id: A registered id.
        split: "train" or "test".
        episodes: How many; at least 1.
        seed: Episode *i* is the same for all agents evaluated with the same seed.
        agent_seed: Seeds what is random in the agent.
        env_kwargs: Further arguments of the environment.
        progress: Called with 1 after each episode.

    Returns:
        A record for each episode.
    """
    if isinstance(agent, (str, type)) or not isinstance(agent, Agent):
        raise ValueError(f"{agent!r} is no agent with obs_type, action_type, reset, act: textenvs.load_agent makes one")
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    if seed < 0 or agent_seed < 0:
        raise ValueError(f"seeds must not be negative, got {min(seed, agent_seed)}")
    env = gym.make(env_id, obs_type=agent.obs_type, action_type=agent.action_type, split=split, **(env_kwargs or {}))
    records = []
    for index in range(episodes):
        agent.reset(episode_seed(agent_seed, AGENT_STREAM, index))
        records.append(_play(agent, env, index, episode_seed(seed, SPLITS.index(split), index)))
        if progress is not None:
            progress(1)
    env.close()
    return records


class Replayer:
    """Plays recorded episodes again from their seeds and their actions.

    Args:
        header: What was played.
    """

    def __init__(self, header: Header) -> None:
        self._header = header
        self._env = gym.make(
            header.env_id,
            obs_type=header.obs_type,
            action_type=header.action_type,
            **{**header.env_kwargs, "split": header.split},
        )

    def play(self, record: EpisodeRecord) -> EpisodeRecord:
        """What happens now: equal to the record if the record is true, and the environment is the same.

        Raises:
            ValueError: If the record's actions end before the episode does, or go on after it.
        """
        agent = _Again(self._header.obs_type, self._header.action_type, record.actions)
        played = _play(agent, self._env, record.episode, record.seed)
        if played.length != len(record.actions):
            raise ValueError(
                f"episode {record.episode} ends after {played.length} of its {len(record.actions)} actions"
            )
        return played


def replay(header: Header, record: EpisodeRecord) -> EpisodeRecord:
    """Plays one recorded episode again, as `Replayer` does.

    Args:
        header: What was played.
        record: The episode.
    """
    return Replayer(header).play(record)


class _Again:
    """Takes recorded actions."""

    def __init__(self, obs_type: str, action_type: str, actions: Sequence[int | str]) -> None:
        self.obs_type = obs_type
        self.action_type = action_type
        self._actions = iter(actions)

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> int | str:
        """The next of the actions."""
        for action in self._actions:
            return action
        raise ValueError("the recorded actions end before the episode does")


def _play(agent: Agent, env: gym.Env[Any, Any], index: int, seed: int) -> EpisodeRecord:
    observation, info = env.reset(seed=seed)
    seen = hashlib.blake2b(digest_size=8)
    seen.update(as_bytes(observation))
    terms: dict[str, list[float]] = {name: [] for name in info["reward_terms"]}
    actions: list[int | str] = []
    total, terminated, truncated = 0.0, False, False
    while not (terminated or truncated):
        action = agent.act(observation, {key: info[key] for key in TOLD if key in info})
        observation, reward, terminated, truncated, info = env.step(action)
        seen.update(as_bytes(observation))
        actions.append(action if isinstance(action, str) else int(action))
        for name, amount in info["reward_terms"].items():
            terms[name].append(amount)
        total += float(reward)
    return EpisodeRecord(
        episode=index,
        seed=seed,
        scenario=env.unwrapped.scenario,  # type: ignore[attr-defined]
        actions=actions,
        reward_terms=terms,
        observations=seen.hexdigest(),
        episodic_return=total,
        length=len(actions),
        terminated=terminated,
        truncated=truncated,
        metrics=info.get("metrics", {}),
    )


def as_bytes(observation: Any) -> bytes:
    """An observation as bytes that differ where it differs."""
    if isinstance(observation, np.ndarray):
        return f"{observation.dtype.str}{observation.shape}".encode() + observation.tobytes()
    return f"{observation}\0".encode("utf-8", "surrogatepass")
