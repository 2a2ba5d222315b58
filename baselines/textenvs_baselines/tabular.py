"""What tabular learners share: a table, the loop over an environment, and saving.

The learners work on any Gymnasium environment with discrete observations and actions, single or vector, and respect
`info["action_mask"]` where there is one.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

import textenvs
from textenvs.errors import shown
from textenvs.evaluation import Training
from textenvs.evaluation.record import from_json
from textenvs_baselines.fast import train_on_tables, with_tables
from textenvs_baselines.numbering import Spaces
from textenvs_baselines.schedule import Config, Explorer, greedy
from textenvs_baselines.settings import Env, TunedAgent
from textenvs_baselines.table_file import DAMAGED, ENTRIES, read_array

FORMAT = "textenvs-table/1"
PROGRESS_STEPS = 2000


class TabularAgent(TunedAgent):
    """A table of action values, greedy when it plays, epsilon-greedy when it learns; made as `TunedAgent`."""

    obs_type = "discrete"
    on_policy: ClassVar[bool]
    """Whether an entry moves towards the value of the next action, or of the best. Here the learners differ."""
    config_class: ClassVar[type[Config]] = Config
    settings: Config

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(env_id, env_kwargs, **settings)
        self.values: list[list[float]] = []
        self.counts: list[list[int]] = []
        self._spaces: Spaces | None = None

    @property
    def config(self) -> dict[str, Any]:
        """What stands in a record: `step_size` only where it is set, which older records do not know."""
        config = super().config
        if config["step_size"] == 1.0:
            del config["step_size"]
        return config

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        """The legal action of the largest value; the first of equals."""
        if not self.values:
            raise self.untrained()
        if self._spaces is not None:
            number = self._spaces.observations.number(observation)
            return self._spaces.actions.value(greedy(self.values[number], _legal(info, len(self.values[0]))))
        if not 0 <= int(observation) < len(self.values):
            raise ValueError(
                f"observation {observation} is not in the table of {len(self.values)}: it is of another id"
            )
        return greedy(self.values[int(observation)], _legal(info, len(self.values[0])))

    def train(
        self,
        env: Env,
        total_steps: int,
        seed: int = 0,
        progress: Callable[[int], None] | None = None,
    ) -> Training:
        """Learns from an environment.

        Args:
            env: With observations and actions that are discrete, or made of discrete parts (`MultiDiscrete`, `Tuple`);
                single, or vector in autoreset mode NEXT_STEP. An action mask is of the numbers of the actions, which
                `textenvs_baselines.numbering.Numbering` gives.
            total_steps: Environment steps to take.
            seed: Seeds environment and exploration.
            progress: Called with the number of steps since the last call, now and then.

        Returns:
            The steps taken, and the learning curve.

        Raises:
            ValueError: If a space cannot be numbered, or a table that was loaded does not fit; the message says what
                to do instead.
        """
        if isinstance(env, VectorEnv) and env.metadata.get("autoreset_mode") != AutoresetMode.NEXT_STEP:
            raise ValueError(f"{self.name} needs a vector environment in autoreset mode NEXT_STEP")
        env = self._numbered(env)
        explorer = Explorer(self.settings, total_steps, seed, self.values)
        report = progress or (lambda steps: None)
        if isinstance(env, VectorEnv):
            return self._train_vector(env, total_steps, seed, explorer, report)
        own = with_tables(env)
        if own is not None and type(self).learn is TabularAgent.learn:
            return train_on_tables(self, own, explorer, total_steps, seed, report)
        return self._train_single(env, total_steps, seed, explorer, report)

    def _numbered(self, env: Env) -> Env:
        """The environment by numbers, and a table that fits it."""
        spaces = Spaces.of(env, self.name)
        observations, actions = spaces.observations, spaces.actions
        size = (observations.n, actions.n)
        if not self.values:
            if math.prod(size) > ENTRIES:
                raise ValueError(f"a table of {size[0]} x {size[1]} is too large: it may have {ENTRIES:,} entries")
            self.values = [[self.settings.initial] * actions.n for _ in range(observations.n)]
            self.counts = [[0] * actions.n for _ in range(observations.n)]
        elif size != (len(self.values), len(self.values[0])):
            raise ValueError(
                f"the table of {len(self.values)} x {len(self.values[0])} does not fit an environment of {size[0]} "
                f"observations and {size[1]} actions: take an agent that has not learned yet"
            )
        self._spaces = None if observations.plain and actions.plain else spaces
        return spaces.numbered(env)

    def following(self, values: list[float], legal: list[int], action: int) -> float:
        """The value of what follows a step.

        Args:
            values: The next observation's entries.
            legal: Its legal actions.
            action: The action that will be taken there.
        """
        return values[action] if self.on_policy else max([values[a] for a in legal])

    def learn(self, s: int, a: int, reward: float, following: float) -> None:
        """Moves an entry towards its target, `reward` and the discounted value of what follows."""
        settings = self.settings
        count = self.counts[s][a] = self.counts[s][a] + 1
        row = self.values[s]
        row[a] += settings.size_of_update(count) * (reward + settings.discount * following - row[a])

    def _train_single(
        self, env: gym.Env[Any, Any], total_steps: int, seed: int, explorer: Explorer, progress: Callable[[int], None]
    ) -> Training:
        n_actions = len(self.values[0])
        curve: list[tuple[int, float]] = []
        observation, info = env.reset(seed=seed)
        s = int(observation)
        a = explorer.choose(0, s, _legal(info, n_actions))
        total = 0.0
        for step in range(1, total_steps + 1):
            observation, reward, terminated, truncated, info = env.step(a)
            total += float(reward)
            next_s = int(observation)
            legal = _legal(info, n_actions)
            next_a = explorer.choose(step, next_s, legal)
            self.learn(s, a, float(reward), 0.0 if terminated else self.following(self.values[next_s], legal, next_a))
            if terminated or truncated:
                curve.append((step, total))
                total = 0.0
                observation, info = env.reset()
                next_s = int(observation)
                next_a = explorer.choose(step, next_s, _legal(info, n_actions))
            s, a = next_s, next_a
            if step % PROGRESS_STEPS == 0:
                progress(PROGRESS_STEPS)
        return Training(total_steps, curve)

    def _train_vector(
        self,
        env: VectorEnv[Any, Any, Any],
        total_steps: int,
        seed: int,
        explorer: Explorer,
        progress: Callable[[int], None],
    ) -> Training:
        n_actions = len(self.values[0])
        curve: list[tuple[int, float]] = []
        observations, info = env.reset(seed=seed)
        s = observations.tolist()
        masks = info.get("action_mask")
        a = [explorer.choose(i, s[i], _row_legal(masks, i, n_actions)) for i in range(env.num_envs)]
        totals, began = [0.0] * env.num_envs, [False] * env.num_envs
        step, moment, reported = 0, 0, 0
        while step < total_steps:
            moment += env.num_envs
            observations, rewards, terminated, truncated, info = env.step(np.array(a))
            masks = info.get("action_mask")
            for i, (next_s, reward) in enumerate(zip(observations.tolist(), rewards.tolist(), strict=True)):
                legal = _row_legal(masks, i, n_actions)
                next_a = explorer.choose(moment + i, next_s, legal)
                if not began[i]:
                    step += 1
                    totals[i] += reward
                    ahead = 0.0 if terminated[i] else self.following(self.values[next_s], legal, next_a)
                    self.learn(s[i], a[i], reward, ahead)
                began[i] = bool(terminated[i] or truncated[i])
                if began[i]:
                    curve.append((step, totals[i]))
                    totals[i] = 0.0
                s[i], a[i] = next_s, next_a
            if step - reported >= PROGRESS_STEPS:
                progress(step - reported)
                reported = step
        return Training(step, curve)

    def save(self, path: str | Path) -> None:
        """Saves table and settings as an npz file, without pickle."""
        meta = {"format": FORMAT, "agent": self.name, "config": self.config}
        if self._spaces is not None:
            meta["spaces"] = self._spaces.described()
        told = json.dumps(meta)
        with Path(path).open("wb") as file:
            np.savez_compressed(file, values=np.array(self.values), counts=np.array(self.counts), meta=np.array(told))

    @classmethod
    def load(cls, path: str | Path, env_id: str = "", env_kwargs: Mapping[str, Any] | None = None) -> TabularAgent:
        """Loads what `save` has saved.

        Raises:
            ValueError: If the file is not such a table; nothing in it is ever executed.
        """
        try:
            with Path(path).open("rb") as opened, zipfile.ZipFile(opened) as archive:
                values, counts, told = (read_array(archive, name) for name in ("values", "counts", "meta"))
            meta = from_json(str(told).encode())
            if not isinstance(meta, dict) or (meta.get("format"), meta.get("agent")) != (FORMAT, cls.name):
                raise ValueError(f"it does not say that it is a {cls.name} of format {FORMAT}")
            if not isinstance(config := meta.get("config"), dict):
                raise ValueError(f"its settings must be a table, got {shown(config)}")
            if values.ndim != 2 or 0 in values.shape or values.dtype.kind != "f" or not np.isfinite(values).all():
                raise ValueError("its table is not a matrix of numbers")
            if counts.shape != values.shape or counts.dtype.kind != "i" or (counts < 0).any():
                raise ValueError("its counts are not a matrix of whole numbers from 0")
            if env_id in textenvs.IDS and values.shape != (size := _table_size(env_id)):
                raise ValueError(f"its table is {values.shape}, that of {env_id} {size}: it is of another id")
            agent = cls(env_id, env_kwargs or {}, **config)
            if "spaces" in meta:
                agent._spaces = Spaces.from_description(meta["spaces"], values.shape)
        except FileNotFoundError:
            raise ValueError(f"{path}: there is no such file") from None
        except (OSError, *DAMAGED):
            raise ValueError(f"{path} is not a saved {cls.name} table: train it again") from None
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path} is not a saved {cls.name} table ({error}): train it again") from None
        agent.values, agent.counts = values.tolist(), counts.tolist()
        return agent


def _table_size(env_id: str) -> tuple[int, int]:
    """How many observations an id has, and how many actions."""
    task = textenvs.task_of(env_id)
    return task.n_observations, task.n_actions


def _row_legal(masks: NDArray[Any] | None, i: int, n_actions: int) -> list[int]:
    """The legal actions of a row of a batch."""
    return _legal({} if masks is None else {"action_mask": masks[i]}, n_actions)


_ALL: dict[int, list[int]] = {}
_MASKS: dict[tuple[str, bytes], list[int]] = {}


def _legal(info: Mapping[str, Any], n_actions: int) -> list[int]:
    """The legal actions; all where there is no mask."""
    mask = info.get("action_mask")
    if mask is None:
        return _ALL.setdefault(n_actions, list(range(n_actions)))
    return legal_actions(mask)


def legal_actions(mask: NDArray[Any]) -> list[int]:
    """The actions that a mask allows, remembered by the mask."""
    key = (mask.dtype.char, mask.tobytes())
    legal = _MASKS.get(key)
    if legal is None:
        legal = _MASKS[key] = np.flatnonzero(mask).tolist()
    return legal
