"""Tells the author of an agent whether it speaks the protocol, and shows the line that it got wrong."""

from __future__ import annotations

import time
from contextlib import closing
from statistics import median
from typing import Any

import gymnasium as gym

from textenvs.evaluation import AgentFailure, EpisodeRecord, play_episodes
from textenvs_benchmarks.external.agent import External, ExternalAgent, Terms
from textenvs_benchmarks.external.protocol import Limits
from textenvs_benchmarks.external.reach import parse_reach

SHOWN = 1000
"""Characters of a line that are shown."""


class _Timed:
    """An agent that is watched: how long it takes, and that a failure is not swallowed."""

    def __init__(self, agent: ExternalAgent) -> None:
        self._agent = agent
        self.obs_type, self.action_type = agent.obs_type, agent.action_type
        self.seconds: list[float] = []

    def reset(self, seed: int) -> None:
        try:
            self._agent.reset(seed)
        except AgentFailure as error:
            raise Failed(str(error)) from None

    def act(self, observation: Any, info: Any) -> int | str:
        began = time.perf_counter()
        try:
            return self._agent.act(observation, info)
        except AgentFailure as error:
            raise Failed(str(error)) from None
        finally:
            self.seconds.append(time.perf_counter() - began)


class Failed(Exception):
    """The agent has failed."""


def check_agent(reach: str, env_id: str, episodes: int, limits: Limits, terms: Terms) -> bool:
    """Plays a few episodes with an agent, and prints what it finds.

    Args:
        reach: How it is reached, as in a suite.
        env_id: What it plays.
        episodes: How many.
        limits: What it may take.
        terms: On which it plays.

    Returns:
        Whether all is well.
    """
    external = External(parse_reach(reach), limits, terms)
    gym.spec(env_id)
    began = time.perf_counter()
    with closing(ExternalAgent(external, env_id)) as agent:
        if not agent.started:
            return _failed("hello", agent, agent.failure, asked=bool(agent.answered))
        print(f"ok    hello: sees {agent.obs_type}, acts by {agent.action_type} ({time.perf_counter() - began:.1f} s)")
        timed = _Timed(agent)
        played: list[EpisodeRecord] = []
        try:
            played.extend(play_episodes(timed, env_id, "train", enumerate(range(episodes))))
            (again,) = play_episodes(timed, env_id, "train", [(0, 0)])
        except Failed as error:
            return _failed(f"episode {len(played)}", agent, str(error))
        acts = sorted(timed.seconds)
        print(
            f"ok    {episodes} episodes of {env_id}, {len(acts)} acts: {1000 * median(acts):.2f} ms each (median), "
            f"{1000 * acts[-1]:.1f} ms at most; mean return {sum(r.episodic_return for r in played) / episodes:.2f}"
        )
        if again != played[0]:
            print("note  the same episode with the same seed went otherwise: results will not be the same bytes twice")
        if left := agent.finish():
            return _failed("the end", agent, left, asked=False)
        print("ok    it ended, and left nothing behind")
    return True


def _failed(where: str, agent: ExternalAgent, failure: str, asked: bool = True) -> bool:
    print(f"WRONG {where}: {failure}")
    for what, line in (("asked", agent.asked if asked else b""), ("answered", agent.answered if asked else b"")):
        text = ascii(line.decode(errors="replace").strip())[1:-1]
        if text:
            print(f"      {what}: {text[:SHOWN]}{' ...' if len(text) > SHOWN else ''}")
    for said in agent.tail.decode(errors="replace").splitlines():
        print(f"      stderr: {ascii(said)[1:-1]}")
    return False
