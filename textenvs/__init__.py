"""A Gymnasium suite of text tasks with exact optima.

Importing it registers the environments: `gymnasium.make("TextDialogue-v0")`.
"""

from textenvs.core.mdp import SPLITS
from textenvs.core.spaces import ACTION_TYPES, OBS_TYPES
from textenvs.documentation import documentation, tools
from textenvs.drift import identity
from textenvs.evaluation import Agent, EpisodeRecord, evaluate, load_agent
from textenvs.explanation import Explainer
from textenvs.reference import ReferenceScores, instructions, reference_scores, solve
from textenvs.registration import entries, find_entry, register_all, register_task, task_of

__version__ = "0.1.0.dev0"
__all__ = [
    "ACTION_TYPES",
    "IDS",
    "OBS_TYPES",
    "SPLITS",
    "Agent",
    "EpisodeRecord",
    "Explainer",
    "ReferenceScores",
    "documentation",
    "entries",
    "evaluate",
    "find_entry",
    "identity",
    "instructions",
    "load_agent",
    "reference_scores",
    "register_task",
    "solve",
    "task_of",
    "tools",
]

register_all()
IDS = tuple(entry.id for entry in entries() if entry.task.startswith("textenvs."))
"""Ids of the environments of this package."""
