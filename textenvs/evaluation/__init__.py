"""Who plays, what happened, and whether it is true."""

from textenvs.evaluation.agent import Agent, Learner, Training, agent_names, find_agent, load_agent
from textenvs.evaluation.record import EpisodeRecord, Header, read_records, write_records
from textenvs.evaluation.rollout import Replayer, episode_seed, evaluate, replay

__all__ = [
    "Agent",
    "EpisodeRecord",
    "Header",
    "Learner",
    "Replayer",
    "Training",
    "agent_names",
    "episode_seed",
    "evaluate",
    "find_agent",
    "load_agent",
    "read_records",
    "replay",
    "write_records",
]
