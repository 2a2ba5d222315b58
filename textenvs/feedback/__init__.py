"""Reinforcement learning from AI feedback, measured against the truth.

A judge compares what agents have said; a reward model learns what it likes; a policy learns from the model, or from
the judge directly. As the tasks are solved exactly, it is known exactly what comes of it: how much of it was wanted,
and the most that could have been had.
"""

from textenvs.core.solve import Rewards
from textenvs.feedback.candidates import UNITS, Candidate, Collector, Pair, Step
from textenvs.feedback.encoders import ENCODERS
from textenvs.feedback.endpoint_judge import EndpointJudge, EndpointJudgeConfig
from textenvs.feedback.frontier import Frontier, Point, evaluate, soft_optimum
from textenvs.feedback.judges import INJECTION, Judge, ScriptedJudge
from textenvs.feedback.model_judges import EmbeddingJudge, LikelihoodJudge, ScoringJudge
from textenvs.feedback.policies import best_of, learn, policy_of, softened
from textenvs.feedback.preferences import (
    Preference,
    check_preferences,
    flip_rate,
    from_chosen_rejected,
    injection_rate,
    label_pairs,
    read_preferences,
    to_chosen_rejected,
    write_preferences,
)
from textenvs.feedback.proxy import ProxyReward, ProxyTask, penalised
from textenvs.feedback.reward_model import RewardModel, fit_bradley_terry
from textenvs.feedback.scene import Scene, load_scenes, score_of

__all__ = [
    "ENCODERS",
    "INJECTION",
    "UNITS",
    "Candidate",
    "Collector",
    "EmbeddingJudge",
    "EndpointJudge",
    "EndpointJudgeConfig",
    "Frontier",
    "Judge",
    "LikelihoodJudge",
    "Pair",
    "Point",
    "Preference",
    "ProxyReward",
    "ProxyTask",
    "RewardModel",
    "Rewards",
    "Scene",
    "ScoringJudge",
    "ScriptedJudge",
    "Step",
    "best_of",
    "check_preferences",
    "evaluate",
    "fit_bradley_terry",
    "flip_rate",
    "from_chosen_rejected",
    "injection_rate",
    "label_pairs",
    "learn",
    "load_scenes",
    "penalised",
    "policy_of",
    "read_preferences",
    "score_of",
    "soft_optimum",
    "softened",
    "to_chosen_rejected",
    "write_preferences",
]
