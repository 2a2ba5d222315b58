"""What a study of feedback does: which judge, how many pairs, which models and learners."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import textenvs
from textenvs.errors import shown, unknown
from textenvs.evaluation import check_options
from textenvs.feedback import ENCODERS, UNITS, Judge, ScriptedJudge

WAYS = ("canonical", "direct")
"""A policy learns from a reward model, or from the judge's score of each act (d-RLAIF, Lee et al. 2023)."""
JUDGES = ("scripted",)
ERRORS = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Of the ladder: how often the judge is wrong."""
BUDGETS = (100, 500, 5000)
"""Of the ladder: pairs."""
DEEP = ((0.0, 500), (0.4, 500))
"""Of the ladder: what PPO learns from."""


@dataclass(frozen=True)
class Plan:
    """A study.

    Attributes:
        env_id: What is played.
        judge: Name of the judge.
        dials: Its settings.
        unit: What it compares: "episodes" or "replies".
        pairs: How many pairs it is shown.
        held_out: How many more, to test the reward model on.
        encoder: What the reward model sees.
        members: Size of its ensemble.
        ridge: Its penalty on squared weights.
        agent: Who learns.
        options: Its settings.
        steps: Environment steps of learning.
        ways: Of learning: "canonical", "direct".
        penalties: On the divergence from the reference, in gold reward for a nat; each makes a policy.
        reference: The agent from which policies begin, and whose rollouts are compared;
        explore: how often it does anything instead.
        scenarios: How many scenarios of train are played.
        seeds: How many times all of it is done.
    """

    env_id: str
    judge: str = "scripted"
    dials: Mapping[str, Any] = field(default_factory=dict)
    unit: str = "episodes"
    pairs: int = 500
    held_out: int = 500
    encoder: str = "terms"
    members: int = 1
    ridge: float = 1.0
    agent: str = "q_learning"
    options: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 100_000
    ways: tuple[str, ...] = WAYS
    penalties: tuple[float, ...] = (0.0, 0.3, 1.0)
    reference: str = "rule"
    explore: float = 0.5
    scenarios: int = 32
    seeds: int = 5

    def __post_init__(self) -> None:
        """Checks names and ranges."""
        textenvs.find_entry(self.env_id)
        known = (("unit", self.unit, UNITS), ("encoder", self.encoder, ENCODERS), ("judge", self.judge, JUDGES))
        for name, value, names in (*known, *(("way", way, WAYS) for way in self.ways)):
            if value not in names:
                raise unknown(name, value, names)
        for name, low in (("pairs", 1), ("held_out", 0), ("members", 1), ("steps", 1), ("scenarios", 1), ("seeds", 1)):
            value = getattr(self, name)
            if type(value) is not int or value < low:
                raise ValueError(f"{name} must be a whole number from {low} on, got {shown(value)}")
        if not 0.0 < self.explore <= 1.0:
            raise ValueError(f"explore must be above 0 and at most 1, got {shown(self.explore)}")
        if not self.penalties or min(self.penalties) < 0.0:
            raise ValueError("penalties must be numbers from 0 on, one at least")
        check_options(self.agent, dict(self.options))
        self.make_judge()

    def make_judge(self) -> Judge:
        """The judge.

        Raises:
            ValueError: If it has no such dial.
        """
        known = [each.name for each in fields(ScriptedJudge)]
        for dial in self.dials:
            if dial not in known:
                raise unknown("dial of the judge", dial, known)
        return ScriptedJudge(**self.dials)

    def ladder(self, deep: bool) -> list[Plan]:
        """The ladder of noise: judges that are wrong more and more often, and budgets of pairs.

        Args:
            deep: Whether PPO learns too.
        """
        base = replace(self, ways=("canonical",), penalties=(0.0,))
        cells = [replace(base.with_dials(error=error), pairs=pairs) for pairs in BUDGETS for error in ERRORS]
        if deep:
            cells += [
                replace(base.with_dials(error=error), pairs=pairs, agent="ppo", options={}) for error, pairs in DEEP
            ]
        return cells

    def sweep(self, dials: Mapping[str, Sequence[float]], budgets: Sequence[int]) -> list[Plan]:
        """Studies with all combinations of dials and budgets."""
        settings = [dict(zip(dials, values, strict=True)) for values in itertools.product(*dials.values())]
        return [
            replace(self.with_dials(**setting), pairs=pairs)
            for pairs in budgets or (self.pairs,)
            for setting in settings
        ]

    def with_dials(self, **dials: Any) -> Plan:
        """The same with other dials of the judge."""
        return replace(self, dials={**self.dials, **dials})

    @property
    def dial(self) -> str:
        """The judge's settings, as they stand in tables."""
        return ", ".join(f"{name} {value:g}" for name, value in sorted(self.dials.items())) or "always right"

    def digest(self, *names: str) -> str:
        """A hash of some of its fields, and of what decides the environment."""
        told = {name: value for name, value in asdict(self).items() if name in names}
        source = textenvs.source_hash(textenvs.find_entry(self.env_id).task)
        return hashlib.sha256(json.dumps([source, told], sort_keys=True, default=str).encode()).hexdigest()[:16]
