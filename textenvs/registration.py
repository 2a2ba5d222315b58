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
        summary: What is to be done, in a sentence.
        credits: Whose texts and facts are shown in it, and under which licence; "" where they are our own.
    """

    id: str
    task: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    summary: str = ""
    credits: str = ""


WIKIPEDIA = "introductions of articles of the English Wikipedia, by its contributors: CC BY-SA 4.0"
MULTIWOZ = "restaurants of Cambridge, with their addresses and telephone numbers, from MultiWOZ: Apache-2.0"
ENTRIES = (
    Entry(
        "TextDialogue-v0",
        "textenvs.tasks.dialogue:Dialogue",
        {"error_rate": 0.15},
        ("exploration", "memory", "noise", "planning", "generalisation"),
        "Book a real restaurant for a user who hides what they want; 15 % of what they say is misheard.",
        MULTIWOZ,
    ),
    Entry(
        "TextDialogueClean-v0",
        "textenvs.tasks.dialogue:Dialogue",
        {"error_rate": 0.0},
        ("exploration", "memory", "planning", "generalisation"),
        "Book a real restaurant for a user who hides what they want; nothing is misheard.",
        MULTIWOZ,
    ),
    Entry(
        "TextDialogueNoisy-v0",
        "textenvs.tasks.dialogue:Dialogue",
        {"error_rate": 0.3},
        ("exploration", "memory", "noise", "planning", "generalisation"),
        "Book a real restaurant for a user who hides what they want; 30 % of what they say is misheard.",
        MULTIWOZ,
    ),
    Entry(
        "TextQA-v0",
        "textenvs.tasks.qa:QA",
        {},
        ("exploration", "memory", "generalisation", "language"),
        "Answer a question from a library of facts: search, open pages, follow links, answer or abstain.",
    ),
    Entry(
        "TextQAWiki-v0",
        "textenvs.tasks.qa:QA",
        {"source": "wikipedia"},
        ("exploration", "memory", "generalisation", "language"),
        "Answer a question from 10,033 introductions of Wikipedia: search, open, follow links, answer or abstain.",
        WIKIPEDIA,
    ),
    Entry(
        "TextWriting-v0",
        "textenvs.tasks.writing:Writing",
        {},
        ("generalisation", "language"),
        "Proofread a draft of up to three mistakes, with a tool that also points at much that is right.",
    ),
    Entry(
        "TextWritingHard-v0",
        "textenvs.tasks.writing:Writing",
        {"mistakes": "many", "reasons": False},
        ("generalisation", "language"),
        "Proofread a draft of up to four mistakes; the tool does not say why it points at a place.",
    ),
    Entry(
        "TextWritingWiki-v0",
        "textenvs.tasks.writing:Writing",
        {"source": "wikipedia"},
        ("generalisation", "language"),
        "Proofread an introduction of Wikipedia with up to three mistakes, with a tool that points at more.",
        WIKIPEDIA,
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
