"""Tabular learning at the speed of the tables, where that gives the same as the loop over the environment."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, ClassVar, Protocol

import gymnasium as gym
import numpy as np
from gymnasium.utils import seeding

from textenvs.core import chance
from textenvs.core.env import TextEnv
from textenvs.core.loading import load_tables
from textenvs.evaluation import Training
from textenvs_baselines.schedule import Config, Explorer

CHUNK = 2**17
"""Steps between two reports of progress."""


class Learner(Protocol):
    """What learns: `textenvs_baselines.tabular.TabularAgent`.

    Attributes:
        settings: Its settings.
        on_policy: Whether an entry moves towards the value of the next action, or of the best.
        values: (observations, actions) action values.
        counts: (observations, actions) number of updates.
    """

    settings: Config
    on_policy: ClassVar[bool]
    values: list[list[float]]
    counts: list[list[int]]


def with_tables(env: gym.Env[Any, Any]) -> TextEnv | None:
    """The environment, if it can be learned from its tables.

    It must be one of this suite without wrappers, on a split of a single scenario, whose tables are kept; and
    the extra `fast`, numba, must be installed.
    """
    if type(env) is not TextEnv or find_spec("numba") is None:
        return None
    single = env.task.n_scenarios(env.split) == 1 and env.task.compilable
    return env if single else None


def train_on_tables(
    agent: Learner,
    env: TextEnv,
    explorer: Explorer,
    total_steps: int,
    seed: int,
    progress: Callable[[int], None],
) -> Training:
    """Learns as `TabularAgent.train` does, to the bit, at several million steps a second.

    Args:
        agent: What learns; its values and counts are replaced.
        env: What `with_tables` gives.
        explorer: Its exploration.
        total_steps: Steps to take.
        seed: Seed of the environment.
        progress: Called with the number of steps since the last call.
    """
    from textenvs_baselines import compiled

    settings = agent.settings
    generator, _ = seeding.np_random(seed)
    key = int(generator.integers(2**64, dtype=np.uint64))
    weights = tuple(env.reward_weights.values())
    game = compiled.as_game(env.task, load_tables(env.task, env.split), weights, key)
    values, counts = np.array(agent.values, np.float64), np.array(agent.counts, np.int64)
    rule = compiled.Rule(
        compiled.stream_start(explorer.key, chance.EXPLORE),
        explorer.start,
        explorer.slope,
        explorer.end,
        float(settings.discount),
        _step_sizes(settings.size_of_update, int(counts.max()) + total_steps),
        agent.on_policy,
    )
    ends, returns = np.zeros(CHUNK, np.int64), np.zeros(CHUNK)
    curve: list[tuple[int, float]] = []
    place = compiled.begin(game, rule, values)
    for taken in range(0, total_steps, CHUNK):
        steps = min(CHUNK, total_steps - taken)
        place, n = compiled.learn(game, rule, values, counts, place, steps, ends, returns)
        curve += zip(ends[:n].tolist(), returns[:n].tolist(), strict=True)
        progress(steps)
    agent.values, agent.counts = values.tolist(), counts.tolist()
    return Training(total_steps, curve)


def _step_sizes(size_of_update: Callable[[int], float], most: int) -> Any:
    """The step size of each update, up to that from which on it does not change; entry 0 is not used."""
    sizes = [0.0]
    for n in range(1, most + 1):
        sizes.append(size_of_update(n))
        if n > 1 and sizes[-1] == sizes[-2]:
            break
    return np.array(sizes)
