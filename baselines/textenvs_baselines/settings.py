"""The settings of learners that were tuned to a task, from one file."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import textenvs


@cache
def _table() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(files(__package__).joinpath("settings.toml").read_text(encoding="utf-8"))


def tuned(env_id: str, agent: str) -> dict[str, Any]:
    """Settings of an agent for the task of an id; empty where its own are as good, and for ids of others.

    Args:
        env_id: An id.
        agent: Name of the agent.
    """
    if env_id.removeprefix("textenvs:") not in textenvs.IDS:
        return {}
    return dict(_table().get(textenvs.find_entry(env_id).task, {}).get(agent, {}))
