"""A Gymnasium suite of text tasks with exact optima.

Importing it registers the environments: `gymnasium.make("TextDialogue-v0")`.
"""

from textenvs.core.cache import source_hash
from textenvs.evaluation import Agent, EpisodeRecord, evaluate, load_agent
from textenvs.reference import ReferenceScores, instructions, reference_scores, solve
from textenvs.registration import ENTRIES, IDS, find_entry, register_all, task_of

__version__ = "0.1.0.dev0"
__all__ = [
    "ENTRIES",
    "IDS",
    "Agent",
    "EpisodeRecord",
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
