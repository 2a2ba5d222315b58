"""Who plays, what happened, and whether it is true."""

from textenvs.errors import Halt
from textenvs.evaluation.agent import (
    Agent,
    AgentFailure,
    BatchAgent,
    Learner,
    Training,
    agent_names,
    agent_origin,
    check_option_names,
    check_options,
    find_agent,
    load_agent,
)
from textenvs.evaluation.record import (
    FAILURES,
    EpisodeRecord,
    Header,
    NoRecords,
    RecordFile,
    read_records,
    write_records,
)
from textenvs.evaluation.rollout import Replayer, evaluate, play_episodes, replay
from textenvs.evaluation.seeds import episode_seed, secret_seed

__all__ = [
    "FAILURES",
    "Agent",
    "AgentFailure",
    "BatchAgent",
    "EpisodeRecord",
    "Halt",
    "Header",
    "Learner",
    "NoRecords",
    "RecordFile",
    "Replayer",
    "Training",
    "agent_names",
    "agent_origin",
    "check_option_names",
    "check_options",
    "episode_seed",
    "evaluate",
    "find_agent",
    "load_agent",
    "play_episodes",
    "read_records",
    "replay",
    "secret_seed",
    "write_records",
]
