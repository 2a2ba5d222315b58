"""What a study of feedback does: which judge, how many pairs, which models and learners."""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

import textenvs
from textenvs.errors import folder_of, shown, unknown
from textenvs.evaluation import check_options, find_agent
from textenvs.feedback import (
    ENCODERS,
    UNITS,
    Judge,
    ScriptedJudge,
)
from textenvs_benchmarks.feedback.judges import JUDGES, NEEDS, make_judge, missing, module_of
from textenvs_benchmarks.folder import agent_source, environment_source, hash_of, sources_beside

WAYS = ("canonical", "direct")
"""A policy learns from a reward model, or from the judge's score of each act (d-RLAIF, Lee et al. 2023)."""
ERRORS = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Of the ladder: how often the judge is wrong."""
BUDGETS = (100, 500, 5000)
"""Of the ladder: pairs."""
DEEP = ((0.0, 500), (0.4, 500))
"""Of the ladder: what PPO learns from."""


@cache
def feedback_source() -> str:
    """Hash of the sources of `textenvs.feedback`."""
    return hash_of(sources_beside(ScriptedJudge))


def plans_of(arguments: argparse.Namespace) -> list[Plan]:
    """The studies that a command line asks for.

    Raises:
        ValueError: For a name or value that cannot be.
    """
    for key, _ in arguments.set:
        whose, _, name = key.partition(".")
        if not name or whose not in ("judge", "agent", *JUDGES):
            raise ValueError(f"--set must be judge.KEY=VALUE, NAME.KEY=VALUE or agent.KEY=VALUE, got {shown(key)}")
        if whose in JUDGES and whose not in arguments.judge:
            raise ValueError(f"--set {key}: {whose} does not judge here; --judge {whose} would let it")
    if arguments.ladder:
        for option in ("pairs", "way", "penalty"):
            if getattr(arguments, option) is not None:
                raise ValueError(f"--ladder has pairs, ways and penalties of its own: leave out --{option}")
        if arguments.judge != ["scripted"]:
            raise ValueError("--ladder is of the scripted judge, whose mistakes are a dial: leave out --judge")
    plans: list[Plan] = []
    for judge in arguments.judge:
        plans += _plans_of(arguments, judge)
    names = [(plan.make_judge().name, plan.dial, plan.pairs, plan.agent) for plan in plans]
    if len(set(names)) < len(names):
        raise ValueError(
            "judges, their settings and numbers of pairs must differ: each study is done once, and told from others by "
            "the name of its judge"
        )
    return plans


GIVEN = {
    "unit": "compare",
    "ways": "way",
    "penalties": "penalty",
    **{name: name for name in ("held_out", "encoder", "members", "agent", "steps", "reference", "explore", "seeds")},
    **{name: name for name in ("scenarios", "test_scenarios")},
}
"""The option of the command line that gives each field of a plan; what is not given is as the plan has it."""


def _plans_of(arguments: argparse.Namespace, judge: str) -> list[Plan]:
    """The studies of one judge."""
    dials: dict[str, list[Any]] = {}
    options: dict[str, Any] = {}
    for key, value in arguments.set:
        whose, _, name = key.partition(".")
        if whose == "agent":
            options[name] = value
        elif whose in ("judge", judge):
            dials[name] = _values(value)
    given: dict[str, Any] = {}
    for name, option in GIVEN.items():
        value = getattr(arguments, option)
        if value is not None:
            given[name] = tuple(value) if isinstance(value, list) else value
    if judge != "scripted":
        given.setdefault("ways", WAYS[:1])
    if arguments.ladder:
        given |= {"ways": ("canonical",), "penalties": (0.0,)}
    plan = Plan(
        textenvs.find_entry(arguments.env_id).id,
        judge,
        {name: values[0] for name, values in dials.items()},
        options=options,
        **given,
    )
    if arguments.ladder:
        if "error" in dials or any(len(values) > 1 for values in dials.values()):
            raise ValueError("--ladder tries mistakes of its own, and one value of all other dials")
        return plan.ladder(deep=not missing("ppo"))
    return plan.sweep(dials, arguments.pairs or [plan.pairs])


def _values(value: Any) -> list[Any]:
    """The values of a dial: several numbers between commas are several; "inf" is one."""
    try:
        return [_number(each) for each in value.split(",")] if isinstance(value, str) else [value]
    except ValueError:
        return [value]


def _number(text: str) -> Any:
    return float(text) if text.strip(" +-") == "inf" else json.loads(text)


@dataclass(frozen=True)
class Plan:
    """A study.

    Attributes:
        env_id: What is played.
        judge: Name of the judge; or MODULE:NAME of one of your own, which is made with the settings.
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
        penalties: On the divergence from the reference, for a nat, in units of which random and optimal play lie ten
            apart; each makes a policy.
        reference: The agent from which policies begin, and whose rollouts are compared;
        explore: how often it does anything instead.
        scenarios: How many scenarios of train are played, at most.
        test_scenarios: How many of test the policies are evaluated in too, at most; 0 for none.
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
    steps: int = 200_000
    ways: tuple[str, ...] = WAYS
    penalties: tuple[float, ...] = (0.0, 0.1, 0.3)
    reference: str = "rule"
    explore: float = 0.5
    scenarios: int = 32
    test_scenarios: int = 32
    seeds: int = 5

    def __post_init__(self) -> None:
        """Checks names and ranges."""
        textenvs.find_entry(self.env_id)
        judges = [self.judge] if ":" in self.judge else [*JUDGES]
        known = (("unit", self.unit, UNITS), ("encoder", self.encoder, ENCODERS), ("judge", self.judge, judges))
        for name, value, names in (*known, *(("way", way, WAYS) for way in self.ways)):
            if value not in names:
                raise unknown(name, value, names)
        lowest = {"held_out": 0, "test_scenarios": 0}
        for name in ("pairs", "held_out", "members", "steps", "scenarios", "test_scenarios", "seeds"):
            value, low = getattr(self, name), lowest.get(name, 1)
            if type(value) is not int or value < low:
                raise ValueError(f"{name} must be a whole number from {low} on, got {shown(value)}")
        if not 0.0 < self.explore <= 1.0:
            raise ValueError(f"explore must be above 0 and at most 1, got {shown(self.explore)}")
        if not self.penalties or not all(math.isfinite(each) and each >= 0.0 for each in self.penalties):
            raise ValueError("penalties must be numbers from 0 on, one at least")
        for name in ("ways", "penalties"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise ValueError(f"{name} must differ: each is tried once")
        check_options(self.agent, dict(self.options))
        if not hasattr(find_agent(self.agent), "train"):
            raise ValueError(f"{self.agent} does not learn: take q_learning, sarsa, dqn or ppo")
        find_agent(self.reference)
        learns = hasattr(find_agent(self.reference), "train") and self.reference != "rule"
        if learns or self.reference == "optimal":
            raise ValueError(
                f"{self.reference} cannot be the reference: that is rule, random, or a finished one of yours"
            )
        judge = self.make_judge()
        if "direct" in self.ways and not hasattr(judge, "score"):
            raise ValueError(f"the judge {self.judge} compares and does not score: add --way canonical")
        if "direct" in self.ways and self.dials.get("foresight", 1.0) != 1.0:
            raise ValueError("scores of a judge with foresight below 1 do not add up over steps: add --way canonical")

    def ground(self, split: str) -> tuple[str, str, int, str, float]:
        """What decides the scenes of a split and the reference in them."""
        scenarios = self.scenarios if split == "train" else self.test_scenarios
        return self.env_id, split, scenarios, self.reference, self.explore

    def check_extras(self) -> None:
        """Raises MissingExtra if a package is missing that is needed here; none is imported."""
        for name in (self.judge, self.encoder, self.agent, self.reference):
            for package, extra in NEEDS.get(name, ()):
                folder_of(package, extra)

    def make_judge(self) -> Judge:
        """The judge."""
        return make_judge(self.judge, self.dials)

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
        return [replace(self.with_dials(**setting), pairs=pairs) for setting in settings for pairs in budgets]

    def with_dials(self, **dials: Any) -> Plan:
        """The same with other dials of the judge."""
        return replace(self, dials={**self.dials, **dials})

    @property
    def dial(self) -> str:
        """The judge's settings, as they stand in tables."""
        told = []
        for name, value in sorted(self.dials.items()):
            told.append(f"{name} {value:g}" if isinstance(value, int | float) else f"{name} {value}")
        return ", ".join(told) or "as it is"

    def digest(self, *names: str) -> str:
        """A hash of some of its fields, and of the sources that decide what comes of them."""
        told = {name: value for name, value in asdict(self).items() if name in names}
        sources = [environment_source(self.env_id), feedback_source()]
        agents = [told[name] for name in ("agent", "reference") if name in told]
        sources += [agent_source(name, environments=[self.env_id]) for name in agents]
        if ":" in told.get("judge", ""):
            sources.append(hash_of(sources_beside(module_of(self.judge))))
        return hashlib.sha256(json.dumps([sources, told], sort_keys=True, default=str).encode()).hexdigest()[:16]
