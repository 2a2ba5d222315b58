"""Tells the author of an agent whether it speaks the protocol, and shows the line that it got wrong."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import textenvs
from textenvs.errors import printable
from textenvs.evaluation import AgentFailure, EpisodeRecord, play_episodes
from textenvs_benchmarks.external.agent import External, ExternalAgent, Terms, train_external
from textenvs_benchmarks.external.process import Sandbox
from textenvs_benchmarks.external.protocol import Limits
from textenvs_benchmarks.external.reach import parse_reach

SHOWN = 300
"""Characters of a line that are shown."""
STEPS = 200
"""Of training, where an agent learns."""


class _Timed:
    """An agent whose acts are timed."""

    def __init__(self, agent: ExternalAgent) -> None:
        self._agent = agent
        self.obs_type, self.action_type = agent.obs_type, agent.action_type
        self.reset = agent.reset
        self.seconds: list[float] = []

    def act(self, observation: Any, info: Any) -> int | str:
        began = time.perf_counter()
        try:
            return self._agent.act(observation, info)
        finally:
            self.seconds.append(time.perf_counter() - began)


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
    env_id = textenvs.find_entry(env_id).id
    external = External(parse_reach(reach), limits, terms)
    if terms.sandbox:
        Sandbox().words()
    with TemporaryDirectory() as place:
        saved = None
        try:
            saved = train_external(external, env_id, STEPS, 0, Path(place, "saved"), Path(place, "curve.csv"))
        except (RuntimeError, ValueError, AgentFailure) as error:
            print(f"WRONG training: {_lines(str(error))}")
            return False
        if saved is not None:
            print(f"ok    it learned for {STEPS} steps and was saved as {saved.suffix}; that is loaded now")
        return _play(external, env_id, episodes, saved)


def _play(external: External, env_id: str, episodes: int, saved: Path | None) -> bool:
    began = time.perf_counter()
    with closing(ExternalAgent(external, env_id, saved)) as agent:
        if agent.failure is not None:
            return _failed("hello", agent, str(agent.failure), asked=bool(agent.answered))
        print(f"ok    hello: sees {agent.obs_type}, acts by {agent.action_type} ({time.perf_counter() - began:.1f} s)")
        timed = _Timed(agent)
        played: list[EpisodeRecord] = []
        for record in play_episodes(timed, env_id, "train", [*enumerate(range(episodes)), (0, 0)]):
            if record.failure:
                return _failed(f"episode {len(played)}", agent, record.failure)
            played.append(record)
        again = played.pop()
        acts = sorted(timed.seconds)
        print(
            f"ok    {episodes} episodes of {env_id}, {len(acts)} acts: {1000 * median(acts):.2f} ms each (median), "
            f"{1000 * acts[-1]:.1f} ms at most; mean return {sum(r.episodic_return for r in played) / episodes:.2f}"
        )
        wrong = int(sum(sum(record.reward_terms.get("invalid", ())) for record in played))
        if wrong:
            print(f"note  {wrong} of these acts were impossible, or were not understood")
        if again != played[0]:
            print("note  the same episode with the same seed went otherwise: results will not be the same bytes twice")
        if left := agent.finish():
            return _failed("the end", agent, left, asked=False)
        if not agent.said_goodbye:
            print('note  it did not answer "close"')
        print("ok    it ended, and left nothing behind")
    return True


def _failed(where: str, agent: ExternalAgent, failure: str, asked: bool = True) -> bool:
    print(f"WRONG {where}: {failure}")
    for what, line in (("answered", agent.answered), ("asked", agent.asked)):
        text = printable(line.decode(errors="replace").strip())
        if text and asked:
            print(f"      {what}: {text[:SHOWN]}{' ...' if len(text) > SHOWN else ''}")
    if said := agent.tail.decode(errors="replace").strip():
        print(f"      it printed: {_lines(said)}")
    return False


def _lines(text: str) -> str:
    """Lines below each other, that a terminal shows as they are."""
    return "\n        ".join(map(printable, text.splitlines()))
