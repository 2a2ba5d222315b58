"""The table of environments: everything that is registered stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym

from textenvs.core.loading import load_task
from textenvs.core.mdp import Task
from textenvs.data import load_json
from textenvs.errors import unknown


@dataclass(frozen=True)
class Entry:
    """One registered environment.

    Attributes:
        id: Its Gymnasium id; a variant goes before the version.
        task: Entry point of its task, "module:Class".
        parameters: The task's parameters.
        capabilities: What it asks of an agent.
    """

    id: str
    task: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()


ENTRIES = (
    Entry(
        "TextDialogue-v0",
        "textenvs.tasks.dialogue:Dialogue",
        {"error_rate": 0.15},
        ("exploration", "memory", "noise", "planning", "generalisation"),
    ),
    Entry(
        "TextDialogueClean-v0",
        "textenvs.tasks.dialogue:Dialogue",
        {"error_rate": 0.0},
        ("exploration", "memory", "planning", "generalisation"),
    ),
    Entry(
        "TextDialogueNoisy-v0",
        "textenvs.tasks.dialogue:Dialogue",
        {"error_rate": 0.3},
        ("exploration", "memory", "noise", "planning", "generalisation"),
    ),
    Entry("TextQA-v0", "textenvs.tasks.qa:QA", {}, ("exploration", "memory", "generalisation", "language")),
    Entry(
        "TextQAWiki-v0",
        "textenvs.tasks.qa:QA",
        {"source": "wikipedia"},
        ("exploration", "memory", "generalisation", "language"),
    ),
    Entry("TextWriting-v0", "textenvs.tasks.writing:Writing", {}, ("generalisation", "language")),
    Entry(
        "TextWritingHard-v0",
        "textenvs.tasks.writing:Writing",
        {"mistakes": "many", "reasons": False},
        ("generalisation", "language"),
    ),
    Entry(
        "TextWritingWiki-v0",
        "textenvs.tasks.writing:Writing",
        {"source": "wikipedia"},
        ("generalisation", "language"),
    ),
)
IDS = tuple(entry.id for entry in ENTRIES)


def find_entry(env_id: str) -> Entry:
    """The entry of an id.

    Raises:
        ValueError: If there is no such id; the message names the near ones.
    """
    for entry in ENTRIES:
        if entry.id == env_id.removeprefix("textenvs:"):
            return entry
    raise unknown("environment", env_id, IDS)


def task_of(env_id: str, **parameters: Any) -> Task:
    """The task of an id: its actions, horizon, reward terms and instructions.

    Args:
        env_id: A registered id.
        **parameters: Parameters that replace those of the id.
    """
    entry = find_entry(env_id)
    return load_task(entry.task, {**entry.parameters, **parameters})


def register_all() -> None:
    """Registers every entry with Gymnasium."""
    scores = load_json("reference_scores.json")
    for entry in ENTRIES:
        known = scores.get(entry.id)
        gym.register(
            id=entry.id,
            entry_point="textenvs.core.env:TextEnv",
            vector_entry_point="textenvs.core.vector:TextVectorEnv",
            reward_threshold=known["train"]["optimal"] if known else None,
            order_enforce=False,  # it sees to that itself, and a wrapper costs time
            disable_env_checker=True,  # the tests have checked it
            kwargs={"task": entry.task, **entry.parameters},
        )
