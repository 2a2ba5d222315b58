"""The stages of a study, each with its file: pairs with what the judge says, a reward model, policies, and their worth.

A stage is done again where what it is made from has changed: its plan, or the file of the stage before. So a file can
be exchanged for another, and all that follows is made anew from it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from textenvs.evaluation import Agent, find_agent, load_agent
from textenvs.feedback import (
    Collector,
    Frontier,
    Point,
    Preference,
    RewardModel,
    Rewards,
    Scene,
    best_of,
    evaluate,
    flip_rate,
    injection_rate,
    label_pairs,
    learn,
    load_scenes,
    penalised,
    policy_of,
    read_preferences,
    score_of,
    soft_optimum,
    softened,
    write_preferences,
)
from textenvs.feedback.candidates import SPREAD, unit_of
from textenvs.feedback.measures import (
    EQUAL,
    agreement,
    calibration_error,
    decided,
    gained,
    goodhart_gap,
    kappa,
    leaning,
    length_bias,
    rank_correlation,
)
from textenvs.feedback.reading import conversation
from textenvs.feedback.scene import Array
from textenvs_benchmarks.feedback.plan import Plan
from textenvs_benchmarks.folder import write_whole

TANGENTS = tuple(float(each) for each in np.geomspace(30.0, 0.01, 8))
"""Penalties with which a policy is held against the frontier."""
SHOWN = 7
"""Seed of the episodes that are shown."""
PROBED = 200
"""Pairs that are shown in both orders, and with an injected text."""
PROBES = ("flips", "injection", "coverage", "coverage_optimal")
"""What was found out when pairs were judged, and stands at the head of their file."""
RANKED = 500
"""Episodes that are ranked."""
EXACT = "exact"
"""Stands for the agent where a policy was solved for, and not learned."""
MET = ("env_id", "reference", "explore", "scenarios")
"""What decides the scenes and the reference."""
JUDGED = (*MET, "judge", "dials", "unit", "pairs", "held_out")
FITTED = ("encoder", "members", "ridge")
LEARNED = ("agent", "options", "steps")


Play = Callable[[Scene, Rewards, Array], Array]
"""The policy in a scene, with a proxy and a reference."""


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
        self._train, self._gold = ground_of(*plan.ground("train")), gold_frontier(*plan.ground("train"))
        self.scenes, self.references = self._train
        self.unit = unit_of(self.scenes)
        self.proxies = cache(self._proxies)

    @cached_property
    def _test(self) -> Ground | None:
        """Scenarios of which nobody has learned."""
        return ground_of(*self.plan.ground("test")) if self.plan.test_scenarios else None

    def _stage(self, name: str, made_from: str, make: Callable[[Path], None]) -> Path:
        """The file of a stage, made if it is missing or made from something else.

        One that is not as it was made here is somebody's own: it is used, and never written over.
        """
        path, ledger = self.folder / name, self.folder / "stages.json"
        known = json.loads(ledger.read_text()) if ledger.exists() else {}
        made, digest = known.get(name, ("", ""))
        if path.exists() and (made == made_from or digest != _digest(path)):
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"partial-{name}")
        make(partial)
        known = json.loads(ledger.read_text()) if ledger.exists() else {}
        entry = {name: (made_from, _digest(partial))}
        write_whole(ledger, json.dumps({**known, **entry}, indent=1, sort_keys=True).encode())
        partial.replace(path)
        return path

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
    def _collected(self) -> tuple[dict[str, Any], list[Preference]]:
        return read_preferences(self._preference_file)

    @property
    def preferences(self) -> tuple[list[Preference], list[Preference]]:
        """What the judge has said, to learn from, and to test on."""
        header, found = self._collected
        n = int(header.get("pairs", len(found)))
        return found[:n], found[n:]

    @cached_property
    def _model_file(self) -> Path:
        made_from = f"{self.plan.digest(*FITTED)}-{_digest(self._preference_file)}"
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
        found = [self._liked(way, scene) for scene in self.scenes]
        spreads = [
            soft_optimum(scene, each, scene.uniform, 0.0)[1] - scene.expected(scene.uniform, [each])[0]
            for scene, each in zip(self.scenes, found, strict=True)
        ]
        spread = float(np.mean(spreads))
        scale = SPREAD * self.unit / spread if spread > 1e-12 else 1.0
        others = [self._liked(way, scene) for scene in self._test.scenes] if self._test else []
        return [each.times(scale) for each in found], [each.times(scale) for each in others]

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
        model = self._preference_file if way == "direct" else self._model_file
        made_from = f"{plan.digest(*MET, *LEARNED)}-{penalty}-{_digest(model)}"

        def make(path: Path) -> None:
            aims = [
                penalised(each, scene, reference, penalty * self.unit)
                for each, scene, reference in zip(self.proxies(way)[0], self.scenes, self.references, strict=True)
            ]
            learn(plan.env_id, self.scenes, aims, plan.agent, plan.steps, self.seed, **plan.options).save(path)

        path = self._stage(f"{plan.agent}-{way}-{penalty:g}{suffix}", made_from, make)
        agent: Agent = find_agent(plan.agent).load(path, plan.env_id, {})  # type: ignore[attr-defined]
        return agent

    def judge_row(self) -> dict[str, float]:
        """How good judge and reward model are."""
        kept, held_out = self.preferences
        both = [*kept, *held_out]
        known = [each for each in both if not math.isnan(each.probability)]
        sure = [each for each in known if abs(each.margin) > EQUAL]
        row = {
            "seed": self.seed,
            "agreement": agreement(both),
            "leaning": leaning(both),
            "kappa": kappa(*decided(both)),
            "calibration": calibration_error(
                [each.probability for each in sure], [float(each.margin > 0) for each in sure]
            ),
            "passes": 1.0 - len(known) / len(both),
            "length_bias": length_bias(self.scenes, both),
        }
        header, _ = self._collected
        row |= {name: math.nan if header.get(name) is None else float(header[name]) for name in PROBES}
        return {**row, **self._model_row(kept, held_out)}

    def _model_row(self, kept: Sequence[Preference], held_out: Sequence[Preference]) -> dict[str, float]:
        row: dict[str, float] = {}
        seen = {frozenset(each.pair) for each in kept}
        new = [each for each in held_out if frozenset(each.pair) not in seen]
        for name, part in (("in", kept), ("out", new)):
            clear = [each for each in part if each.label in (0.0, 1.0)]
            if not clear:
                continue
            chances, spread = self.model.prefers(self.scenes, [each.pair for each in clear])
            labels = np.array([each.label for each in clear])
            row[f"model_accuracy_{name}"] = float(((chances > 0.5) == (labels > 0.5)).mean())
            row[f"model_calibration_{name}"] = calibration_error(chances, labels)
            row[f"model_spread_{name}"] = float(spread.mean())
        episodes = Collector(self.scenes, [self.references], (self.seed, 1)).episodes(RANKED)
        proxies, _ = self.proxies("canonical")
        earned = [each.earned(self.scenes[each.scene], proxies[each.scene]) for each in episodes]
        row["model_rank"] = rank_correlation(earned, [each.worth for each in episodes])
        return row

    def policy_rows(self, way: str, drawn: Sequence[int] = ()) -> list[dict[str, Any]]:
        """What policies are worth, for each penalty: that which an agent has learned, and the exact optimum.

        Args:
            way: What they learn from.
            drawn: Numbers of replies of which the reference, unchanged, takes the one that the proxy likes best.
        """
        frontier = Frontier(self.scenes, self.proxies(way)[0], self.references)
        plays: list[tuple[str, float, Play]] = []
        for penalty in self.plan.penalties:
            plays.append((self.plan.agent, penalty, _as_learned(self.learned(way, penalty))))
            plays.append((EXACT, penalty, partial(_exactly, penalty * self.unit)))
        plays += [(f"best of {n}", 0.0, partial(_best_of, n)) for n in drawn]
        return [self._row(way, *play, frontier) for play in plays]

    def _row(self, way: str, agent: str, penalty: float, play: Play, frontier: Frontier) -> dict[str, Any]:
        proxies, others = self.proxies(way)
        policies = _played(play, self._train, proxies)
        start = evaluate(self.scenes, self.references, proxies, self.references)
        point = evaluate(self.scenes, policies, proxies, self.references)
        best = float(np.mean([scene.optimal for scene in self.scenes]))
        tangents = (*TANGENTS, *(each * self.unit / frontier.scale for each in self.plan.penalties))
        return {
            "seed": self.seed,
            "agent": agent,
            "way": way,
            "penalty": penalty,
            "score": score_of(self.scenes, point.gold),
            "test_score": self._test_score(play, others),
            "reference_score": score_of(self.scenes, start.gold),
            "divergence": point.divergence,
            "gold": point.gold,
            "proxy": point.proxy,
            "gold_gained": gained(point.gold, start.gold, best),
            "proxy_gained": gained(point.proxy, start.proxy, frontier.penalised(0.0)),
            "gap": goodhart_gap(point, start, frontier.penalised(0.0), best),
            "above_proxy_frontier": frontier.excess(point, point.proxy, tangents),
            "above_gold_frontier": self._gold.excess(point, point.gold, TANGENTS),
        }

    def _test_score(self, play: Play, proxies: Sequence[Rewards]) -> float:
        """The gold score in scenarios of test."""
        if self._test is None:
            return math.nan
        policies = _played(play, self._test, proxies)
        gold = [
            scene.expected(policy, [scene.gold])[0] for scene, policy in zip(self._test.scenes, policies, strict=True)
        ]
        return score_of(self._test.scenes, float(np.mean(gold)))

    def examples(self, way: str) -> list[dict[str, Any]]:
        """An episode of each policy that has learned, and of the optimal one, in the same scene, to be read."""
        plays = [(each, _as_learned(self.learned(way, each))) for each in self.plan.penalties]
        shown = [
            (f"{self.plan.agent}, penalty {penalty:g}", _played(play, self._train, self.proxies(way)[0]))
            for penalty, play in plays
        ]
        optimal = [scene.optimum for scene in self.scenes]
        return [self._example(name, policies) for name, policies in (*shown, ("optimal play", optimal))]

    def _example(self, name: str, policies: Sequence[Array]) -> dict[str, Any]:
        (episode,) = Collector(self.scenes, [policies], SHOWN).episodes(1)
        text = conversation(self.scenes[episode.scene], episode)
        return {"who": name, "gold": episode.worth * self.unit, "text": text}

    def curves(self, way: str) -> dict[str, list[dict[str, float]]]:
        """The most that is to be had for each divergence: of the proxy, with its gold, and of gold."""
        proxies, _ = self.proxies(way)
        found = {
            "proxy": Frontier(self.scenes, proxies, self.references).points(proxies),
            "gold": self._gold.points(proxies),
        }
        return {name: [self._told(point) for point in points] for name, points in found.items()}

    def _told(self, point: Point) -> dict[str, float]:
        return {
            "divergence": point.divergence,
            "proxy": point.proxy,
            "score": score_of(self.scenes, point.gold),
            "penalty": point.penalty,
        }


def _played(play: Play, ground: Ground, proxies: Sequence[Rewards]) -> list[Array]:
    """What is done in each scene."""
    return [play(*each) for each in zip(ground.scenes, proxies, ground.references, strict=True)]


def _as_learned(agent: Agent) -> Play:
    return lambda scene, proxy, reference: policy_of(agent, scene)


def _exactly(penalty: float, scene: Scene, proxy: Rewards, reference: Array) -> Array:
    return soft_optimum(scene, proxy, reference, penalty)[0]


def _best_of(n: int, scene: Scene, proxy: Rewards, reference: Array) -> Array:
    return best_of(scene, proxy, reference, n)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
