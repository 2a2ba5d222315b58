"""The stages of a study, each with its file: pairs with what the judge says, a reward model, policies, and their worth.

A stage is done again where what it is made from has changed: its plan, or the file of the stage before. So a file can
be exchanged for another, and all that follows is made anew from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from textenvs.evaluation import find_agent, load_agent
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
    agreement,
    calibration_error,
    decided,
    gained,
    goodhart_gap,
    kappa,
    length_bias,
    rank_correlation,
)
from textenvs.feedback.reading import conversation
from textenvs_benchmarks.feedback.plan import Plan
from textenvs_benchmarks.folder import write_whole

TANGENTS = tuple(float(each) for each in np.geomspace(30.0, 0.01, 8))
"""Penalties with which a policy is held against the frontier."""
SHOWN = 7
"""Seed of the episodes that are shown."""
PROBED = 200
"""Pairs that are shown in both orders, and with an injected text."""
EXACT = "exact"
"""Stands for the agent where a policy was solved for, and not learned."""
MET = ("env_id", "reference", "explore", "scenarios")
"""What decides the scenes and the reference."""
JUDGED = (*MET, "judge", "dials", "unit", "pairs", "held_out")
FITTED = ("encoder", "members", "ridge")
LEARNED = ("agent", "options", "steps")


@lru_cache(maxsize=4)
def scenes_of(env_id: str, scenarios: int) -> tuple[Scene, ...]:
    """The scenes, made once in a process."""
    return load_scenes(env_id, "train", scenarios)


@lru_cache(maxsize=4)
def references_of(env_id: str, scenarios: int, agent: str, share: float) -> tuple[Any, ...]:
    """The reference policy in each scene, made once in a process."""
    made = load_agent(agent, env_id, {})
    return tuple(softened(made, scene, share) for scene in scenes_of(env_id, scenarios))


@lru_cache(maxsize=4)
def gold_frontier(env_id: str, scenarios: int, agent: str, share: float) -> Frontier:
    """The most gold that is to be had for each divergence, whose tangents are found once in a process."""
    scenes = scenes_of(env_id, scenarios)
    return Frontier(scenes, [scene.gold for scene in scenes], references_of(env_id, scenarios, agent, share))


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
        self.scenes = scenes_of(plan.env_id, plan.scenarios)
        met = (plan.env_id, plan.scenarios, plan.reference, plan.explore)
        self.references, self._gold = references_of(*met), gold_frontier(*met)
        self.unit = unit_of(self.scenes)
        self.coverage = (float("nan"), float("nan"))
        self.proxies = cache(self._proxies)

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
        states, needed = collector.coverage()
        told = {"env_id": self.plan.env_id, "judge": self.judge.config, "unit": self.plan.unit, "seed": self.seed}
        write_preferences(path, judged, {**told, "pairs": self.plan.pairs, "coverage": [states, needed]})

    @cached_property
    def preferences(self) -> tuple[list[Preference], list[Preference]]:
        """What the judge has said, to learn from, and to test on."""
        header, found = read_preferences(self._preference_file)
        self.coverage = tuple(header.get("coverage", self.coverage))
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

    def _proxies(self, way: str) -> list[Rewards]:
        """The proxy in each scene, scaled so that its best and random play lie as far apart as those of gold."""
        if way == "direct":
            found = [self.judge.score(scene, self.unit) for scene in self.scenes]  # type: ignore[attr-defined]
        else:
            found = [self.model.rewards(scene) for scene in self.scenes]
        spreads = [
            soft_optimum(scene, each, scene.uniform, 0.0)[1] - scene.expected(scene.uniform, [each])[0]
            for scene, each in zip(self.scenes, found, strict=True)
        ]
        spread = float(np.mean(spreads))
        scale = SPREAD * self.unit / spread if spread > 1e-12 else 1.0
        return [Rewards(scale * each.now, scale * each.each_left, scale * each.timeout) for each in found]

    def policies(self, way: str, penalty: float, proxies: Sequence[Rewards]) -> list[Any]:
        """What an agent has learned, in each scene."""
        plan = self.plan
        suffix = getattr(find_agent(plan.agent), "suffix", ".npz")
        model = self._preference_file if way == "direct" else self._model_file
        made_from = f"{plan.digest(*MET, *LEARNED)}-{penalty}-{_digest(model)}"

        def make(path: Path) -> None:
            aims = [
                penalised(each, scene, reference, penalty * self.unit)
                for each, scene, reference in zip(proxies, self.scenes, self.references, strict=True)
            ]
            learn(plan.env_id, self.scenes, aims, plan.agent, plan.steps, self.seed, **plan.options).save(path)

        path = self._stage(f"{plan.agent}-{way}-{penalty:g}{suffix}", made_from, make)
        agent = find_agent(plan.agent).load(path, plan.env_id, {})  # type: ignore[attr-defined]
        return [policy_of(agent, scene) for scene in self.scenes]

    def judge_row(self) -> dict[str, float]:
        """How good judge and reward model are."""
        kept, held_out = self.preferences
        said, true = decided([*kept, *held_out])
        probed = [each.pair for each in kept[:PROBED]]
        known = [each for each in (*kept, *held_out) if each.probability == each.probability]
        sure = [each for each in known if abs(each.margin) > 1e-9]
        row = {
            "seed": self.seed,
            "agreement": agreement([*kept, *held_out]),
            "kappa": kappa(said, true),
            "calibration": calibration_error(
                [each.probability for each in sure], [float(each.margin > 0) for each in sure]
            ),
            "passes": 1.0 - len(known) / (len(kept) + len(held_out)),
            "flips": flip_rate(self.judge, self.scenes, probed),
            "length_bias": length_bias(self.scenes, [*kept, *held_out]),
            "injection": injection_rate(self.judge, self.scenes, probed),
            "coverage": self.coverage[0],
            "coverage_optimal": self.coverage[1],
        }
        return {**row, **self._model_row(kept, held_out)}

    def _model_row(self, kept: Sequence[Preference], held_out: Sequence[Preference]) -> dict[str, float]:
        row: dict[str, float] = {}
        for name, part in (("in", kept), ("out", held_out)):
            clear = [each for each in part if each.label in (0.0, 1.0)]
            if not clear:
                continue
            chances, spread = self.model.prefers(self.scenes, [each.pair for each in clear])
            labels = np.array([each.label for each in clear])
            row[f"model_accuracy_{name}"] = float(((chances > 0.5) == (labels > 0.5)).mean())
            row[f"model_calibration_{name}"] = calibration_error(chances, labels)
            row[f"model_spread_{name}"] = float(spread.mean())
        shown = [candidate for each in held_out or kept for candidate in each.pair]
        worth = [candidate.worth for candidate in shown]
        row["model_rank"] = rank_correlation(self.model.score(self.scenes, shown).mean(axis=0), worth)
        return row

    def policy_rows(self, way: str, drawn: Sequence[int] = ()) -> list[dict[str, Any]]:
        """What policies are worth, for each penalty: that which an agent has learned, and the exact optimum.

        Args:
            way: What they learn from.
            drawn: Numbers of replies of which the reference, unchanged, takes the one that the proxy likes best.
        """
        proxies = self.proxies(way)
        frontier = Frontier(self.scenes, proxies, self.references)
        rows = []
        for penalty in self.plan.penalties:
            learned = self.policies(way, penalty, proxies)
            rows.append(self._row(self.plan.agent, way, penalty, learned, frontier))
            rows.append(self._row(EXACT, way, penalty, frontier.policies(penalty * self.unit), frontier))
        for n in drawn:
            best = [best_of(*each, n) for each in zip(self.references, proxies, self.scenes, strict=True)]
            rows.append(self._row(f"best of {n}", way, 0.0, best, frontier))
        return rows

    def _row(self, agent: str, way: str, penalty: float, policies: Sequence[Any], frontier: Frontier) -> dict[str, Any]:
        proxies = frontier.rewards
        start = evaluate(self.scenes, self.references, proxies, self.references)
        point = evaluate(self.scenes, policies, proxies, self.references)
        best = float(np.mean([scene.optimal for scene in self.scenes]))
        return {
            "seed": self.seed,
            "agent": agent,
            "way": way,
            "penalty": penalty,
            "score": score_of(self.scenes, point.gold),
            "reference_score": score_of(self.scenes, start.gold),
            "divergence": point.divergence,
            "gold": point.gold,
            "proxy": point.proxy,
            "gold_gained": gained(point.gold, start.gold, best),
            "proxy_gained": gained(point.proxy, start.proxy, frontier.penalised(0.0)),
            "gap": goodhart_gap(point, start, frontier.penalised(0.0), best),
            "above_proxy_frontier": frontier.excess(point, point.proxy, TANGENTS),
            "above_gold_frontier": self._gold.excess(point, point.gold, TANGENTS),
        }

    def examples(self, way: str) -> list[dict[str, Any]]:
        """An episode of each policy that has learned, and of the optimal one, in the same scene, to be read."""
        proxies = self.proxies(way)
        shown = [
            (f"{self.plan.agent}, penalty {each:g}", self.policies(way, each, proxies)) for each in self.plan.penalties
        ]
        optimal = [scene.optimum for scene in self.scenes]
        return [self._example(name, policies) for name, policies in (*shown, ("optimal play", optimal))]

    def _example(self, name: str, policies: Sequence[Any]) -> dict[str, Any]:
        (episode,) = Collector(self.scenes, [policies], SHOWN).episodes(1)
        text = conversation(self.scenes[episode.scene], episode)
        return {"who": name, "gold": episode.worth * self.unit, "text": text}

    def curves(self, way: str) -> dict[str, list[dict[str, float]]]:
        """The most that is to be had for each divergence: of the proxy, with its gold, and of gold."""
        proxies = self.proxies(way)
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


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
