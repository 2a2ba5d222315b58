"""Who plays, what happened, and whether it is true."""

from textenvs.errors import Halt
from textenvs.evaluation.agent import (
    Agent,
    AgentFailure,
    BatchAgent,
    Learner,
    Training,
    agent_modules,
    agent_names,
    agent_origin,
    check_option_names,
    check_options,
    find_agent,
    load_agent,
    reference_names,
    summary_of,
)
from textenvs.evaluation.policy import PolicyAgent, ReferenceFactory, load_policy, make_policy
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
    "PolicyAgent",
    "RecordFile",
    "ReferenceFactory",
    "Replayer",
    "Training",
    "agent_modules",
    "agent_names",
    "agent_origin",
    "check_option_names",
    "check_options",
    "episode_seed",
    "evaluate",
    "find_agent",
    "load_agent",
    "load_policy",
    "make_policy",
    "play_episodes",
    "read_records",
    "reference_names",
    "replay",
    "secret_seed",
    "summary_of",
    "write_records",
]
