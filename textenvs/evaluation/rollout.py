"""Playing episodes and recording them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import islice
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.error import Error

from textenvs.core.loading import check_split
from textenvs.core.mdp import SPLITS
from textenvs.errors import shown
from textenvs.evaluation.agent import Agent, AgentFailure, BatchAgent
from textenvs.evaluation.record import EpisodeRecord, Header
from textenvs.evaluation.seeds import AGENT_STREAM, episode_seed
from textenvs.registration import registered_id

TOLD = ("action_mask", "choices")
"""What an agent is told of `info`; what it earns is for the record, and the hidden answer may be read off it."""
NO_PARAMETERS = {"task", "obs_type", "action_type", "split", "render_mode"} | {
    "id",
    "max_episode_steps",
    "disable_env_checker",
}
"""Arguments of an environment, and of Gymnasium, that a record does not choose: its task would be imported."""


def evaluate(
    agent: Agent | BatchAgent,
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
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    if seed < 0:
        raise ValueError(f"seeds must not be negative, got {seed}")
    stream = SPLITS.index(check_split(split))
    seeds = (episode_seed(seed, stream, index) for index in range(episodes))
    return list(
        play_episodes(
            agent, env_id, split, enumerate(seeds), agent_seed=agent_seed, env_kwargs=env_kwargs, progress=progress
        )
    )


def play_episodes(
    agent: Agent | BatchAgent,
    env_id: str,
    split: str,
    episodes: Iterable[tuple[int, int]],
    *,
    agent_seed: int = 0,
    env_kwargs: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[EpisodeRecord]:
    """Plays episodes with an agent, each when it is asked for.

    An agent that fails, which raises `AgentFailure`, loses its episode: what is left of it is played at random among
    the possible acts, so that to fail is never better than to act. A `BatchAgent` plays as many side by side as it can.

    Args:
        agent: Who plays.
        env_id: A registered id.
        split: "train" or "test".
        episodes: Number and seed of each.
        agent_seed: Seeds what is random in the agent.
        env_kwargs: Further arguments of the environment.
        progress: Called with 1 after each episode.

    Yields:
        The record of each.
    """
    if isinstance(agent, (str, type)) or not isinstance(agent, Agent | BatchAgent):
        raise ValueError(f"{agent!r} is no agent with obs_type, action_type, reset, act: textenvs.load_agent makes one")
    if agent_seed < 0:
        raise ValueError(f"seeds must not be negative, got {agent_seed}")
    env_id = registered_id(env_id)
    together = agent if isinstance(agent, BatchAgent) else _Alone(agent)
    left, envs = iter(episodes), list[gym.Env[Any, Any]]()
    with ExitStack() as stack:
        while group := list(islice(left, together.rows)):
            while len(envs) < len(group):
                env = _make(env_id, agent.obs_type, agent.action_type, {**(env_kwargs or {}), "split": split})
                envs.append(stack.enter_context(closing(env)))
            seeds = [episode_seed(agent_seed, AGENT_STREAM, number) for number, _ in group]
            for record in _play_together(together, envs, group, seeds):
                yield record
                if progress is not None:
                    progress(1)


def _make(env_id: str, obs_type: str, action_type: str, env_kwargs: Mapping[str, Any]) -> gym.Env[Any, Any]:
    """The environment; where the agent does not see the text, the conversation is kept for the record."""
    render_mode = None if obs_type == "text" else "ansi"
    return gym.make(env_id, obs_type=obs_type, action_type=action_type, render_mode=render_mode, **env_kwargs)


class Replayer:
    """Plays recorded episodes again from their seeds and their actions.

    Args:
        header: What was played.

    Raises:
        ValueError: If there is no such environment. None is imported for a record's sake.
    """

    def __init__(self, header: Header) -> None:
        self._header = header
        if header.env_id.removeprefix("textenvs:") not in gym.registry:
            raise ValueError(f"no environment {shown(header.env_id)} is registered")
        if wrong := sorted(NO_PARAMETERS & header.env_kwargs.keys()):
            raise ValueError(f"env_kwargs of a record are parameters of a task, not {', '.join(wrong)}")
        told = {**header.env_kwargs, "split": header.split}
        try:
            self._env = _make(header.env_id, header.obs_type, header.action_type, told)
        except (Error, TypeError) as error:
            raise ValueError(f"{header.env_id} cannot be made as a record says: {shown(str(error))}") from None

    def play(self, record: EpisodeRecord) -> EpisodeRecord:
        """What happens now: equal to the record if the record is true, and the environment is the same.

        Raises:
            ValueError: If an action cannot be, or the record's actions end before the episode does, or go on after it.
        """
        if not all(type(action) in (int, str) for action in record.actions):
            raise ValueError(f"actions must be whole numbers or texts, got {shown(record.actions)}")
        agent = _Again(self._header.obs_type, self._header.action_type, record.actions)
        try:
            played = _play(agent, self._env, record.episode, record.seed, 0)
        except (Error, TypeError) as error:
            raise ValueError(f"episode {record.episode} cannot be played again: {shown(str(error))}") from None
        if played.length != len(record.actions):
            raise ValueError(
                f"episode {record.episode} ends after {played.length} of its {len(record.actions)} actions"
            )
        return replace(played, failure=record.failure, usage=record.usage)


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


def _play(agent: Agent, env: gym.Env[Any, Any], number: int, seed: int, agent_seed: int) -> EpisodeRecord:
    """Plays one episode; `agent_seed` is that of the agent in it."""
    (record,) = _play_together(_Alone(agent), [env], [(number, seed)], [agent_seed])
    return record


Told = tuple[Any, dict[str, Any]]
"""What an agent is asked with: an observation, and what it is told of `info`."""


def _play_together(
    agent: BatchAgent,
    envs: Sequence[gym.Env[Any, Any]],
    episodes: Sequence[tuple[int, int]],
    agent_seeds: Sequence[int],
) -> list[EpisodeRecord]:
    """Plays episodes side by side, each to its end."""
    agent.reset_rows(agent_seeds)
    playing = [_episode(env, *episode) for env, episode in zip(envs, episodes, strict=False)]
    asked: dict[int, Told] = {row: next(each) for row, each in enumerate(playing)}
    lost: dict[int, _Lost] = {}
    failures: dict[int, str] = {}
    records: dict[int, EpisodeRecord] = {}
    while asked:
        rows = [row for row in asked if row not in lost]
        observations, infos = [asked[row][0] for row in rows], [asked[row][1] for row in rows]
        answers = dict(zip(rows, agent.act_rows(rows, observations, infos), strict=True)) if rows else {}
        for row, (_, told) in list(asked.items()):
            answer = answers.get(row)
            if isinstance(answer, AgentFailure):
                lost[row], failures[row] = _Lost(agent.action_type, agent_seeds[row]), str(answer)
            action = lost[row].act(told) if row in lost else answer
            try:
                asked[row] = playing[row].send(action)
            except StopIteration as ended:
                del asked[row]
                record: EpisodeRecord = ended.value
                records[row] = replace(record, failure=failures.get(row, ""), usage=dict(agent.usage(row)))
    return [records[row] for row in range(len(playing))]


def _episode(env: gym.Env[Any, Any], number: int, seed: int) -> Generator[Told, Any, EpisodeRecord]:
    """One episode: asks for an action after the other, and returns what happened."""
    observation, info = env.reset(seed=seed)
    seen = hashlib.blake2b(digest_size=8)
    seen.update(as_bytes(observation))
    terms: dict[str, list[float]] = {name: [] for name in info["reward_terms"]}
    actions: list[int | str] = []
    total, terminated, truncated = 0.0, False, False
    while not (terminated or truncated):
        action = yield observation, {key: info[key] for key in TOLD if key in info}
        observation, reward, terminated, truncated, info = env.step(action)
        seen.update(as_bytes(observation))
        actions.append(action if isinstance(action, str) else int(action))
        for name, amount in info["reward_terms"].items():
            terms[name].append(amount)
        total += float(reward)
    if env.render_mode:
        seen.update(as_bytes(env.render()))
    return EpisodeRecord(
        episode=number,
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


class _Alone:
    """An agent that plays one episode at a time, as a row of one."""

    rows = 1

    def __init__(self, agent: Agent) -> None:
        self.obs_type = agent.obs_type
        self.action_type = agent.action_type
        self._agent = agent
        self._failure: AgentFailure | None = None

    def reset_rows(self, seeds: Sequence[int]) -> None:
        """Begins an episode."""
        try:
            self._failure = None
            self._agent.reset(seeds[0])
        except AgentFailure as error:
            self._failure = _bare(error)

    def act_rows(
        self, rows: Sequence[int], observations: Sequence[Any], infos: Sequence[Mapping[str, Any]]
    ) -> Sequence[int | str | AgentFailure]:
        """The action, or how it has failed."""
        if self._failure is not None:
            return [self._failure]
        try:
            return [self._agent.act(observations[0], infos[0])]
        except AgentFailure as error:
            return [_bare(error)]

    def usage(self, row: int) -> Mapping[str, float]:
        """Nothing is counted."""
        return {}


def _bare(error: AgentFailure) -> AgentFailure:
    """A failure without where it came from, whose frames hold files and sockets."""
    error.__traceback__ = error.__context__ = None
    return error


class _Lost:
    """Plays what is left of an episode that its agent has lost: at random among the possible acts."""

    def __init__(self, action_type: str, seed: int) -> None:
        self._action_type = action_type
        self._rng = np.random.default_rng(seed)

    def act(self, told: Mapping[str, Any]) -> int | str:
        """One of the possible acts, or what says it."""
        number = int(self._rng.choice(np.flatnonzero(told["action_mask"])))
        says: dict[str, int | str] = {
            "choice": number,
            "reply": str(number),
            "text": str(told["choices"][number]),
        }
        return says[self._action_type]


def as_bytes(observation: Any) -> bytes:
    """An observation as bytes that differ where it differs."""
    if isinstance(observation, np.ndarray):
        return f"{observation.dtype.str}{observation.shape}".encode() + observation.tobytes()
    return f"{observation}\0".encode("utf-8", "surrogatepass")
