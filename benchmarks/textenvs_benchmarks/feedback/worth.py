"""What judge, reward model and policies of a study are worth: the rows of its tables, its curves, episodes to read."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np

from textenvs.evaluation import Agent
from textenvs.feedback import (
    Collector,
    Frontier,
    Point,
    Preference,
    Rewards,
    Scene,
    best_of,
    evaluate,
    policy_of,
    score_of,
    soft_optimum,
)
from textenvs.feedback.frontier import PENALTIES
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
from textenvs.feedback.style import STYLES
from textenvs_benchmarks.feedback.stages import PROBES, Ground, Stages, digest_of, gold_frontier
from textenvs_benchmarks.folder import hash_of, sources_beside, write_whole

TANGENTS = tuple(float(each) for each in np.geomspace(30.0, 0.01, 8))
"""Penalties with which a policy is held against the frontier, besides those of the study."""
RANKED = 500
"""Episodes that are ranked."""
BEST_OF = (4, 64)
"""How many replies are drawn of a reference that does not learn."""
EXACT = "exact"
"""Stands for the agent where a policy was solved for, and not learned."""
SHOWN = 2
"""Scenes of which episodes are shown."""
LUCK = 7
"""Their seed."""
WEIGHT = "weight_"
"""How names begin of what a reward model pays for something."""
Play = Callable[[Scene, Rewards, Array], Array]
"""The policy in a scene, with a proxy and a reference."""


class Worth:
    """What came of one repetition of a study.

    Args:
        stages: Its artefacts.
    """

    def __init__(self, stages: Stages) -> None:
        self.stages = stages

    def told(self, curves: bool) -> dict[str, Any]:
        """All of it; kept in a file as long as nothing of it changes.

        Args:
            curves: Whether exact curves and episodes to read are a part of it, and policies that draw.
        """
        path, plan = self.stages.folder / "worth.json", self.stages.plan
        digest = plan.digest(*(each.name for each in fields(plan) if each.name != "seeds"))
        try:
            known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if known["made_from"] == [digest, curves, self._digests()]:
                return known
        except (OSError, ValueError, KeyError, TypeError):
            pass
        judge, dial = self.stages.judged_by()
        ways, shown = self.stages.ways, curves and self.stages.seed == 0
        if not ways:
            raise ValueError("of preferences of your own there is no score to learn from directly: add --way canonical")
        known = {
            "judge_name": judge,
            "dial": dial,
            "judge": self.judge_row(),
            "policies": [row for way in ways for row in self.policy_rows(way, BEST_OF if curves else ())],
            "curves": {way: self.curves(way) for way in ways} if shown else {},
            "examples": {way: self.examples(way) for way in ways} if shown else {},
        }
        known["made_from"] = [digest, curves, self._digests()]
        write_whole(path, json.dumps(known, sort_keys=True).encode())
        return known

    def _digests(self) -> dict[str, str]:
        """The hash of each artefact, and that of the sources which say what they are worth."""
        made = {name: digest_of(path) for name, path in self.stages.files().items()}
        return {**made, "sources": hash_of(sources_beside(Worth))}

    def judge_row(self) -> dict[str, float]:
        """How good judge and reward model are."""
        kept, held_out = self.stages.preferences
        both = [*kept, *held_out]
        known = [each for each in both if not math.isnan(each.probability)]
        sure = [each for each in known if abs(each.margin) > EQUAL]
        row = {
            "seed": self.stages.seed,
            "agreement": agreement(both),
            "leaning": leaning(both),
            "kappa": kappa(*decided(both)),
            "calibration": calibration_error(
                [each.probability for each in sure], [float(each.margin > 0) for each in sure]
            ),
            "passes": 1.0 - len(known) / len(both),
            "length_bias": length_bias(self.stages.scenes, both),
        }
        header, _ = self.stages.collected
        row |= {name: math.nan if header.get(name) is None else float(header[name]) for name in PROBES}
        return {**row, **self._model_row(kept, held_out), **self._learned_weights()}

    def _learned_weights(self) -> dict[str, float]:
        """What the reward model pays for each term and each way of speaking, in gold units."""
        if self.stages.model.encoder != "terms":
            return {}
        names = [f"{WEIGHT}{name}" for name in (*self.stages.scenes[0].task.terms, *STYLES)]
        weights = self.stages.scale("canonical") * self.stages.model.weights.mean(axis=0)
        return dict(zip(names, weights.tolist(), strict=True))

    def _model_row(self, kept: Sequence[Preference], held_out: Sequence[Preference]) -> dict[str, float]:
        row: dict[str, float] = {}
        seen = {frozenset(each.pair) for each in kept}
        new = [each for each in held_out if frozenset(each.pair) not in seen]
        for name, part in (("in", kept), ("out", new)):
            clear = [each for each in part if each.label in (0.0, 1.0)]
            if not clear:
                continue
            chances, spread = self.stages.model.prefers(self.stages.scenes, [each.pair for each in clear])
            labels = np.array([each.label for each in clear])
            row[f"model_accuracy_{name}"] = float(((chances > 0.5) == (labels > 0.5)).mean())
            row[f"model_calibration_{name}"] = calibration_error(chances, labels)
            row[f"model_spread_{name}"] = float(spread.mean())
        episodes = Collector(self.stages.scenes, [self.stages.references], (self.stages.seed, 1)).episodes(RANKED)
        proxies, _ = self.stages.proxies("canonical")
        earned = [each.earned(self.stages.scenes[each.scene], proxies[each.scene]) for each in episodes]
        row["model_rank"] = rank_correlation(earned, [each.worth for each in episodes])
        return row

    def policy_rows(self, way: str, drawn: Sequence[int] = ()) -> list[dict[str, Any]]:
        """What policies are worth, for each penalty: that which an agent has learned, and the exact optimum.

        Args:
            way: What they learn from.
            drawn: Numbers of replies of which the reference, unchanged, takes the one that the proxy likes best.
        """
        scenes, references = self.stages.train
        frontier = Frontier(scenes, self.stages.proxies(way)[0], references)
        start = evaluate(scenes, references, frontier.rewards, references)
        plays: list[tuple[str, float, Play]] = []
        for penalty in self.stages.plan.penalties:
            plays.append((self.stages.plan.agent, penalty, _as_learned(self.stages.learned(way, penalty))))
            plays.append((EXACT, penalty, partial(_exactly, penalty * self.stages.unit)))
        ahead = way == "direct" or self.stages.plan.unit == "episodes"
        plays += [(f"best of {n}", 0.0, partial(_best_of, n, ahead)) for n in drawn]
        return [self._row(way, *play, frontier, start) for play in plays]

    def _row(
        self, way: str, agent: str, penalty: float, play: Play, frontier: Frontier, start: Point
    ) -> dict[str, Any]:
        proxies, others = self.stages.proxies(way)
        policies = _played(play, self.stages.train, proxies)
        point = evaluate(self.stages.scenes, policies, proxies, self.stages.references)
        best = float(np.mean([scene.optimal for scene in self.stages.scenes]))
        tangents = (*TANGENTS, *(each * self.stages.unit / frontier.scale for each in self.stages.plan.penalties))
        return {
            "seed": self.stages.seed,
            "agent": agent,
            "way": way,
            "penalty": penalty,
            "score": score_of(self.stages.scenes, point.gold),
            "test_score": self._test_score(play, others),
            "reference_score": score_of(self.stages.scenes, start.gold),
            "divergence": point.divergence,
            "gold": point.gold,
            "proxy": point.proxy,
            "gold_gained": gained(point.gold, start.gold, best),
            "proxy_gained": gained(point.proxy, start.proxy, frontier.penalised(0.0)),
            "gap": goodhart_gap(point, start, frontier.penalised(0.0), best),
            "above_proxy_frontier": frontier.excess(point, point.proxy, tangents),
            "above_gold_frontier": gold_frontier(*self.stages.plan.ground("train")).excess(point, point.gold, TANGENTS),
        }

    def _test_score(self, play: Play, proxies: Sequence[Rewards]) -> float:
        """The gold score in scenarios of test."""
        if self.stages.test is None:
            return math.nan
        policies = _played(play, self.stages.test, proxies)
        scenes = self.stages.test.scenes
        gold = [scene.expected(policy, [scene.gold])[0] for scene, policy in zip(scenes, policies, strict=True)]
        return score_of(scenes, float(np.mean(gold)))

    def examples(self, way: str) -> list[dict[str, Any]]:
        """Episodes to be read, in the scenes in which what was learned with the smallest penalty loses most gold.

        Of each policy that has learned, of the proxy's optimum and of optimal play, with the same luck.
        """
        proxies, _ = self.stages.proxies(way)
        plan = self.stages.plan
        plays: list[tuple[str, Play]] = [
            (f"{plan.agent}, penalty {each:g}", _as_learned(self.stages.learned(way, each))) for each in plan.penalties
        ]
        plays.append(("the proxy's optimum", partial(_exactly, 0.0)))
        plays.append(("optimal play", lambda scene, proxy, reference: scene.optimum))
        played = [(name, _played(play, self.stages.train, proxies)) for name, play in plays]
        least = plan.penalties.index(min(plan.penalties))
        lost = [
            scene.optimal - scene.expected(policy, [scene.gold])[0]
            for scene, policy in zip(self.stages.scenes, played[least][1], strict=True)
        ]
        shown = np.argsort(-np.array(lost), kind="stable")[:SHOWN].tolist()
        return [self._example(name, policies, place, proxies) for place in shown for name, policies in played]

    def _example(self, name: str, policies: Sequence[Array], place: int, proxies: Sequence[Rewards]) -> dict[str, Any]:
        scene = self.stages.scenes[place]
        collector = Collector([scene], [[policies[place]]], LUCK)
        (episode,) = collector.episodes(1)
        return {
            "who": name,
            "scenario": scene.number,
            "gold": episode.worth * collector.unit,
            "proxy": float(episode.earned(scene, proxies[place])),
            "text": conversation(scene, episode),
        }

    def curves(self, way: str) -> dict[str, list[dict[str, float]]]:
        """The most that is to be had for each divergence: of the proxy, with its gold, and of gold.

        The proxy has a score too: 0 is its mean in random play, 100 its optimum.
        """
        scenes, references = self.stages.train
        proxies, _ = self.stages.proxies(way)
        frontier = Frontier(scenes, proxies, references)
        random = [scene.expected(scene.uniform, [each])[0] for scene, each in zip(scenes, proxies, strict=True)]
        low = float(np.mean(random))
        spread = (frontier.penalised(0.0) - low) or 1.0

        def told(point: Point) -> dict[str, float]:
            return {
                "divergence": point.divergence,
                "proxy_score": 100.0 * (point.proxy - low) / spread,
                "score": score_of(scenes, point.gold),
                "penalty": point.penalty,
            }

        gold = gold_frontier(*self.stages.plan.ground("train"))
        ours, most = (each.points(proxies, (*PENALTIES, 0.0)) for each in (frontier, gold))
        return {"proxy": [*map(told, ours)], "gold": [*map(told, most)]}


def _played(play: Play, ground: Ground, proxies: Sequence[Rewards]) -> list[Array]:
    """What is done in each scene."""
    return [play(*each) for each in zip(ground.scenes, proxies, ground.references, strict=True)]


def _as_learned(agent: Agent) -> Play:
    return lambda scene, proxy, reference: policy_of(agent, scene)


def _exactly(penalty: float, scene: Scene, proxy: Rewards, reference: Array) -> Array:
    return soft_optimum(scene, proxy, reference, penalty)[0]


def _best_of(n: int, ahead: bool, scene: Scene, proxy: Rewards, reference: Array) -> Array:
    return best_of(scene, proxy, reference, n, ahead)
