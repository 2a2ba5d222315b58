"""The settings of learners that were tuned to a task, from a file beside it, and what tuned learners share."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import gymnasium as gym
from gymnasium.vector import VectorEnv

import textenvs
from textenvs.core.env import TextEnv
from textenvs.core.vector import TextVectorEnv
from textenvs.errors import shown

Config = TypeVar("Config")
Env = gym.Env[Any, Any] | VectorEnv[Any, Any, Any]


FILE = "agents.toml"
"""In the folder of a task: a table of settings for each agent whose own are not as good."""


@cache
def _table(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / FILE
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def tuned(env_id: str, agent: str) -> dict[str, Any]:
    """Settings of an agent for the task of an id; empty where its own are as good, and for environments without task.

    Args:
        env_id: An id.
        agent: Name of the agent.
    """
    folders = {entry.id: entry.folder for entry in textenvs.entries()}
    folder = folders.get(env_id.removeprefix("textenvs:"))
    return dict(_table(folder).get(agent, {})) if folder else {}


def make_config(config_class: Callable[..., Config], env_id: str, agent: str, settings: Mapping[str, Any]) -> Config:
    """The settings of an agent: its own, those tuned to the task of an id, and those that were given.

    Args:
        config_class: A dataclass.
        env_id: An id.
        agent: Name of the agent.
        settings: Those that were given.

    Raises:
        ValueError: For a setting that does not exist; the message lists those that do.
    """
    known = [field.name for field in fields(config_class)]  # type: ignore[arg-type]
    if not settings.keys() <= set(known):
        given = shown(", ".join(settings)).strip("'")
        raise ValueError(f"unknown setting among {given}: there are {', '.join(known)}")
    return config_class(**{**tuned(env_id, agent), **settings})


def of_this_suite(env: Env) -> bool:
    """Whether an environment, single or vector, is one of ours: they have `obs_type` and `action_type`."""
    inner = env.unwrapped
    return isinstance(inner, (TextEnv, TextVectorEnv)) or any(
        isinstance(each.unwrapped, TextEnv) for each in getattr(inner, "envs", ())
    )


def call_for_batch(env: Any, rows: int | str, obs_type: str) -> str:
    """The call that makes a batch in autoreset mode SAME_STEP, for an error.

    Args:
        env: What was given instead of it, of our suite or of others.
        rows: Number of rows.
        obs_type: The observations, where the environments are ours.
    """
    if isinstance(env, (gym.Env, VectorEnv)) and not of_this_suite(env):
        how = 'vectorization_mode="sync", vector_kwargs={"autoreset_mode": "SameStep"}'
    else:
        how = f'obs_type="{obs_type}", autoreset_mode="SameStep"'
    return f"gymnasium.make_vec(env_id, {rows}, {how})"


class TunedAgent:
    """A learner whose settings are tuned to the task.

    Args:
        env_id: The id it will play, to whose task the settings are tuned; it may be any other.
        env_kwargs: Not needed.
        **settings: Fields of the config that are not as they are tuned.

    Raises:
        ValueError: For a setting that does not exist or is out of range.
    """

    action_type = "choice"
    name: ClassVar[str]
    config_class: ClassVar[Callable[..., Any]]
    """A frozen dataclass that checks its fields."""

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], **settings: Any) -> None:
        self.settings = make_config(self.config_class, env_id, self.name, settings)

    @property
    def config(self) -> dict[str, Any]:
        """What stands in a record."""
        return asdict(self.settings)

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def untrained(self) -> ValueError:
        """The error to raise where it is to act before it has learned."""
        return ValueError(f"{self.name} has learned nothing yet: 'textenvs train {self.name}', then --load it")
