"""The stages of a study, each with its file: pairs with what the judge says, a reward model, and policies.

A stage is done again where what it is made from has changed: its plan, or the file of the stage before. So a file can
be exchanged for another, and all that follows is made anew from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from textenvs.errors import shown
from textenvs.evaluation import Agent, find_agent, load_agent
from textenvs.feedback import (
    Collector,
    Frontier,
    Preference,
    RewardModel,
    Rewards,
    Scene,
    check_preferences,
    flip_rate,
    injection_rate,
    label_pairs,
    learn,
    load_scenes,
    penalised,
    read_preferences,
    soft_optimum,
    softened,
    write_preferences,
)
from textenvs.feedback.candidates import SPREAD, unit_of
from textenvs.feedback.preferences import unit_told
from textenvs.feedback.scene import Array
from textenvs_benchmarks.feedback.plan import Plan
from textenvs_benchmarks.folder import write_whole

LEDGER = "stages.json"
"""The file that says from what each artefact was made."""
PROBES = ("flips", "injection", "coverage", "coverage_optimal")
"""What was found out when pairs were judged, and stands at the head of their file."""
OWN = "own file"
"""Stands for the settings of a judge where a file of preferences was not made here."""
PROBED = 200
"""Pairs that are shown in both orders, and with an injected text."""
MET = ("env_id", "reference", "explore", "scenarios")
"""What decides the scenes and the reference."""
JUDGED = (*MET, "judge", "dials", "unit", "pairs", "held_out")
FITTED = ("encoder", "members", "ridge")
LEARNED = ("agent", "options", "steps")


class Ground(NamedTuple):
    """Where policies play.

    Attributes:
        scenes: Scenarios of a split.
        references: In each, the policy from which others begin, (states, actions).
    """

    scenes: Sequence[Scene]
    references: Sequence[Array]


@lru_cache(maxsize=4)
def ground_of(env_id: str, split: str, scenarios: int, agent: str, share: float) -> Ground:
    """Scenarios with an agent that does anything now and then, made once in a process."""
    scenes = load_scenes(env_id, split, scenarios)
    if agent == "random":  # draws anew each time, in whatever state
        return Ground(scenes, [scene.uniform for scene in scenes])
    made = load_agent(agent, env_id, {})
    return Ground(scenes, [softened(made, scene, share) for scene in scenes])


@lru_cache(maxsize=4)
def gold_frontier(env_id: str, split: str, scenarios: int, agent: str, share: float) -> Frontier:
    """The most gold that is to be had for each divergence, whose tangents are found once in a process."""
    scenes, references = ground_of(env_id, split, scenarios, agent, share)
    return Frontier(scenes, [scene.gold for scene in scenes], references)


class Stages:
    """One repetition of a study.

    Args:
        plan: The study.
        seed: Its number.
        folder: Where its files are.
    """

    def __init__(self, plan: Plan, seed: int, folder: Path) -> None:
        self.plan, self.seed, self.folder = plan, seed, folder
        self.judge = plan.make_judge()
        self.proxies, self.scale, self._likings = cache(self._proxies), cache(self._scale), cache(self._liked_in_train)

    @cached_property
    def train(self) -> Ground:
        """Scenarios in which policies learn."""
        return ground_of(*self.plan.ground("train"))

    @property
    def scenes(self) -> Sequence[Scene]:
        """Those scenarios."""
        return self.train.scenes

    @property
    def references(self) -> Sequence[Array]:
        """The policy from which others begin, in each of them."""
        return self.train.references

    @cached_property
    def unit(self) -> float:
        """The gold return that counts as 1."""
        return unit_of(self.scenes)

    @cached_property
    def test(self) -> Ground | None:
        """Scenarios of which nobody has learned."""
        return ground_of(*self.plan.ground("test")) if self.plan.test_scenarios else None

    def _stage(self, name: str, made_from: str, make: Callable[[Path], None]) -> Path:
        """The file of a stage, made if it is missing or made from something else.

        One that is not as it was made here is somebody's own: it is used, and never written over.
        """
        path, partial = self.folder / name, self.folder / f"partial-{name}"
        made, digest = self._ledger().get(name, ("", ""))
        if partial.exists() and digest_of(partial) == digest:  # it was written down, and not put into its place
            partial.replace(path)
        if path.exists() and (made == made_from or digest != digest_of(path)):
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        make(partial)
        entry = {name: (made_from, digest_of(partial))}
        ledger = json.dumps({**self._ledger(), **entry}, indent=1, sort_keys=True)
        write_whole(self.folder / LEDGER, ledger.encode())
        partial.replace(path)
        return path

    def _ledger(self) -> dict[str, tuple[str, str]]:
        """Of each file from what it was made, and its hash."""
        path = self.folder / LEDGER
        found: dict[str, tuple[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return found

    def files(self) -> dict[str, Path]:
        """The artefacts that there are, by name."""
        paths = {name: self.folder / name for name in sorted(self._ledger())}
        return {name: path for name, path in paths.items() if path.exists()}

    @cached_property
    def _preference_file(self) -> Path:
        return self._stage("preferences.jsonl", f"{self.plan.digest(*JUDGED)}-{self.seed}", self._collect)

    def _collect(self, path: Path) -> None:
        collector = Collector(self.scenes, [self.references], self.seed)
        pairs = collector.pairs(self.plan.pairs + self.plan.held_out, self.plan.unit)
        both = self.plan.judge == "endpoint"  # others weigh each by itself, or are shown one order on purpose
        judged = label_pairs(self.judge, self.scenes, pairs, self.seed, both)
        probed, (states, needed) = pairs[: min(PROBED, self.plan.pairs)], collector.coverage()
        header = {
            "env_id": self.plan.env_id,
            "judge": self.judge.config,
            "unit": self.plan.unit,
            "seed": self.seed,
            "pairs": self.plan.pairs,
            "coverage": states,
            "coverage_optimal": needed,
            "flips": flip_rate(self.judge, self.scenes, probed),
            "injection": injection_rate(self.judge, self.scenes, probed),
        }
        write_preferences(path, judged, {name: None if value != value else value for name, value in header.items()})

    @cached_property
    def collected(self) -> tuple[dict[str, Any], list[Preference]]:
        """The head of the file of preferences, and what it holds.

        Raises:
            ValueError: If it is not of this study.
        """
        path = self._preference_file
        header, found = read_preferences(path)
        try:
            if header.get("env_id", self.plan.env_id) != self.plan.env_id:
                raise ValueError(f"it is of another environment, {shown(header['env_id'])}")
            if not found:
                raise ValueError("it holds no preference")
            n = header.get("pairs", len(found))
            if type(n) is not int or not 1 <= n <= len(found):
                raise ValueError(f"its `pairs` must be a number of its {len(found)} pairs, got {shown(n)}")
            for name in PROBES:
                if not isinstance(header.get(name, 0.0), int | float | None):
                    raise ValueError(f"its `{name}` must be a number, got {shown(header[name])}")
            check_preferences(self.scenes, found)
            if unit_told(found) != self.plan.unit:
                raise ValueError(f"it is of {unit_told(found)}, and the study of {self.plan.unit}: say --compare")
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        return header, found

    def judged_by(self) -> tuple[str, str]:
        """Whose preferences these are, and with which settings: only what was made here is the plan's judge's."""
        _, found = self.collected
        _, digest = self._ledger().get(self._preference_file.name, ("", ""))
        return found[0].judge, self.plan.dial if digest == digest_of(self._preference_file) else OWN

    @property
    def ways(self) -> tuple[str, ...]:
        """Of learning: what was judged by another is no score of the plan's judge."""
        return self.plan.ways if self.judged_by()[1] != OWN else tuple(way for way in self.plan.ways if way != "direct")

    @property
    def preferences(self) -> tuple[list[Preference], list[Preference]]:
        """What the judge has said, to learn from, and to test on."""
        header, found = self.collected
        n = header.get("pairs", len(found))
        return found[:n], found[n:]

    @cached_property
    def _model_file(self) -> Path:
        made_from = f"{self.plan.digest(*FITTED)}-{digest_of(self._preference_file)}"
        return self._stage("reward_model.npz", made_from, self._fit)

    def _fit(self, path: Path) -> None:
        plan = self.plan
        RewardModel.fit(self.scenes, self.preferences[0], plan.encoder, plan.ridge, plan.members, self.seed).save(path)

    @cached_property
    def model(self) -> RewardModel:
        """The reward model."""
        return RewardModel.load(self._model_file, self.scenes[0].task)

    def _proxies(self, way: str) -> tuple[list[Rewards], list[Rewards]]:
        """The proxy in each scene of train, and of test.

        It is scaled: in train its best and random play lie as far apart as those of gold.
        """
        scale, others = self.scale(way), self.test.scenes if self.test else []
        test = [self._liked(way, scene).times(scale) for scene in others]
        return [each.times(scale) for each in self._likings(way)], test

    def _scale(self, way: str) -> float:
        """By what a proxy is multiplied."""
        spreads = []
        for scene, liked in zip(self.scenes, self._likings(way), strict=True):
            _, best = soft_optimum(scene, liked, scene.uniform, 0.0)
            spreads.append(best - scene.expected(scene.uniform, [liked])[0])
        spread = float(np.mean(spreads))
        return SPREAD * self.unit / spread if spread > 1e-12 else 1.0

    def _liked_in_train(self, way: str) -> list[Rewards]:
        return [self._liked(way, scene) for scene in self.scenes]

    def _liked(self, way: str, scene: Scene) -> Rewards:
        """What is liked in a scene, by the judge itself or by the model of what it likes."""
        if way == "direct":
            liked: Rewards = self.judge.score(scene, self.unit)  # type: ignore[attr-defined]
            return liked
        return self.model.rewards(scene)

    def learned(self, way: str, penalty: float) -> Agent:
        """What an agent has learned."""
        plan = self.plan
        suffix = getattr(find_agent(plan.agent), "suffix", ".npz")
        judge = plan.digest(*JUDGED) if way == "direct" else digest_of(self._model_file)
        made_from = f"{plan.digest(*MET, *LEARNED)}-{penalty}-{judge}"

        def make(path: Path) -> None:
            aims = [
                penalised(each, scene, reference, penalty * self.unit)
                for each, scene, reference in zip(self.proxies(way)[0], self.scenes, self.references, strict=True)
            ]
            learn(plan.env_id, self.scenes, aims, plan.agent, plan.steps, self.seed, **plan.options).save(path)

        path = self._stage(f"{plan.agent}-{way}-{penalty:g}{suffix}", made_from, make)
        agent: Agent = find_agent(plan.agent).load(path, plan.env_id, {})  # type: ignore[attr-defined]
        return agent


def digest_of(path: Path) -> str:
    """A hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
