"""The observation and action spaces of a task, fresh for each environment: a space has a random generator."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from gymnasium import spaces

from textenvs.core.mdp import Task
from textenvs.errors import unknown

OBS_TYPES = ("text", "features", "discrete")
ACTION_TYPES = ("choice", "text", "reply")
CHARSET = string.ascii_letters + string.digits + string.punctuation + " \n"
"""Characters of a text observation: printable ASCII and the line break."""
MAX_SENTENCE = 4096
"""Characters of a free sentence at most."""


def observation_space(task: Task, obs_type: str) -> spaces.Space[Any]:
    """The space of one observation type.

    Raises:
        ValueError: If there is no such type.
    """
    if obs_type == "text":
        return spaces.Text(task.max_length, min_length=0, charset=CHARSET)
    if obs_type == "features":
        return spaces.Box(0.0, 1.0, (len(task.feature_names) + 1,), np.float32)
    if obs_type == "discrete":
        return spaces.Discrete(task.n_observations)
    raise unknown("obs_type", obs_type, OBS_TYPES)


def action_space(task: Task, action_type: str) -> spaces.Space[Any]:
    """The space of one action type.

    Raises:
        ValueError: If there is no such type.
    """
    if action_type == "choice":
        return spaces.Discrete(task.n_actions)
    if action_type in ACTION_TYPES:
        return spaces.Text(MAX_SENTENCE, min_length=0, charset=CHARSET)
    raise unknown("action_type", action_type, ACTION_TYPES)
