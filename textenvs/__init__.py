"""A Gymnasium suite of text tasks with exact optima.

Importing it registers the environments: `gymnasium.make("TextDialogue-v0")`.
"""

from textenvs.core.cache import source_hash
from textenvs.core.mdp import SPLITS
from textenvs.core.spaces import ACTION_TYPES, OBS_TYPES
from textenvs.evaluation import Agent, EpisodeRecord, evaluate, load_agent
from textenvs.explanation import Explainer
from textenvs.reference import ReferenceScores, instructions, reference_scores, solve
from textenvs.registration import ENTRIES, IDS, find_entry, register_all, task_of

__version__ = "0.1.0.dev0"
__all__ = [
    "ACTION_TYPES",
    "ENTRIES",
    "IDS",
    "OBS_TYPES",
    "SPLITS",
    "Agent",
    "EpisodeRecord",
    "Explainer",
    "ReferenceScores",
    "evaluate",
    "find_entry",
    "instructions",
    "load_agent",
    "reference_scores",
    "solve",
    "source_hash",
    "task_of",
]

register_all()
